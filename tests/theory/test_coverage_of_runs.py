"""95 % intervals of small simulations hold what closed forms say in 95 %.

A test for each system, so that its five hundred sets of replications are made once.
"""

from __future__ import annotations

import math

from models.formulas.persistence import interval_sync
from sim.coupling import couplings
from sim.estimates import estimate, independent_trials
from sim.runner import replicate
from tests.theory.coverage import LEVEL, SEEDS, assert_covers
from tests.theory.shared import experiment


def played(size, mapping):
    """Return a function that gives the estimates of a name, each of *size* replications."""
    coupled = couplings(experiment(mapping))
    # Each with a seed of its own: batches are kept of the first few replications only.
    made = [experiment({**mapping, "seed": seed}) for seed in range(1, SEEDS + 1)]
    groups = [[replicate(one, number) for number in range(size)] for one in made]

    def estimates(name):
        trials = [independent_trials(group, coupled) for group in groups]
        return [
            estimate(name, group, confidence=LEVEL, trials=number)
            for group, number in zip(groups, trials, strict=True)
        ]

    return estimates


def test_retries_of_messages_on_their_own():
    """Three packets in ten are lost, either way; four attempts, 300 ms apart.

    In two replications, so that shares are binomial and means are over batches.
    """
    estimates = played(
        2,
        {
            "run": {"warmup": 0, "messages": 240},
            "producer": {
                "arrivals": {"law": "regular", "rate": "1/s"},
                "retries": 3,
                "timeout": "100 ms",
                "backoff": {"law": "fixed", "pause": "200 ms"},
            },
            "network": {"publish": {"loss": 0.3, "ack_loss": 0.3, "delay": "10 ms"}},
            "broker": {"confirm_when": "received", "persistent": False},
        },
    )
    failed = 1.0 - 0.7 * 0.7
    assert_covers(estimates("confirmed"), 1.0 - failed**4)
    # Four of 480 on the average: whole numbers.
    assert_covers(estimates("lost"), 0.3**4, conservative=True)
    sends = estimates("sends_per_message")
    assert sum(one.method == "Student over batches" for one in sends) > 0.9 * SEEDS
    assert_covers(sends, (1.0 - failed**4) / (1.0 - failed))
    # Of the confirmed, 52.6 % are so at the first attempt, 79 % by the second, 93 % by the third.
    # An interval of steps holds its step exactly.
    for level, attempt in (("p50", 1), ("p90", 3), ("p99", 4)):
        truth = 0.02 + (attempt - 1) * 0.3
        assert_covers(estimates(f"confirm_latency_{level}"), truth, conservative=True)


def test_a_queue():
    """M/M/1 at half load; times in mean services."""
    estimates = played(
        5,
        {
            "run": {"warmup": "40 s", "messages": 120},
            "producer": {"confirm": False, "arrivals": {"law": "poisson", "rate": "0.5/s"}},
            "broker": {"persistent": False, "redelivery": {"ack_timeout": "inf"}},
            "consumer": {"service": {"law": "exponential", "mean": "1 s"}},
        },
    )
    for name, truth in (
        ("queue_length", 1.0),
        ("sojourn_mean", 2.0),
        ("delivery_latency_mean", 2.0),
        ("delivery_latency_p50", 2.0 * math.log(2.0)),
        ("throughput", 0.5),
    ):
        assert_covers(estimates(name), truth)
    # A queue is long in one stretch or two: too few to tell an upper end in many cases.
    for level, share in (("p90", 0.9), ("p99", 0.99)):
        found = estimates(f"delivery_latency_{level}")
        assert any(math.isinf(one.high) for one in found)
        assert_covers(found, -2.0 * math.log(1.0 - share), conservative=True)


def test_power_losses():
    """One every 100 s, and a sync every 60 s; nobody consumes before all is over."""
    estimates = played(
        5,
        {
            "run": {"warmup": "300 s", "messages": 60},
            "producer": {"confirm": False, "arrivals": {"law": "poisson", "rate": "0.25/s"}},
            "broker": {"confirm_when": "received"},
            "disk": {"sync": "0 s", "policy": "interval", "interval": "60 s", "writeback": "inf"},
            "consumer": {"start": "750 s", "prefetch": 0},
            "faults": [{"target": "broker", "kind": "power_loss", "every": "100 s"}],
        },
    )
    form = interval_sync(crash_rate_per_s=0.01, interval_s=60.0, arrival_rate_per_s=0.25)
    assert_covers(estimates("lost"), form.fraction_lost)
    assert_covers(estimates("persisted"), form.persisted)
    assert_covers(estimates("lost_per_crash"), form.lost_per_crash)
