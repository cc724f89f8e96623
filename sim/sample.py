"""What is kept of one replication: small, whatever the number of messages.

A run makes one `Sample` per replication and forgets the ledger, so that ten thousand replications
fit into memory. Latencies are kept as counts between fixed edges, 100 to a decade (2.3 % apart):
fine enough for any plot, and exact at the edges, where curves are compared with closed forms. No
edge is a round number: a constant time would lie on it, or a rounding error beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from models.ledger import Cause
from sim.measures import MEASURES, Parts
from sim.outcomes import judge, observe

if TYPE_CHECKING:
    from models.ledger import Ledger
    from sim.outcomes import Outcomes, Tally, Times

EDGES_S: npt.NDArray[np.float64] = np.geomspace(1e-7, 1e7, 1401) * 10**0.005
"""Edges of the latency histograms, seconds; `counts[i]` are latencies <= EDGES_S[i]."""

Histogram: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One replication: `messages` measured; `parts` of every estimate; the outcome matrix.

    `matrix` has shape (beliefs, fates), `causes` (causes,), `copies` (most copies + 1,): the number
    of publications with 0, 1, 2, … copies. The cumulative counts of latencies have shape (edges,).
    `crashes` are those of the broker in the measured window; `longest_s` is the longest time that a
    message took to be confirmed, to have its effect, or to leave the queue.
    """

    replication: int
    messages: int
    parts: dict[str, Parts]
    matrix: Tally
    causes: Tally
    copies: Tally
    confirm_within: Histogram
    delivery_within: Histogram
    crashes: int
    arrivals: int
    window_s: float
    longest_s: float


def summarise(
    ledger: Ledger, measured: range, replication: int, start_s: float | None = None
) -> Sample:
    """Return the sample of the messages in the rows *measured* of *ledger*.

    *start_s* is the end of the warm-up, where the measured window begins.
    """
    load = observe(ledger, measured, start_s)  # first: what it needs is gone before the next
    outcomes = judge(ledger, measured)
    lost = outcomes.cause[outcomes.cause >= 0]
    return Sample(
        replication=replication,
        messages=len(outcomes),
        parts={name: measure.parts(outcomes, load) for name, measure in MEASURES.items()},
        matrix=outcomes.matrix(),
        causes=np.bincount(lost, minlength=len(Cause)),
        copies=np.bincount(outcomes.copies),
        confirm_within=_within(outcomes.confirm_latency_s),
        delivery_within=_within(outcomes.delivery_latency_s),
        crashes=load.crashes,
        arrivals=load.arrivals,
        window_s=load.window_s,
        longest_s=_longest_s(outcomes),
    )


def _longest_s(outcomes: Outcomes) -> float:
    times = (outcomes.confirm_latency_s, outcomes.delivery_latency_s, outcomes.stayed_s)
    return max(float(np.nanmax(t, initial=0.0)) for t in times)


def _within(latency_s: Times) -> Histogram:
    """Return how many latencies (nan: never) are at most each edge."""
    places = np.searchsorted(EDGES_S, latency_s[~np.isnan(latency_s)], side="left")
    return np.cumsum(np.bincount(places, minlength=len(EDGES_S) + 1))[: len(EDGES_S)]
