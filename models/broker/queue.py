"""The queue's order: first in, first out, and what is given back returns to its old place.

A copy that leaves from the middle (it expired) is only marked, and skipped when its turn comes.

There are two others: with priorities (`broker.ranked`), and one message of a key at a time
(`broker.lanes`).
"""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.message import Copy


class ReadyQueue:
    """Copies ready to be delivered; `size` of them."""

    __slots__ = ("_fresh", "_returned", "size")

    def __init__(self) -> None:
        self.size = 0
        self._fresh: deque[Copy] = deque()
        # Whatever comes back was here before, so it stands before all that is fresh.
        self._returned: list[tuple[int, Copy]] = []

    @property
    def length(self) -> int:
        """How many copies are ready."""
        return self.size

    def push(self, copy: Copy) -> None:
        """Put a new copy at the end."""
        copy.ready = True
        self._fresh.append(copy)
        self.size += 1

    def extend(self, copies: list[Copy]) -> None:
        """Put new copies, which are ready, at the end."""
        self._fresh.extend(copies)
        self.size += len(copies)

    def put_back(self, copy: Copy) -> None:
        """Put a copy back where it was."""
        copy.ready = True
        heappush(self._returned, (copy.order, copy))
        self.size += 1

    def pop(self) -> Copy:
        """Take the first copy; there must be one."""
        while True:
            copy = heappop(self._returned)[1] if self._returned else self._fresh.popleft()
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

    def take_all(self) -> list[Copy]:
        """Take out everything, in order."""
        copies = [copy for _, copy in sorted(self._returned, key=lambda item: item[0])]
        copies = [copy for copy in (*copies, *self._fresh) if copy.ready]
        for copy in copies:
            copy.ready = False
        self._fresh.clear()
        self._returned.clear()
        self.size = 0
        return copies

    def refill(self, copies: Iterable[Copy]) -> None:
        """Put *copies* back, each in its place; the queue must be empty."""
        self._returned = [(copy.order, copy) for copy in copies]
        for _, copy in self._returned:
            copy.ready = True
        heapify(self._returned)
        self.size = len(self._returned)
