"""Latencies of one replication in a few hundred numbers, whatever the number of messages.

Latencies in order are cut into cells, and of each cell its count, its least and its greatest
latency are kept. It is cut at fixed edges, 100 to a decade (2.3 % apart), so that counts up to an
edge are exact. And it is cut wherever a twentieth of what is left is reached, so that a cell is no
more than 5 % of the tail that begins with it: a distribution that is narrower than the edges keeps
its shape, and of the latest few latencies each has a cell of its own. Where latencies take few
values, a cell is one value: they are kept to `DIGITS` digits, since a difference of two moments is
off by the rounding of a clock that has run for long. No edge is a round number: a constant time
would lie on it, or a rounding error beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sim.outcomes import Times

EDGES_S: npt.NDArray[np.float64] = np.geomspace(1e-7, 1e7, 1401) * 10**0.005
"""Edges of the latency histograms, seconds; `within[i]` are latencies <= EDGES_S[i]."""

CUTS = 20.0
"""So many cells while what is left falls to 1/e of itself."""

DIGITS = 6
"""Significant digits of a latency; ten days on the clock leave seven of a millisecond."""

Histogram: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """How many latencies there are from `least_s` to `greatest_s`, both included.

    All arrays have shape (cells,), in the order of the latencies. `places` says between which edges
    a cell lies: above EDGES_S[place - 1], up to EDGES_S[place].
    """

    places: npt.NDArray[np.int16]
    counts: npt.NDArray[np.int32]
    least_s: npt.NDArray[np.float64]
    greatest_s: npt.NDArray[np.float64]

    @property
    def total(self) -> int:
        """How many latencies there are."""
        return int(self.counts.sum())

    @property
    def within(self) -> Histogram:
        """How many latencies are at most each edge, shape (edges,)."""
        counts = np.bincount(self.places, weights=self.counts, minlength=len(EDGES_S) + 1)
        return np.cumsum(counts.astype(np.int64))[: len(EDGES_S)]


def latencies(times_s: Times) -> Latencies:
    """Return the cells of *times_s*, shape (messages,), nan where there is none."""
    ordered = np.sort(times_s[~np.isnan(times_s)])
    size = len(ordered)
    places = np.searchsorted(EDGES_S, ordered, side="left")
    left = np.arange(size, 0, -1) / max(size, 1)
    tails = np.floor(-CUTS * np.log(left))
    begins = np.ones(size, dtype=np.bool_)
    begins[1:] = (np.diff(places) != 0) | (np.diff(tails) != 0)
    starts = np.flatnonzero(begins)
    known_s = _rounded(ordered)
    ends = np.append(starts[1:], size)[: len(starts)]
    return Latencies(
        places=places[starts].astype(np.int16),
        counts=(ends - starts).astype(np.int32),
        least_s=known_s[starts],
        greatest_s=known_s[ends - 1],
    )


def _rounded(times_s: Times) -> Times:
    """Return *times_s* to `DIGITS` significant digits."""
    sizes = np.floor(np.log10(np.where(times_s > 0, times_s, 1.0)))
    scale = 10.0 ** (DIGITS - 1 - sizes)
    return np.asarray(np.round(times_s * scale) / scale)
