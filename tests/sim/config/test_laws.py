import math

import pytest

from models import arrivals, laws
from models.policies import backoff, jitter
from sim.config import from_mapping

PLAIN = backoff.Exponential(first_s=0.1, factor=2.0, cap_s=2.0)
GROWING = {"law": "exponential", "first": "100 ms", "cap": "2 s"}


@pytest.mark.parametrize(
    ("written", "law"),
    [
        ("2 ms", laws.Constant(0.002)),
        (2, laws.Constant(2.0)),
        ({"law": "constant", "value": "2 ms"}, laws.Constant(0.002)),
        ({"law": "exponential", "mean": "2 ms"}, laws.Exponential(0.002)),
        ({"law": "uniform", "low": "1 ms", "high": 1}, laws.Uniform(low_s=0.001, high_s=1.0)),
        (
            {"law": "lognormal", "median": "1 ms", "p99": "5 ms"},
            laws.Lognormal(median_s=0.001, p99_s=0.005),
        ),
        ({"law": "gamma", "mean": "1 s", "cv": 2}, laws.Gamma(mean_s=1.0, cv=2.0)),
        ({"law": "weibull", "scale": "1 s", "shape": 0.7}, laws.Weibull(scale_s=1.0, shape=0.7)),
        ({"law": "empirical", "list": [0.3, "100 ms"]}, laws.Empirical((0.3, 0.1))),
    ],
)
def test_a_law_is_read_and_written(written, law):
    experiment = from_mapping({"consumer": {"service": written}})
    assert experiment.consumer.service == law
    again = experiment.as_file_mapping()["consumer"]["service"]
    assert from_mapping({"consumer": {"service": again}}).consumer.service == law


@pytest.mark.parametrize(
    ("written", "policy"),
    [
        ({"law": "none"}, backoff.Fixed(0.0)),
        ("2 s", backoff.Fixed(2.0)),
        ({"law": "fixed", "pause": "1 s"}, backoff.Fixed(1.0)),
        ({"law": "uniform", "low": 1, "high": 2}, backoff.Uniform(low_s=1.0, high_s=2.0)),
        ({"law": "linear", "first": 1, "cap": 3}, backoff.Linear(first_s=1.0, cap_s=3.0)),
        ({"law": "linear", "first": 1}, backoff.Linear(first_s=1.0, cap_s=math.inf)),
        (GROWING, PLAIN),
        (GROWING | {"factor": 3}, backoff.Exponential(first_s=0.1, factor=3.0, cap_s=2.0)),
        (GROWING | {"jitter": "none"}, PLAIN),
        (GROWING | {"jitter": 0}, PLAIN),
        (GROWING | {"jitter": "full"}, jitter.full_jitter(PLAIN)),
        (GROWING | {"jitter": "equal"}, jitter.equal_jitter(PLAIN)),
        (GROWING | {"jitter": 0.2}, jitter.factor_jitter(PLAIN, 0.2)),
        (GROWING | {"jitter": 1}, jitter.factor_jitter(PLAIN, 1.0)),
        (
            GROWING | {"jitter": "decorrelated"},
            jitter.DecorrelatedJitter(first_s=0.1, cap_s=2.0),
        ),
        (
            {"law": "linear", "first": 1, "cap": 3, "jitter": "decorrelated"},
            jitter.DecorrelatedJitter(first_s=1.0, cap_s=3.0),
        ),
        (
            {"law": "fixed", "pause": 1, "jitter": "full"},
            jitter.full_jitter(backoff.Fixed(1.0)),
        ),
    ],
)
def test_a_backoff_is_read_and_written(written, policy):
    experiment = from_mapping({"producer": {"backoff": written}})
    assert experiment.producer.backoff == policy
    again = experiment.as_file_mapping()["producer"]["backoff"]
    assert from_mapping({"producer": {"backoff": again}}).producer.backoff == policy


@pytest.mark.parametrize(
    ("written", "process"),
    [
        ({"law": "poisson", "rate": "60/min"}, arrivals.Poisson(1.0)),
        ({"law": "regular", "rate": 5}, arrivals.Regular(5.0)),
        (
            {"law": "bursty", "on": "1 s", "off": {"law": "exponential", "mean": 3}, "rate": 9},
            arrivals.Bursty(on=laws.Constant(1.0), off=laws.Exponential(3.0), peak_per_s=9.0),
        ),
        ({"law": "trace", "list": [6, 7, 7, "8 s"]}, arrivals.Trace((6.0, 7.0, 7.0, 8.0))),
    ],
)
def test_arrivals_are_read_and_written(written, process):
    few = {"messages": 4}
    experiment = from_mapping({"run": few, "producer": {"arrivals": written}})
    assert experiment.producer.arrivals == process
    again = experiment.as_file_mapping()["producer"]["arrivals"]
    assert from_mapping({"run": few, "producer": {"arrivals": again}}).producer.arrivals == process


def test_the_time_between_faults_is_exponential_unless_it_is_a_law():
    plain = {"target": "broker", "kind": "power_loss"}
    law = {"law": "weibull", "scale": "1 d", "shape": 1.5}
    [bare, full, timed] = from_mapping(
        {
            "faults": [
                plain | {"every": "30 d", "lasts": "5 s"},
                plain | {"every": law},
                plain | {"at": ["10 s", 40], "kind": "process_crash"},
            ]
        }
    ).faults
    assert (bare.every, bare.lasts, bare.at_s) == (
        laws.Exponential(2592000.0),
        laws.Constant(5.0),
        None,
    )
    assert (full.every, full.lasts) == (
        laws.Weibull(scale_s=86400.0, shape=1.5),
        laws.Constant(0.0),
    )
    assert (timed.every, timed.at_s, timed.kind) == (None, (10.0, 40.0), "process_crash")


@pytest.mark.parametrize("kind", ["crash", "process_crash"])
def test_a_consumer_crashes_by_either_name(kind):
    faults = [{"target": "consumer", "kind": kind, "every": "1 min"}]
    assert from_mapping({"faults": faults}).faults[0].kind == "crash"


def test_tables_are_frozen():
    from pydantic import ValidationError

    experiment = from_mapping({})
    with pytest.raises(ValidationError, match="frozen"):
        experiment.producer.retries = 5
