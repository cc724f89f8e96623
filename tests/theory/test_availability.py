"""Replicas that fall and come back: how often nobody takes a message in, against k of n and chain.

The forms are those that an experiment is checked with, so that it is also tested which replicas an
experiment has. Nothing else loses a message here, so that the share lost is the share not taken in.
"""

from __future__ import annotations

from functools import cache

import pytest

from models.formulas.replication import enough_work
from models.ledger import Cause
from sim.checks import FORMS
from sim.checks.check import Verdict
from sim.runner import run
from tests.theory.shared import assert_agrees, experiment, of, simulate

FORM = {form.name: form for form in FORMS}


def exponential(mean):
    return {"law": "exponential", "mean": mean}


BASE = {
    "run": {"warmup": "60 s", "messages": 1500, "replications": 24},
    "producer": {"confirm": False, "arrivals": {"law": "poisson", "rate": "1/s"}},
    "broker": {
        "replicas": 3,
        "confirm_when": "written",
        "replication_delay": "0 s",
        "failover": "0 s",
        "lag_timeout": "inf",
    },
    "consumer": {"service": exponential("100 ms")},
    "faults": [
        {
            "target": "broker",
            "kind": "process_crash",
            "every": "4 s",
            "lasts": exponential("3 s"),
        }
    ],
}
UP = 4 / 7
RAFT = {"confirm_by": "majority", "min_in_sync": 2}
AT_ONCE = {"consumer": {"ack": "auto", "service": exponential("100 ms")}}
STORED = {"deliver_when": "stored"}
LATE = {"failover": exponential("2 s")}
FIRE_3_S = [{**BASE["faults"][0], "lasts": "3 s"}]
NO_DISK = [{**BASE["faults"][0], "kind": "disk_loss"}]
SYSTEMS = {
    "two of three": ("A_k/n", {"broker": RAFT}),
    "two of three, a log": ("A_k/n", {"broker": {**RAFT, "shape": "log"}}),
    "two of three, outages alike": ("A_k/n", {"broker": RAFT, "faults": FIRE_3_S}),
    "three of five": ("A_k/n", {"broker": {**RAFT, "replicas": 5, "min_in_sync": 3}}),
    "any of three, whatever is lost": (
        "A_k/n",
        {"broker": {**STORED, "unclean_failover": True}, **AT_ONCE, "faults": NO_DISK},
    ),
    "the last one first": ("exact availability", {"broker": {"confirm_by": "in_sync"}}),
    "the last one first, a log": (
        "exact availability",
        {"broker": {"confirm_by": "in_sync", "min_in_sync": 2, "shape": "log"}},
    ),
    "seen late": (
        "exact availability",
        {"broker": {**STORED, **LATE, "confirm_by": "in_sync", "min_in_sync": 2}, **AT_ONCE},
    ),
    "seen late by a majority": (
        "exact availability",
        {"broker": {**STORED, **RAFT, **LATE}, **AT_ONCE},
    ),
    "seen late, and replicated late": (
        "exact availability",
        {
            "broker": {**STORED, **RAFT, **LATE, "min_in_sync": 1, "replication_delay": "1 s"},
            **AT_ONCE,
        },
    ),
    "seen late, and anybody leads": (
        "exact availability",
        {
            "broker": {**STORED, **LATE, "unclean_failover": True, "min_in_sync": 2},
            "network": {"publish": {"loss": 0.1}},
            **AT_ONCE,
        },
    ),
}


def put_on_base(system):
    """The base with the faults of *system*, and the tables to put on top of it."""
    tables = dict(SYSTEMS[system][1])
    return {**BASE, "faults": tables.pop("faults", BASE["faults"])}, tables


@cache
def simulated(system):
    mapping, tables = put_on_base(system)
    return simulate(mapping, **tables)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_nobody_takes_in_is_lost_and_nothing_else(system):
    mapping, tables = put_on_base(system)
    made, samples = experiment(mapping, **tables), simulated(system)
    form, other = (FORM[name] for name in ("A_k/n", "exact availability"))
    if SYSTEMS[system][0] == other.name:
        form, other = other, form
    assert form.broken(made) == []
    assert other.broken(made)  # each holds where the other says nothing new
    assert_agrees(of("lost", samples), form.predict(made), notice=0.25)
    causes = sum(sample.causes for sample in samples)
    if "network" in tables:
        causes[Cause.NETWORK] = 0
    assert causes[Cause.BROKER_DOWN] + causes[Cause.NOT_IN_SYNC] == causes.sum()


def test_k_of_n_by_hand():
    # Two of three, up four of seven: 3 A^2 - 2 A^3.
    assert enough_work(availability=UP, needed=2, replicas=3) == pytest.approx(
        3 * UP**2 - 2 * UP**3
    )
    lost = of("lost", simulated("two of three"))
    assert_agrees(lost, 1 - (3 * UP**2 - 2 * UP**3), notice=0.2)
    assert lost.is_alarming(1 - UP)  # of one
    assert lost.is_alarming((1 - UP) ** 3)  # of all


@pytest.mark.parametrize(
    ("system", "other"),
    [
        ("the last one first", {"broker": {"unclean_failover": True}}),
        ("seen late", {"broker": {"failover": "0 s"}}),
        ("seen late by a majority", {"broker": {"min_in_sync": 3}}),
        ("seen late, and anybody leads", {"broker": {"min_in_sync": 1}}),
    ],
)
def test_other_replicas_would_be_noticed(system, other):
    mapping, tables = put_on_base(system)
    changed = {**tables, "broker": {**tables["broker"], **other["broker"]}}
    made = experiment(mapping, **changed)
    name = "A_k/n" if FORM["exact availability"].broken(made) else "exact availability"
    assert of("lost", simulated(system)).is_alarming(FORM[name].predict(made))


def test_the_checks_agree_beside_a_run():
    mapping, tables = put_on_base("two of three")
    (point,) = run(experiment(mapping, **tables, check={"formulas": ["A_k/n"]})).points
    (check,) = point.checks
    assert (check.name, check.verdict) == ("A_k/n", Verdict.AGREES)
