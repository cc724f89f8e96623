"""Random experiments, run and judged: what is said of them adds up, and follows from the ledger."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from models.broker import ConfirmWhen
from models.ledger import Cause
from sim.config import from_mapping
from sim.options import what_breaks
from sim.outcomes import Belief, Fate, judge
from sim.sample import summarise
from sim.system import System, simulate
from tests import conservation
from tests.properties.experiments import HORIZON_S, accepted, experiments, mappings

often = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
seldom = settings(often, max_examples=40)


def judged(experiment, replication=0):
    system = simulate(experiment, replication)
    return system, judge(system.ledger, system.census.measured)


@often
@given(experiments)
def test_every_publication_has_one_belief_one_fate_and_a_cause_if_it_is_lost(experiment):
    system, outcomes = judged(experiment)
    matrix = outcomes.matrix()
    assert matrix.sum() == len(outcomes) == len(system.census.measured) * experiment.groups
    assert len(outcomes) <= experiment.run.messages * experiment.groups
    beliefs = [(outcomes.belief == belief).sum() for belief in Belief]
    fates = [(outcomes.fate == fate).sum() for fate in Fate]
    assert matrix.sum(axis=1).tolist() == beliefs
    assert matrix.sum(axis=0).tolist() == fates
    assert ((outcomes.cause >= 0) == (outcomes.fate == Fate.LOST)).all()
    assert set(outcomes.cause[outcomes.cause >= 0].tolist()) <= {int(cause) for cause in Cause}


@often
@given(experiments)
def test_fates_are_what_the_counts_say(experiment):
    _, outcomes = judged(experiment)
    assert ((outcomes.effects == 1) == (outcomes.fate == Fate.ONCE)).all()
    assert ((outcomes.effects > 1) == (outcomes.fate == Fate.DUPLICATED)).all()
    parked = outcomes.fate == Fate.DEAD_LETTERED
    assert (outcomes.parked[parked] > 0).all()
    assert ((outcomes.belief == Belief.CONFIRMED) == ~np.isnan(outcomes.confirm_latency_s)).all()
    assert ((outcomes.effects > 0) == ~np.isnan(outcomes.delivery_latency_s)).all()
    for latency_s in (outcomes.confirm_latency_s, outcomes.delivery_latency_s):
        assert not (latency_s < 0).any()


@often
@given(experiments)
def test_nothing_happens_without_what_it_comes_from(experiment):
    system, outcomes = judged(experiment)
    deliveries, stored = outcomes.deliveries > 0, outcomes.stored > 0
    assert deliveries[outcomes.effects > 0].all()
    assert deliveries[outcomes.served > 0].all()
    assert stored[deliveries].all()
    assert (outcomes.copies[stored] > 0).all()
    assert (outcomes.sends[outcomes.copies > 0] > 0).all()
    twice = experiment.network.publish.duplication > 0
    assert (outcomes.copies <= outcomes.sends * (1 + twice)).all()
    lives = 1
    if experiment.producer.outbox:  # attempts start anew after a crash
        lives += sum(who.startswith("producer") for _, who, _ in system.ledger.crashes)
    assert (outcomes.sends <= lives * (experiment.producer.retries + 1)).all()
    redelivery, duplicates = experiment.broker.redelivery, outcomes.stored.max(initial=0)
    limit = redelivery.limit if redelivery.counts == "all" else 0
    power_losses = any(fault.kind == "power_loss" for fault in experiment.faults)
    if limit and not power_losses:
        assert (outcomes.deliveries <= limit * max(1, duplicates)).all()
    out_of_order = outcomes.out_of_order
    assert (outcomes.effects[out_of_order] > 0).all()


@often
@given(experiments)
def test_every_ledger_of_an_experiment_conserves_what_there_is(experiment):
    system, _ = judged(experiment)
    broker = experiment.broker
    awaited = (broker.durable and broker.persistent) or broker.confirm_when == "processed"
    conservation.check(
        system.ledger,
        confirm_when=ConfirmWhen(broker.confirm_when) if awaited else ConfirmWhen.RECEIVED,
        confirms_drops=broker.overflow == "drop_new",
        pipes=broker.shape == "none",
        decided=system.census.measured if system.now_s < HORIZON_S else range(0),
    )


@often
@given(experiments)
def test_only_the_horizon_leaves_anything_pending(experiment):
    system, outcomes = judged(experiment)
    if system.now_s < HORIZON_S and len(system.census.measured) == experiment.run.messages:
        assert not (outcomes.fate == Fate.PENDING).any()
        unknown = outcomes.belief == Belief.UNKNOWN
        forgets = "producer" in what_breaks(experiment)
        if not experiment.producer.confirm:
            held_back = any(fault.kind == "cut" for fault in experiment.faults)
            assert unknown.all() or held_back
        elif experiment.producer.outbox or not forgets:
            assert not unknown.any()
    for facts in system.ledger.kinds.values():
        assert (facts.times_s() <= min(system.now_s, HORIZON_S)).all()


@often
@given(experiments)
def test_estimates_of_one_run_add_up(experiment):
    system = simulate(experiment, 0)
    sample = summarise(system.ledger, system.census.measured, 0, experiment.run.warmup_s)
    events = {name: parts[0] for name, parts in sample.parts.items()}
    assert events["confirmed"] + events["failed"] + events["unknown"] == sample.messages
    assert events["delivered"] == events["once"] + events["duplicated"]
    fates = ("delivered", "dead_lettered", "lost", "pending")
    assert sum(events[name] for name in fates) == sample.messages
    losses = ("silent_loss", "reported_loss", "unknown_loss")
    assert sum(events[name] for name in losses) == events["lost"] == sample.causes.sum()
    assert events["dead_lettered"] <= events["parked"]
    assert sample.copies.sum() == sample.messages
    assert sample.copies @ np.arange(len(sample.copies)) == events["copies_per_message"]
    assert sample.confirm_within[-1] == events["confirmed"]
    assert sample.delivery_within[-1] == events["delivered"]
    assert (np.diff(sample.confirm_within) >= 0).all()
    assert all(0 <= above < float("inf") for above in events.values())


# ---------------------------------------------------------------- determinism


def kept(ledger):
    """Everything a ledger holds, array by array."""
    arrays = {
        (index, name, column): facts.column(column)
        for index, group in enumerate((ledger, *ledger.groups))
        for name, facts in group.kinds.items()
        for column in ("message", "time_s", *facts.further)
    }
    return arrays, ledger.crashes, ledger.restarts


def assert_same(one, other):
    (arrays, *events), (others, *other_events) = kept(one), kept(other)
    assert arrays.keys() == others.keys()
    for name, values in arrays.items():
        np.testing.assert_array_equal(values, others[name], err_msg=str(name))
    assert events == other_events


@seldom
@given(experiments)
def test_the_same_seed_gives_the_same_ledger_with_and_without_shortcuts(experiment):
    first = simulate(experiment, 2)
    assert_same(first.ledger, simulate(experiment, 2).ledger)
    plain = System(experiment, 2)
    plain.run()
    assert_same(first.ledger, plain.ledger)


@seldom
@given(mappings)
def test_an_experiment_written_out_and_read_again_runs_the_same(mapping):
    experiment = accepted(mapping)
    if experiment is None:
        return
    again = from_mapping(experiment.as_file_mapping())
    assert again.hash == experiment.hash
    assert_same(simulate(experiment, 0).ledger, simulate(again, 0).ledger)


CHANCE = {
    "run": {"messages": 30, "warmup": 0, "horizon": 20},
    "producer": {"arrivals": {"law": "poisson", "rate": 10}, "timeout": 0.25, "instances": 2},
    "network": {
        "publish": {"delay": {"law": "exponential", "mean": 0.1}, "loss": 0.2},
        "deliver": {"delay": {"law": "lognormal", "median": 0.1, "p99": 1}, "ack_loss": 0.1},
    },
    "broker": {"redelivery": {"ack_timeout": 1, "limit": 3}},
    "disk": {"sync": {"law": "gamma", "mean": 0.05, "cv": 1.5}},
    "consumer": {"failure": 0.2, "crash_after_effect": 0.1, "instances": 2, "restart": 0.5},
    "faults": [{"target": "broker", "kind": "power_loss", "every": 3, "lasts": 0.5}],
}
PROCESS = """
import json, sys
from tests.properties.test_judged_experiments import digest
print(json.dumps([digest(mapping) for mapping in json.load(sys.stdin)]))
"""


def digest(mapping):
    """A fingerprint of two replications of an experiment."""
    told = hashlib.sha256()
    for replication in (0, 1):
        arrays, *events = kept(simulate(from_mapping(mapping), replication).ledger)
        for name, values in sorted(arrays.items()):
            told.update(repr((name, values.tolist())).encode())
        told.update(repr(events).encode())
    return told.hexdigest()


def test_another_process_makes_the_same_ledger():
    varied = [
        {**CHANCE, "seed": seed, "consumer": {**CHANCE["consumer"], "ack": ack}}
        for seed in (0, 1, 2)
        for ack in ("auto", "before", "after")
    ]
    told = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", PROCESS],
        input=json.dumps(varied),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={"PYTHONHASHSEED": "12345"},
    )
    assert json.loads(told.stdout) == [digest(mapping) for mapping in varied]


@pytest.mark.parametrize("seed", [0, 7])
def test_replications_differ_in_everything_that_chance_decides(seed):
    experiment = from_mapping({**CHANCE, "seed": seed})
    first, second = (kept(simulate(experiment, replication).ledger) for replication in (0, 1))
    for column in (("created", "time_s"), ("dropped", "message"), ("effected", "time_s")):
        assert not np.array_equal(first[0][(0, *column)], second[0][(0, *column)])
    assert first[1] != second[1]
