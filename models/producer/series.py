"""The messages of a producer to one partition, in the order in which they were first sent.

Each has a number in the current epoch of the series, which knows those of them that are open still.
The first of these may be sent again: the others wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.message import Exchange


class Series:
    """Numbers what one producer process sends to one partition."""

    def __init__(self) -> None:
        self.epoch = 0
        self._next = 0
        self._acknowledged = -1  # the highest number that is
        self._open: dict[Exchange, int] = {}  # in the order of the numbers

    def number(self, message: Exchange) -> int:
        """Return the number of *message*; it gets the next one if it has none."""
        number = self._open.get(message)
        if number is None:
            number = self._open[message] = self._next
            self._next += 1
        return number

    @property
    def first(self) -> Exchange | None:
        """The message that all others of the line wait for."""
        return next(iter(self._open), None)

    def close(self, message: Exchange, *, acknowledged: bool) -> None:
        """Let *message* go, if it is here; nobody knows whether it arrived if it was given up."""
        number = self._open.pop(message, None)
        if number is None:
            return
        if acknowledged:
            self._acknowledged = max(self._acknowledged, number)
        if not self._open and self._acknowledged < self._next - 1:
            self.bump()  # the last one may be missing

    def bump(self) -> None:
        """Begin a new epoch, in which all that is open is numbered anew."""
        self.epoch += 1
        self._open = {message: number for number, message in enumerate(self._open)}
        self._next = len(self._open)
        self._acknowledged = -1
