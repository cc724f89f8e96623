"""Batches: a replication in stretches, for where there are too few replications.

The messages of a replication, in the order of their creation, are cut into batches of equal size.
What is measured of the system as a whole (queue length, throughput) is measured from the first
creation of a batch to that of the next. Batches that are long enough are nearly independent (A. M.
Law, "Simulation Modeling and Analysis", section 9.5.3); whether they are is for `sim.units` and
`sim.spread` to ask.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from sim.latencies import Latencies, latencies
from sim.measures import MEASURES
from sim.outcomes import Outcomes, observe_stretches, window_s

if TYPE_CHECKING:
    from models.ledger import Ledger
    from sim.measure import Parts
    from sim.outcomes import Flags, Load

FEW_REPLICATIONS = 5
"""Below so many replications their spread says little; batches and independent trials say more."""

BATCHES = 24
"""So many batches a replication is cut into; they can be put together by twos, threes and fours."""

LEAST = 10
"""Messages in a batch, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Consecutive messages of one replication: the parts of every estimate, and latencies."""

    parts: dict[str, Parts]
    confirm: Latencies
    delivery: Latencies


def batches(
    ledger: Ledger, outcomes: Outcomes, measured: range, start_s: float | None
) -> tuple[Batch, ...]:
    """Return the batches of *outcomes*, those of the rows *measured*; none if they are few.

    *start_s* is the end of the warm-up, where the first batch begins.
    """
    size = len(measured)
    if size < LEAST * BATCHES:
        return ()
    edges = np.arange(BATCHES + 1) * size // BATCHES
    begin_s, _ = window_s(ledger, measured, start_s)
    created_s = ledger.created.times_s()[np.asarray(measured)]
    loads = observe_stretches(ledger, [begin_s, *created_s[edges[1:] - 1].tolist()])
    # Every consumer group has publications of its own, one group behind the other.
    groups = len(outcomes) // size
    batch = np.tile(np.repeat(np.arange(BATCHES), np.diff(edges)), groups)
    own = [_chosen(outcomes, batch == number) for number in range(BATCHES)]
    return tuple(
        Batch(
            parts=measured_parts(part, load),
            confirm=latencies(part.confirm_latency_s),
            delivery=latencies(part.delivery_latency_s),
        )
        for part, load in zip(own, loads, strict=True)
    )


def measured_parts(outcomes: Outcomes, load: Load) -> dict[str, Parts]:
    """Return the parts of every estimate that has some, by its name."""
    return {
        name: measure.parts(outcomes, load)
        for name, measure in MEASURES.items()
        if measure.quantile is None
    }


def _chosen(outcomes: Outcomes, chosen: Flags) -> Outcomes:
    return Outcomes(
        **{field.name: getattr(outcomes, field.name)[chosen] for field in fields(Outcomes)}
    )
