"""A queue that hands out one message of a key at a time.

A copy stays behind until the one before it in its lane, that of its producer and key, has left the
broker: acknowledged, parked or dropped. While that one is out, or waits for its redelivery, the
lane stands still, and other lanes go on. So redelivery does not change the order within a key, and
no more consumers can work at once than there are keys. SQS does so with the message groups of its
FIFO queues ("messages in flight block the others of their group", aws.amazon.com, knowledge center,
"sqs-fifo-messages-not-returned"); RabbitMQ's single active consumer is one lane for all keys.

It keeps the order in which copies arrive: what was reordered before stays so. Among lanes that can
go on, their first copies go by priority, then in the order of arrival.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from models.broker.ranked import RankedQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.message import Copy, Message


class Lane:
    """One lane: its `first` copy, ready or out, and those `behind` it."""

    __slots__ = ("behind", "first")

    def __init__(self, first: Copy) -> None:
        self.first = first
        self.behind: list[tuple[int, Copy]] = []


class Lanes(RankedQueue):
    """Of the copies that are ready, `length` in all, `size` can be handed out."""

    def __init__(
        self, priority: Callable[[Message], int], lane_of: Callable[[Message], int]
    ) -> None:
        super().__init__(priority)
        self._lane_of = lane_of
        self._lanes: dict[int, Lane] = {}
        self._behind = 0  # copies that are ready and must wait

    @property
    def length(self) -> int:
        """How many copies are ready."""
        return self.size + self._behind

    def push(self, copy: Copy) -> None:
        """Put a copy at the end of its lane."""
        name = self._lane_of(copy.message)
        lane = self._lanes.get(name)
        if lane is None:
            self._lanes[name] = Lane(copy)
            super().push(copy)
        else:
            copy.ready = True
            heappush(lane.behind, (copy.order, copy))
            self._behind += 1

    def put_back(self, copy: Copy) -> None:
        """Put a copy back where it was: at the head of its lane, if it was out."""
        lane = self._lanes.get(self._lane_of(copy.message))
        if lane is not None and lane.first is copy:
            super().push(copy)
        else:
            self.push(copy)

    def shed(self) -> Copy:
        """Take the copy that is dropped in favour of a new one; there must be one."""
        if self.size:
            return self.pop()
        lanes = [lane for lane in self._lanes.values() if self._next(lane) is not None]
        copy = heappop(min(lanes, key=lambda lane: lane.behind[0][0]).behind)[1]
        copy.ready = False
        self._behind -= 1
        return copy

    def take_out(self, copy: Copy) -> None:
        """Take out *copy*, wherever it stands."""
        lane = self._lanes[self._lane_of(copy.message)]
        if lane.first is copy:
            super().take_out(copy)
        else:
            copy.ready = False
            self._behind -= 1

    def left(self, copy: Copy) -> None:
        """Hear that *copy* has left the broker: its lane can go on."""
        name = self._lane_of(copy.message)
        lane = self._lanes.get(name)
        if lane is None or lane.first is not copy:
            return
        following = self._next(lane)
        if following is None:
            del self._lanes[name]
        else:
            heappop(lane.behind)
            self._behind -= 1
            lane.first = following
            super().push(following)

    def take_all(self) -> list[Copy]:
        """Take out everything, in order of arrival; all lanes are free then."""
        copies = super().take_all()
        for lane in self._lanes.values():
            copies += [copy for _, copy in lane.behind if copy.ready]
        copies.sort(key=lambda copy: copy.order)
        for copy in copies:
            copy.ready = False
        self._lanes.clear()
        self._behind = 0
        return copies

    def _next(self, lane: Lane) -> Copy | None:
        """Return the first copy that is still there behind the first."""
        while lane.behind and not lane.behind[0][1].ready:
            heappop(lane.behind)
        return lane.behind[0][1] if lane.behind else None
