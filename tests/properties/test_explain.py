"""What `explain` grants is never seen broken, however hard random experiments try."""

from __future__ import annotations

from collections import Counter

import pytest

from sim.explain import Guarantee, explain
from sim.explain.witness import broken
from sim.outcomes import judge
from sim.system import simulate
from tests.properties.quiet import drawn

BATCH = 60


@pytest.mark.parametrize("batch", range(8))
def test_a_guarantee_that_is_granted_holds(batch):
    granted = Counter()
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        experiment = drawn(seed)
        if experiment is None:
            continue
        kept = [promise.guarantee for promise in explain(experiment).promises if promise.kept]
        granted.update(kept)
        for replication in range(2 if kept else 0):
            system = simulate(experiment, replication)
            outcomes = judge(system.ledger, system.census.measured)
            for guarantee in kept:
                found = broken(guarantee, outcomes)
                assert not found.any(), (seed, guarantee, outcomes.cause[found])
    assert granted.keys() == set(Guarantee), "one of them is never granted, so never tried"
