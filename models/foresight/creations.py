"""When messages will be created, block by block, all producers together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.foresight.luck import Keys, Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """Messages in the order of their creation; every array has shape (messages,).

    `numbers` (0, 1, …) count the messages of each producer. All that comes later is created at
    `until_s` (s) or after; infinity if nothing does.
    """

    times_s: Times
    producers: Keys
    numbers: Keys
    until_s: float


class Creations:
    """The messages of producers that all have the same law of creation times.

    `next()` gives the next ones, about *block* of them.
    """

    def __init__(self, sources: Sequence[Iterator[float]], block: int) -> None:
        self._sources = sources
        self._chunk = max(1, block // len(sources))
        self._known = [np.empty(0)] * len(sources)  # creation times that are not given yet
        self._numbers = [0] * len(sources)  # of the first of them
        self._open = [True] * len(sources)  # more may come

    def next(self) -> Created:
        """Return what is created next; nothing at all only if nothing ever is."""
        for index, known in enumerate(self._known):
            if len(known) < self._chunk:
                self._look_further(index)
        while not (counts := self._safe())[1].any() and any(self._open):
            for index, known in enumerate(self._known):
                if self._open[index] and known[-1] == counts[0]:
                    self._look_further(index)
        until_s, safe = counts
        parts = [self._take(index, count) for index, count in enumerate(safe.tolist())]
        times_s, producers, numbers = (
            np.concatenate(columns) for columns in zip(*parts, strict=True)
        )
        if len(parts) > 1:
            # One producer creates its n-th message just before another its n-th, if at one time.
            order = np.lexsort((producers, numbers, times_s))
            times_s, producers, numbers = times_s[order], producers[order], numbers[order]
        return Created(times_s=times_s, producers=producers, numbers=numbers, until_s=until_s)

    def _look_further(self, index: int) -> None:
        """Learn of another chunk of messages of one producer."""
        if not self._open[index]:
            return
        known = self._known[index]
        new = np.fromiter(islice(self._sources[index], self._chunk), dtype=np.float64)
        self._open[index] = len(new) == self._chunk
        # Rounding may put a time a hair before the one before; no producer goes back for that.
        self._known[index] = np.maximum.accumulate(np.concatenate((known, new)))

    def _safe(self) -> tuple[float, Keys]:
        """Return until when all is known, and how many messages of each producer are before."""
        ends = [
            float(known[-1]) for known, open_ in zip(self._known, self._open, strict=True) if open_
        ]
        until_s = min(ends, default=math.inf)
        return until_s, np.array([np.searchsorted(known, until_s) for known in self._known])

    def _take(self, index: int, count: int) -> tuple[Times, Keys, Keys]:
        known, number = self._known[index], self._numbers[index]
        self._known[index] = known[count:]
        self._numbers[index] = number + count
        producers = np.full(count, index, dtype=np.int64)
        return known[:count], producers, np.arange(number, number + count)
