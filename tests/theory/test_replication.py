"""What a change of leader takes: the records that the old one had alone."""

from __future__ import annotations

import pytest

from models.formulas.replication import lost_in_windows, lost_with_leader, time_to_loss_s
from models.ledger import Cause
from sim import run
from tests.theory.shared import assert_agrees, experiment, ledgers, mean, of, simulate

FALLS = {
    "run": {"warmup": "1 s", "messages": 200, "replications": 200},
    "producer": {"retries": 0, "arrivals": {"law": "poisson", "rate": "100/s"}},
    "broker": {
        "replicas": 3,
        "confirm_by": "leader",
        "confirm_when": "written",
        "replication_delay": "40 ms",
        "failover": "500 ms",
    },
    "consumer": {"service": "1 ms", "prefetch": 0},
    "faults": [{"target": "broker", "kind": "process_crash", "at": ["2 s"], "which": 0}],
}


def test_a_fallen_leader_takes_what_it_has_alone():
    predicted = lost_with_leader(arrival_rate_per_s=100.0, lag_s=0.04)
    assert_agrees(of("lost_per_crash", simulate(FALLS)), predicted, notice=0.2)


def test_the_check_itself_predicts_it():
    asked = experiment(FALLS, check={"formulas": ["E[lost | failover]"]}, run={"replications": 20})
    ((check,),) = [point.checks for point in run(asked).points]
    assert check.predicted == pytest.approx(4.0)
    assert check.name == "E[lost | failover]"


WINDOWS = {
    "run": {"warmup": "20 s", "messages": 200, "replications": 200},
    "producer": {"retries": 0, "arrivals": {"law": "poisson", "rate": "10/s"}},
    "broker": {
        "replicas": 3,
        "confirm_by": "majority",
        "confirm_when": "written",
        "replication_delay": "0 s",
        "failover": "1 s",
    },
    "disk": {"policy": "interval", "interval": "10 s", "sync": "0 s"},
    "consumer": {"start": "45 s", "prefetch": 0},
    "faults": [
        {
            "target": "broker",
            "kind": "power_loss",
            "correlated": True,
            "lasts": "100 ms",
            # Ten seconds wide: every phase of the leader's syncs is as likely.
            "every": {"law": "uniform", "low": "25 s", "high": "35 s"},
        }
    ],
}


@pytest.fixture(scope="module")
def windows():
    """Three replicas that lose power together, each with ticks of its own."""
    return simulate(WINDOWS)


def test_of_replicas_that_lose_power_together_the_last_to_sync_leads(windows):
    predicted = lost_in_windows(arrival_rate_per_s=10.0, interval_s=10.0, replicas=3)
    per_crash = of("lost_per_crash", windows)
    assert_agrees(per_crash, predicted, notice=0.4)
    assert per_crash.is_alarming(10.0 * 10.0 / 2)  # as if there were only one


def test_the_one_that_leads_lacks_nothing_that_is_left(windows):
    lost = sum(sample.causes for sample in windows)
    assert lost[Cause.PAGE_CACHE] > 1000
    assert not lost[Cause.FAILOVER]


# ---------------------------------------------------------------- when the last disk is lost

WHOLE = {
    "run": {"warmup": "0 s", "messages": 1, "replications": 500},
    # One message, as soon as there is a broker, and nobody to take it out again.
    "producer": {"confirm": False, "arrivals": {"law": "trace", "list": [0.0]}},
    "broker": {
        "confirm_by": "in_sync",
        "confirm_when": "written",
        "replication_delay": "0 s",
        "failover": "0 s",
    },
    "consumer": {"start": "1000000000 s"},
    "faults": [
        {
            "target": "broker",
            "kind": "disk_loss",
            "every": "100 s",
            "lasts": {"law": "exponential", "mean": "20 s"},
        }
    ],
}


@pytest.mark.parametrize(
    ("replicas", "books"),
    [
        # facts 3.8, repaired side by side: birth and death (S. M. Ross, section 6.3).
        (2, lambda l, m: (3 * l + m) / (2 * l**2)),  # noqa: E741 - as it is written there
        (3, lambda l, m: (11 * l**2 + 7 * l * m + 2 * m**2) / (6 * l**3)),  # noqa: E741
    ],
)
def test_the_time_until_no_replica_has_a_message_any_more(replicas, books):
    """Who comes back, empty, has a whole copy at once: a repair is an outage."""
    predicted = time_to_loss_s(
        failure_rate_per_s=0.01, repair_rate_per_s=0.05, replicas=replicas, crews=replicas
    )
    assert predicted == pytest.approx(books(0.01, 0.05))
    runs = ledgers(WHOLE, broker={**WHOLE["broker"], "replicas": replicas})
    times_s = [float(ledger.dropped.times_s()[0]) for ledger, _ in runs]
    assert_agrees(mean(times_s), predicted, notice=0.25)
