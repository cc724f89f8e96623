"""Queues whose consumers break down, or whose broker falls, against their chain in time.

Times are in mean services. The forms are those that an experiment is checked with, so that it is
also tested what chain an experiment is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from models.exact.queue import steady
from sim.checks import FORMS
from sim.checks.breakdowns import station
from sim.checks.check import Verdict
from sim.runner import run
from tests.theory.shared import assert_agrees, experiment, of, simulate

FORM = {form.name: form for form in FORMS}


def exponential(mean_s):
    return {"law": "exponential", "mean": mean_s}


def fault(target, every_s, lasts_s, kind="crash", **more):
    return {
        "target": target,
        "kind": kind,
        "every": every_s,
        "lasts": exponential(lasts_s),
        **more,
    }


BASE = {
    "run": {"warmup": "150 s", "messages": 3000, "replications": 24},
    "producer": {"confirm": False, "arrivals": {"law": "poisson", "rate": "2/s"}},
    "broker": {"redelivery": {"ack_timeout": "inf"}},
    "consumer": {"service": exponential(1)},
}
THREE = {"instances": 3}
HANDS = {"concurrency": 3, "prefetch": 3}
CRASHES = fault("broker", 10, 2, "process_crash")
DEATHS = fault("consumer", 10, 3)
SYSTEMS = {
    "a bound": {"broker": {"capacity": 4}, "consumer": THREE},
    "the oldest goes": {"broker": {"capacity": 4, "overflow": "drop_oldest"}, "consumer": HANDS},
    "three consumers": {
        "broker": {"capacity": 5},
        "consumer": {**THREE, "failure": 0.1},
        "faults": [DEATHS],
    },
    "one of three": {
        "broker": {"capacity": 5},
        "consumer": THREE,
        "faults": [fault("consumer", 10, 10, which=1)],
    },
    "all at once": {
        "broker": {"capacity": 5, "overflow": "drop_new"},
        "consumer": THREE,
        "faults": [fault("consumer", 10, 3, correlated=True)],
    },
    "a broker that keeps": {
        "broker": {"capacity": 4},
        "consumer": HANDS,
        "faults": [CRASHES],
    },
    "a broker that forgets": {
        "broker": {"capacity": 4, "persistent": False},
        "consumer": {**HANDS, "failure": 0.2},
        "faults": [fault("broker", 10, 2, "power_loss")],
    },
    "both, and it keeps": {
        "producer": {"confirm": True, "retries": 0},
        "network": {"publish": {"loss": 0.1}},
        "broker": {"capacity": 4},
        "consumer": {**HANDS, "failure": 0.2},
        "faults": [CRASHES, DEATHS],
    },
    "both, and it forgets": {
        "broker": {"capacity": 4, "durable": False},
        "consumer": {**HANDS, "failure": 0.2},
        "faults": [CRASHES, fault("consumer", 3, 3)],
    },
}


def put_on_base(system, **run):
    """The base with the faults of *system*, and the tables to put on top of it."""
    tables = {"run": run, **SYSTEMS[system]}
    return {**BASE, "faults": tables.pop("faults", [])}, tables


@cache
def simulated(system):
    mapping, tables = put_on_base(system)
    return simulate(mapping, **tables)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_long_run_is_as_the_chain_says(system):
    mapping, tables = put_on_base(system)
    made, samples = experiment(mapping, **tables), simulated(system)
    for name, notice in (("exact L", 0.1), ("exact P_lost", 0.25), ("exact throughput", 0.1)):
        form = FORM[name]
        assert form.broken(made) == []
        assert_agrees(of(form.estimate, samples), form.predict(made), notice=notice)


def test_a_queue_without_bound_waits_for_those_that_are_down():
    mapping, tables = put_on_base("three consumers", replications=48)
    tables["broker"] = {"capacity": 0}
    tables["producer"] = {"arrivals": {"law": "poisson", "rate": "1.5/s"}}
    made, samples = experiment(mapping, **tables), simulate(mapping, **tables)
    form = FORM["exact L"]
    assert form.broken(made) == []
    assert_agrees(of("queue_length", samples), form.predict(made), notice=0.25)
    assert "nothing is lost" in FORM["exact P_lost"].broken(made)[0]


@pytest.mark.parametrize(
    ("system", "wrong"),
    [
        ("three consumers", {"mortal": 0}),
        ("three consumers", {"together": True}),
        ("all at once", {"together": False}),
        ("a broker that keeps", {"keeps": False}),
        ("a broker that forgets", {"keeps": True}),
        ("both, and it keeps", {"failure": 0.0}),
    ],
)
def test_a_wrong_chain_would_be_noticed(system, wrong):
    mapping, tables = put_on_base(system)
    right = station(experiment(mapping, **tables))
    other, samples = steady(replace(right, **wrong)), simulated(system)
    length, lost = of("queue_length", samples), of("lost", samples)
    assert length.is_alarming(other.number) or lost.is_alarming(other.lost)


def test_the_checks_agree_beside_a_run():
    mapping, tables = put_on_base("a broker that keeps")
    names = ["exact L", "exact P_lost", "exact throughput"]
    (point,) = run(experiment(mapping, **tables, check={"formulas": names})).points
    assert [check.name for check in point.checks] == names
    assert {check.verdict for check in point.checks} == {Verdict.AGREES}
