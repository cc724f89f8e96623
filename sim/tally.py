"""Counts replications while they are run, and tells how many there are to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Progress: TypeAlias = "Callable[[Status], None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How far a run is: what is done, and what there is to be, as far as is known.

    `remembered` of the messages done had been done before this run began.
    """

    points_done: int
    points: int
    replications_done: int
    replications: int
    messages_done: int
    messages: int
    remembered: int


class Tally:
    """Counts for *progress*: of each point the replications *planned*, of so many *messages*."""

    def __init__(
        self, planned: Sequence[int], messages: Sequence[int], progress: Progress | None
    ) -> None:
        self._planned = list(planned)
        self._messages = list(messages)
        self._done = [0] * len(self._planned)
        self._over = 0
        self._remembered = 0
        self._progress = progress

    def plan(self, place: int, size: int) -> None:
        """Know that there are to be *size* replications of the point at *place*."""
        self._planned[place] = size

    def add(self, place: int, size: int, *, remembered: bool = False) -> None:
        """Count *size* replications of the point at *place*."""
        self._done[place] += size
        if remembered:
            self._remembered += size * self._messages[place]
        self._tell()

    def finish(self, place: int) -> None:
        """Know that the point at *place* has all that it needs."""
        self._planned[place] = self._done[place]
        self._over += 1
        self._tell()

    def _tell(self) -> None:
        if self._progress is None:
            return
        both = zip(self._planned, self._done, strict=True)
        whole = [max(planned, done) for planned, done in both]
        self._progress(
            Status(
                points_done=self._over,
                points=len(whole),
                replications_done=sum(self._done),
                replications=sum(whole),
                messages_done=self._of(self._done),
                messages=self._of(whole),
                remembered=self._remembered,
            )
        )

    def _of(self, replications: Sequence[int]) -> int:
        return sum(n * size for n, size in zip(replications, self._messages, strict=True))
