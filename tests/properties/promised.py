"""What `explain` grants, tried: no random experiment may break it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sim.explain import Guarantee, explain
from sim.explain.witness import broken
from sim.outcomes import judge
from sim.system import simulate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.config import Experiment


def assert_granted_holds(experiments: Iterable[Experiment | None], *, replications: int) -> None:
    """Run each of *experiments* so often; None stands for one that was refused.

    Every guarantee has to be granted somewhere, or it would never have been tried.
    """
    granted = Counter()
    for experiment in experiments:
        if experiment is None:
            continue
        kept = [promise.guarantee for promise in explain(experiment).promises if promise.kept]
        granted.update(kept)
        for replication in range(replications if kept else 0):
            system = simulate(experiment, replication)
            outcomes = judge(system.ledger, system.census.measured)
            for guarantee in kept:
                found = broken(guarantee, outcomes)
                assert not found.any(), (experiment.seed, guarantee, outcomes.cause[found])
    assert granted.keys() == set(Guarantee), "one of them is never granted, so never tried"
