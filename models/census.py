"""Which messages are measured, and how many of them are still undecided.

Messages created before `from_s` are the warm-up. The first `size` after that are measured; load
goes on behind them, but it is not counted. The run is over when the last measured message is
decided: its producer has made up its mind, and no packet, copy or delivery of it is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from models.message import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.ledger import Ledger
    from models.message import Message

Times: TypeAlias = npt.NDArray[np.float64]
Keys: TypeAlias = npt.NDArray[np.int64]


class Census:
    """The register of messages: gives each its row, and hears when it is decided.

    `over` is called once, when every measured message is decided.
    """

    def __init__(self, ledger: Ledger, from_s: float, size: int, over: Callable[[], None]) -> None:
        self.size = size
        self._from_s = from_s
        self._over = over
        self._created = ledger.created
        self._rows = 0
        self._first = -1  # row of the first measured message
        self._last = -1
        self._undecided = size

    @property
    def measured(self) -> range:
        """The rows of the measured messages."""
        if self._first < 0:
            return range(0)
        return range(self._first, min(self._last + 1, len(self._created)))

    @property
    def first(self) -> int:
        """The row of the first measured message, -1 before it is created."""
        return self._first

    @property
    def complete(self) -> bool:
        """Whether all measured messages are registered."""
        return self._first >= 0 and self._last < self._rows

    def create(self, now_s: float, producer: int, number: int) -> Exchange:
        """Register message *number* (0, 1, …) of *producer*, created now."""
        row = self._rows
        self._rows = row + 1
        if self._first < 0 and now_s >= self._from_s:
            self._first = row
            self._last = row + self.size - 1
        add = self._created.add
        add(row, now_s, producer)
        return Exchange(row, producer << 32 | number)

    def release(self, message: Message) -> None:
        """One thing less that could change the fate of *message*."""
        message.open -= 1
        if message.open:
            return
        if message.whole is not None:
            self.release(message.whole)
        elif self._first <= message.row <= self._last:
            self._undecided -= 1
            if not self._undecided:
                self._over()

    def enrol(self, created_s: Times, producers: Keys) -> Keys:
        """Register messages that are created later, in order, and return their rows.

        All arrays have shape (messages,). How often each may be released is up to the caller.
        """
        rows = np.arange(self._rows, self._rows + len(created_s))
        self._rows += len(created_s)
        early = int(np.searchsorted(created_s, self._from_s))
        if self._first < 0 and early < len(created_s):
            self._first = int(rows[early])
            self._last = self._first + self.size - 1
        self._created.extend(rows, created_s, producers)
        return rows

    def expect(self) -> None:
        """Wait for one `leave` more than there are measured messages."""
        self._undecided += 1

    def leave(self, count: int) -> None:
        """Hear that *count* measured messages are decided."""
        self._undecided -= count
        if count and not self._undecided:
            self._over()
