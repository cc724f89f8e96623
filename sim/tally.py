"""Counts replications while they are run, and tells how many there are to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Progress: TypeAlias = "Callable[[int, int], None]"


class Tally:
    """Counts replications for *progress*: *planned* of each point, as far as is known."""

    def __init__(self, planned: list[int], progress: Progress | None) -> None:
        self._planned = planned
        self._progress = progress
        self._place = 0
        self._done = 0

    def begin(self, place: int) -> None:
        """Turn to the point at *place*."""
        self._place = place
        self._done = sum(self._planned[:place])

    def plan(self, size: int) -> None:
        """Know that there are to be *size* replications of this point."""
        self._planned[self._place] = size

    def one_more(self) -> None:
        """Count one replication."""
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, max(self._done, sum(self._planned)))
