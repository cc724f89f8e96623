"""A queue with priorities: higher first, and first in, first out among equals.

What is given back returns to its place, behind its betters. Nothing keeps the higher from coming
first for ever: the lower starve while there is enough of them, as in RabbitMQ's classic queues and
in ActiveMQ's (www.rabbitmq.com/docs/priority). A full queue that drops its first copy drops the
best one, as RabbitMQ does. What consumers have prefetched is ordered no more.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from models.message import Copy, Message


class RankedQueue:
    """Copies ready to be delivered; `size` of them. *priority* of a message: higher goes first."""

    def __init__(self, priority: Callable[[Message], int]) -> None:
        self._priority = priority
        self._heap: list[tuple[int, int, Copy]] = []
        self.size = 0

    @property
    def length(self) -> int:
        """How many copies are ready."""
        return self.size

    def push(self, copy: Copy) -> None:
        """Put a copy in its place."""
        copy.ready = True
        heappush(self._heap, (-self._priority(copy.message), copy.order, copy))
        self.size += 1

    def extend(self, copies: Iterable[Copy]) -> None:
        """Put copies in their places."""
        for copy in copies:
            self.push(copy)

    def put_back(self, copy: Copy) -> None:
        """Put a copy back where it was."""
        self.push(copy)

    def pop(self) -> Copy:
        """Take the first copy; there must be one."""
        while True:
            copy = heappop(self._heap)[2]
            if copy.ready:
                copy.ready = False
                self.size -= 1
                return copy

    def shed(self) -> Copy:
        """Take the copy that is dropped in favour of a new one; there must be one."""
        return self.pop()

    def take_out(self, copy: Copy) -> None:
        """Take out *copy*, wherever it stands."""
        copy.ready = False
        self.size -= 1

    def left(self, copy: Copy) -> None:
        """Hear that *copy* has left the broker."""

    def take_all(self) -> list[Copy]:
        """Take out everything, in order of arrival."""
        copies = sorted((entry[2] for entry in self._heap if entry[2].ready), key=_order)
        for copy in copies:
            copy.ready = False
        self._heap.clear()
        self.size = 0
        return copies

    def refill(self, copies: Iterable[Copy]) -> None:
        """Put *copies* back, each in its place; the queue must be empty."""
        self.extend(sorted(copies, key=_order))


def _order(copy: Copy) -> int:
    return copy.order
