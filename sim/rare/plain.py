"""A plain replication beside those of the rare kind, and what a pilot needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.rare.sample import work
from sim.rare.weights import names
from sim.replications import kept
from sim.system import simulate

if TYPE_CHECKING:
    from sim.config import Experiment
    from sim.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A plain replication: what is kept, its `work` in facts, and when it ended.

    `numbers` are those of the measured messages, each counted at its producer.
    """

    sample: Sample
    work: int
    end_s: float
    numbers: tuple[int, ...]


def plainly(experiment: Experiment, replication: int) -> Told:
    """Play replication *replication* with luck as it is."""
    system = simulate(experiment, replication)
    ledger, measured = system.ledger, system.census.measured
    return Told(
        sample=kept(system, replication),
        work=work(ledger),
        end_s=system.now_s,
        numbers=tuple((names(ledger, measured) & (2**32 - 1)).tolist()),
    )
