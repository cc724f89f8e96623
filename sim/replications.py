"""One plain replication: run, judged, and summed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.course import watched
from sim.sample import Sample, summarise
from sim.system import System, simulate

if TYPE_CHECKING:
    from sim.config import Experiment


def replicate(experiment: Experiment, replication: int) -> Sample:
    """Run replication *replication* (0, 1, …) of one point and return what is kept of it."""
    return kept(simulate(experiment, replication), replication)


def kept(system: System, replication: int) -> Sample:
    """Return what is kept of *system*, whose run is over."""
    measured = system.census.measured
    start_s = system.experiment.run.warmup_s
    sample = summarise(system.ledger, measured, replication, start_s)
    return watched(sample, system.ledger, measured)
