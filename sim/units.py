"""What an interval is over: replications, or batches of messages where replications are few.

Replications are independent. Batches are where they are long, against the time that a message
stays: whatever couples messages for a while only is over sooner. How long is enough was measured on
M/M/1 queues at loads from 0.5 to 0.9: where all replications together last 500 times the longest
stay, and neighbouring batches show no correlation, 95 % intervals held the truth in 93 to 96 %
(tests/theory/test_coverage.py). A fault couples messages over all of a stretch, so that there must
be as many faults as batches, each with all settled again (`sim.cycles`). Where nothing couples the
fates of messages their latencies are asked the same: they wait for one another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sim.batches import BATCHES, FEW_REPLICATIONS
from sim.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from sim.batches import Batch
    from sim.coupling import Coupling
    from sim.measure import Latency
    from sim.sample import Sample
    from sim.spread import Runs

    Piece: TypeAlias = Sample | Batch

APART = 100.0
"""Messages created further apart than so many of the longest stays count as independent."""

TOGETHER = (1, 2)
"""So many batches may be one, if as they are they show a correlation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Independent units, each of one or more `pieces`; `runs` tells of which replication each is.

    `name` is what they are called. Units of one replication are consecutive.
    """

    name: str
    pieces: tuple[tuple[Piece, ...], ...]
    runs: Runs

    def parts(self, name: str) -> npt.NDArray[np.float64]:
        """Return numerator and denominator of the estimate *name*, shape (2, units)."""
        rows = [[piece.parts[name] for piece in unit] for unit in self.pieces]
        return np.array([np.sum(row, axis=0) for row in rows], dtype=np.float64).reshape(-1, 2).T

    def pool(self, latency: Latency) -> Pool:
        """Return the latencies of all units together."""
        return Pool([[getattr(piece, latency) for piece in unit] for unit in self.pieces])


def replications(samples: Sequence[Sample]) -> Units:
    """Return the replications themselves."""
    return Units(
        name="replications",
        pieces=tuple((sample,) for sample in samples),
        runs=np.arange(len(samples)),
    )


def choices(samples: Sequence[Sample], trials: float, *, alone: bool = False) -> list[Units]:
    """Return what an interval may be over, the best first; always replications in the end.

    *trials* is what `independent_trials` says of *samples*. With *alone* messages are known to have
    luck of their own, so that any batches will do.
    """
    found = [replications(samples)]
    size = len(samples)
    cut = all(sample.batches for sample in samples)
    if size < FEW_REPLICATIONS and cut and (alone or _long_enough(samples, trials)):
        found = [_batches(samples, size * factor) for factor in TOGETHER] + found
    return found


def _long_enough(samples: Sequence[Sample], trials: float) -> bool:
    faults = sum(sample.cycles for sample in samples)
    enough = min(trials, stretches(samples)) >= FEW_REPLICATIONS
    return enough and not 0 < faults < BATCHES


def _batches(samples: Sequence[Sample], together: int) -> Units:
    starts = range(0, BATCHES, together)
    return Units(
        name="batches",
        pieces=tuple(
            sample.batches[start : start + together] for sample in samples for start in starts
        ),
        runs=np.repeat(np.arange(len(samples)), len(starts)),
    )


def stretches(samples: Sequence[Sample]) -> float:
    """Return how many times `APART` of the longest stays all of *samples* last."""
    longest_s = max(sample.longest_s for sample in samples)
    window_s = sum(sample.window_s for sample in samples)
    return window_s / (APART * longest_s) if longest_s > 0 else math.inf


def independent_trials(samples: Sequence[Sample], couplings: Sequence[Coupling]) -> float:
    """Return how many independent trials *samples* hold, from replications to messages.

    Uncoupled messages are trials of their own. With a brief coupling, messages are taken for
    independent if they were created far enough `APART`. A lasting one leaves the replications; but
    faults that recur after up-times without memory leave as many trials as there were faults, each
    with all settled again (`sim.cycles`). Whatever comes of a fault then is taken for independent
    of how long all had been well.
    """
    messages = sum(sample.messages for sample in samples)
    size = len(samples)
    if not couplings:
        return messages
    lasting = [coupling for coupling in couplings if coupling.lasting]
    if not lasting:
        return max(size, min(messages, stretches(samples)))
    if all(coupling.recurs for coupling in lasting):
        return max(size, min(messages, sum(sample.cycles for sample in samples)))
    return size
