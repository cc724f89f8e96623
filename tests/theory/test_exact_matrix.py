"""The outcome matrix of the simulation against that of the exact chain, policy by policy."""

from __future__ import annotations

import pytest

from sim import run
from sim.checks import Verdict
from tests.theory.shared import experiment

BASE = {
    "run": {"messages": 1500, "warmup": 0, "replications": 20},
    "check": {"formulas": ["exact matrix"]},
    "producer": {
        "arrivals": {"law": "poisson", "rate": "2/s"},
        "timeout": "100 ms",
        "retries": 2,
        "in_flight": 100000,
    },
    "network": {
        "publish": {"delay": "5 ms", "loss": 0.2, "ack_loss": 0.3},
        "deliver": {"delay": "5 ms", "loss": 0.2, "ack_loss": 0.3},
    },
    "broker": {
        "confirm_when": "received",
        "redelivery": {"ack_timeout": "100 ms", "limit": 3},
    },
    "consumer": {"service": "1 ms", "failure": 0.2},
}


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"consumer": {"ack": "before"}},
        {"consumer": {"ack": "auto"}},
        {"consumer": {"on_failure": "reject"}},
        {"consumer": {"on_failure": "ignore", "dedup": -1}},
        {"consumer": {"crash_before_effect": 0.1, "crash_after_effect": 0.2}},
        {"broker": {"confirm_when": "received", "dedup_window": "inf"}, "consumer": {"failure": 0}},
        {"producer": {"confirm": False}},
        {
            "broker": {
                "confirm_when": "received",
                "redelivery": {"ack_timeout": "100 ms", "limit": 1, "dead_letter": False},
            }
        },
    ],
    ids=str,
)
def test_every_cell_is_as_the_chain_says(tables):
    (point,) = run(experiment(BASE, **tables)).points
    (check,) = point.checks
    assert check.verdict is Verdict.AGREES, check


def test_a_wrong_chain_would_be_noticed(monkeypatch):
    from sim.checks import exact

    told = exact.protocol
    monkeypatch.setattr(
        exact, "protocol", lambda e: told(e.model_copy(update={"producer": _once_more(e)}))
    )
    (point,) = run(experiment(BASE)).points
    assert point.checks[0].verdict is Verdict.DISAGREES


def _once_more(made):
    return made.producer.model_copy(update={"retries": made.producer.retries + 1})
