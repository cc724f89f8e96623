"""What is kept of one replication: small, whatever the number of messages.

A run makes one `Sample` per replication and forgets the ledger, so that ten thousand replications
fit into memory. Latencies are kept in cells (`sim.latencies`). Batches are kept of the first few
replications only: where there are more, nobody needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.ledger import Cause
from sim.batches import FEW_REPLICATIONS, Batch, batches, measured_parts
from sim.cycles import cycles
from sim.latencies import EDGES_S, Histogram, Latencies, latencies
from sim.outcomes import judge, observe, window_s

if TYPE_CHECKING:
    from models.ledger import Ledger
    from sim.measure import Parts
    from sim.outcomes import Outcomes, Tally

__all__ = ["EDGES_S", "Sample", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One replication: `messages` measured; `parts` of every estimate; the outcome matrix.

    `matrix` has shape (beliefs, fates), `causes` (causes,), `copies` (most copies + 1,): the number
    of publications with 0, 1, 2, … copies. `confirm` and `delivery` are the latencies where they
    are defined. `crashes` are those of the broker in the measured window, `cycles` the faults of
    any component that found all settled; `longest_s` is the longest time that a message took to be
    confirmed, to have its effect, or to leave the queue.
    """

    replication: int
    messages: int
    parts: dict[str, Parts]
    matrix: Tally
    causes: Tally
    copies: Tally
    confirm: Latencies
    delivery: Latencies
    crashes: int
    arrivals: int
    window_s: float
    longest_s: float
    cycles: int = 0
    batches: tuple[Batch, ...] = ()

    @property
    def confirm_within(self) -> Histogram:
        """How many messages were confirmed within each edge, shape (edges,)."""
        return self.confirm.within

    @property
    def delivery_within(self) -> Histogram:
        """How many publications had their first effect within each edge, shape (edges,)."""
        return self.delivery.within


def summarise(
    ledger: Ledger, measured: range, replication: int, start_s: float | None = None
) -> Sample:
    """Return the sample of the messages in the rows *measured* of *ledger*.

    *start_s* is the end of the warm-up, where the measured window begins.
    """
    load = observe(ledger, measured, start_s)  # first: what it needs is gone before the next
    outcomes = judge(ledger, measured)
    lost = outcomes.cause[outcomes.cause >= 0]
    few = replication < FEW_REPLICATIONS - 1
    return Sample(
        replication=replication,
        messages=len(outcomes),
        parts=measured_parts(outcomes, load),
        matrix=outcomes.matrix(),
        causes=np.bincount(lost, minlength=len(Cause)),
        copies=np.bincount(outcomes.copies),
        confirm=latencies(outcomes.confirm_latency_s),
        delivery=latencies(outcomes.delivery_latency_s),
        crashes=load.crashes,
        arrivals=load.arrivals,
        window_s=load.window_s,
        longest_s=_longest_s(outcomes),
        cycles=cycles(ledger, *window_s(ledger, measured, start_s)),
        batches=batches(ledger, outcomes, measured, start_s) if few else (),
    )


def _longest_s(outcomes: Outcomes) -> float:
    times = (outcomes.confirm_latency_s, outcomes.delivery_latency_s, outcomes.stayed_s)
    return max(float(np.nanmax(t, initial=0.0)) for t in times)
