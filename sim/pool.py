"""Latencies of several units together, as one distribution, and how each unit shares in it.

Of a cell its least and its greatest latency are known; the others are taken to lie evenly between.
So a distribution of few values is exact, and one without steps is never wrong by more than a small
part of a cell (`sim.latencies`).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from sim.latencies import EDGES_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from sim.latencies import Latencies

    Array = npt.NDArray[np.float64]

_ROUNDING = 1e-12


class Pool:
    """The latencies of *units*, each of one or more pieces.

    `totals` are the latencies of each unit, shape (units,), and `total` their sum.
    """

    def __init__(self, units: Sequence[Sequence[Latencies]]) -> None:
        pieces = [piece for unit in units for piece in unit]
        cells = [sum(len(piece.counts) for piece in unit) for unit in units]
        self._owners = np.repeat(np.arange(len(units)), cells)
        self._places = np.concatenate([piece.places for piece in pieces])
        self._counts = np.concatenate([piece.counts for piece in pieces]).astype(np.float64)
        self._least_s = np.concatenate([piece.least_s for piece in pieces])
        self._greatest_s = np.concatenate([piece.greatest_s for piece in pieces])
        self.totals = np.bincount(self._owners, weights=self._counts, minlength=len(units))
        self.total = float(self.totals.sum())

    def __len__(self) -> int:
        return len(self.totals)

    def within(self, time_s: float) -> Array:
        """Return how many latencies of each unit are at most *time_s*, shape (units,)."""
        return self._by_unit(self._up_to(time_s))

    def before(self, time_s: float) -> Array:
        """Return how many latencies of each unit are less than *time_s*, shape (units,)."""
        return self._by_unit(self._up_to(time_s, itself=False))

    def quantile(self, share: float) -> float:
        """Return the least time within which the *share* of all latencies lies; nan of none."""
        if not self.total:
            return np.nan
        target = share * self.total * (1.0 - _ROUNDING)
        # First between which edges, then between which of the times that are known there.
        counts = np.bincount(self._places, weights=self._counts, minlength=len(EDGES_S) + 1)
        place = int(np.searchsorted(np.cumsum(counts), target, side="left"))
        here = self._places == place
        below = float(counts[:place].sum())
        known_s = np.unique(np.concatenate([self._least_s[here], self._greatest_s[here]]))

        def reached(time_s: float, *, itself: bool = True) -> float:
            return below + float(self._up_to(time_s, here, itself=itself).sum())

        found = bisect_left(known_s, target, hi=len(known_s) - 1, key=reached)
        end_s = float(known_s[found])
        short = reached(end_s, itself=False)
        if not found or short <= target:
            return end_s
        start_s = float(known_s[found - 1])
        gone = reached(start_s)
        return start_s + (target - gone) / (short - gone) * (end_s - start_s)

    def _up_to(
        self,
        time_s: float,
        here: npt.NDArray[np.bool_] | slice = slice(None),
        *,
        itself: bool = True,
    ) -> Array:
        """Return how many latencies of each cell are at most *time_s*, or less without *itself*."""
        counts, least_s = self._counts[here], self._least_s[here]
        greatest_s = self._greatest_s[here]
        wide = greatest_s > least_s
        all_of_it = greatest_s <= time_s if itself else greatest_s < time_s
        some = ~all_of_it & (least_s <= time_s if itself else wide & (least_s < time_s))
        found = np.where(all_of_it, counts, 0.0)
        spans = np.where(wide, greatest_s - least_s, 1.0)[some]
        found[some] = 1.0 + (counts[some] - 1.0) * (time_s - least_s[some]) / spans
        return found

    def _by_unit(self, found: Array) -> Array:
        sums = np.bincount(self._owners, weights=found, minlength=len(self))
        return sums.astype(np.float64)
