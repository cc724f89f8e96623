"""Two results against each other: on the same luck, or independent."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.changes import changes
from sim.comparison import NothingToCompareError
from sim.config import from_mapping
from sim.runner import run

BASE = {
    "seed": 5,
    "run": {"messages": 300, "replications": 6, "warmup": "0 s"},
    "network": {"publish": {"delay": "2 ms", "loss": 0.2}},
    "broker": {"confirm_when": "received"},
    "check": {"formulas": []},
    "sweep": {"producer.retries": [0, 2]},
}


def result(**more):
    return run(from_mapping({**BASE, **more}))


@pytest.fixture(scope="module")
def first():
    return result()


def test_more_loss_is_told_at_each_point_replication_by_replication(first):
    second = result(network={"publish": {"delay": "2 ms", "loss": 0.3}})
    found = changes(first, second, "lost")
    assert [change.first.parameters for change in found] == [
        {"producer.retries": 0},
        {"producer.retries": 2},
    ]
    change = found[0]
    lost = [
        np.array([s.parts["lost"] for s in p.samples])[:, 0] / 300
        for p in (change.first, change.second)
    ]
    differences = lost[1] - lost[0]
    assert change.value == pytest.approx(differences.mean())
    # Two points: each at 97.5 %.
    half = stats.t.ppf(1 - 0.025 / 2, 5) * differences.std(ddof=1) / math.sqrt(6)
    assert (change.low, change.high) == pytest.approx((change.value - half, change.value + half))
    assert change.apart


def test_the_same_system_with_more_replications_is_alike(first):
    more = result(run={**BASE["run"], "replications": 9})
    for change in changes(first, more, "lost"):
        assert change.alike
        assert change.value == 0
        assert math.isnan(change.low)
        assert not change.apart


def test_another_seed_is_independent(first):
    other = result(seed=6)
    for change in changes(first, other, "lost"):
        values = [
            np.array([s.parts["lost"] for s in p.samples])[:, 0] / 300
            for p in (change.second, change.first)
        ]
        test = stats.ttest_ind(*values, equal_var=False)
        interval = test.confidence_interval(0.975)
        assert (change.low, change.high) == pytest.approx((interval.low, interval.high))


def test_only_points_that_both_have_are_compared(first):
    other = result(sweep={"producer.retries": [2, 5]})
    [change] = changes(first, other, "lost")
    assert change.first.parameters == {"producer.retries": 2}
    with pytest.raises(NothingToCompareError, match="no point in common"):
        changes(first, result(sweep={"producer.retries": [7]}), "lost")
