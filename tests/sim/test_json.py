from __future__ import annotations

import json
import math
import platform
from dataclasses import replace

import pytest

import sim
from models.ledger import Cause
from sim.checks.check import Verdict
from sim.json_result import to_json, to_mapping
from sim.measures import MEASURES
from tests.sim.made import NAN, a_check, a_point, a_result, a_sample, a_skipped


def strictly(text: str) -> object:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def point_of(result: object) -> dict[str, object]:
    [point] = strictly(to_json(result))["points"]
    return point


def test_the_experiment_is_told_with_all_it_takes_to_run_it_again():
    result = a_result()
    told = strictly(to_json(result))["experiment"]
    assert told["title"] == "A title"
    assert told["question"] == "A question?"
    assert told["preset"] is None
    assert told["seed"] == 7
    assert told["hash"] == result.experiment.hash
    assert list(told["versions"]) == ["msgfate", "python", "numpy", "scipy", "simpy"]
    assert told["versions"]["python"] == platform.python_version()


def test_the_preset_is_named():
    result = a_result()
    named = replace(result, experiment=result.experiment.model_copy(update={"preset": "sqs-fifo"}))
    assert strictly(to_json(named))["experiment"]["preset"] == "sqs-fifo"


def test_outcomes_have_all_fates_under_each_belief():
    assert point_of(a_result())["outcomes"] == {
        "confirmed": {
            "once": 1800,
            "duplicated": 160,
            "dead_lettered": 0,
            "lost": 0,
            "pending": 0,
        },
        "failed": {"once": 16, "duplicated": 4, "dead_lettered": 0, "lost": 20, "pending": 0},
        "unknown": {"once": 0, "duplicated": 0, "dead_lettered": 0, "lost": 0, "pending": 0},
    }


def test_only_causes_that_occurred_are_listed_by_the_words_of_the_vocabulary():
    samples = [a_sample(causes={Cause.NETWORK: 3}), a_sample(causes={Cause.NETWORK: 1})]
    assert point_of(a_result(a_point(samples=samples)))["causes"] == {"network": 4}
    assert point_of(a_result())["causes"] == {}


def test_an_estimate():
    point = a_point(estimates={"lost": (0.01, 0.009, 0.011)})
    assert point_of(a_result(point))["estimates"]["lost"] == {
        "value": 0.01,
        "low": 0.009,
        "high": 0.011,
        "confidence": 0.95,
        "replications": 2,
        "messages": 2000,
        "method": "by hand",
    }
    assert list(point_of(a_result(point))["estimates"]) == list(MEASURES)


@pytest.mark.parametrize("undefined", [NAN, math.inf, -math.inf])
def test_what_is_not_defined_is_null(undefined):
    point = a_point(estimates={"lost": (undefined, undefined, undefined)})
    told = point_of(a_result(point))["estimates"]["lost"]
    assert (told["value"], told["low"], told["high"]) == (None, None, None)


def test_an_upper_end_that_is_unknown_is_null():
    point = a_point(estimates={"confirm_latency_p999": (0.02, 0.01, math.inf)})
    told = point_of(a_result(point))["estimates"]["confirm_latency_p999"]
    assert (told["value"], told["low"], told["high"]) == (0.02, 0.01, None)


def test_a_check():
    [told] = point_of(a_result(a_point(checks=[a_check()])))["checks"]
    assert told == {
        "name": "P_ack",
        "estimate": "confirmed",
        "predicted": 0.98,
        "value": 0.981,
        "low": 0.975,
        "high": 0.987,
        "verdict": "agrees",
        "p_value": 0.5,
        "power": 0.93,
        "margin": 0.2,
        "more_messages": 0,
        "formula": "1 - f^n",
        "source": "a book",
    }


def test_if_no_number_of_messages_would_do_there_is_none():
    check = a_check(verdict=Verdict.UNDECIDED, more_messages=-1, predicted=NAN)
    [told] = point_of(a_result(a_point(checks=[check])))["checks"]
    assert told["more_messages"] is None
    assert told["predicted"] is None


def test_forms_that_do_not_hold_come_with_their_reasons():
    [told] = point_of(a_result(a_point(skipped=[a_skipped("L", "one", "two")])))["skipped"]
    assert told == {"name": "L", "formula": "rho / (1 - rho)", "reasons": ["one", "two"]}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (3, 3),
        (0.5, 0.5),
        (True, True),
        ("10 ms", "10 ms"),
        (math.inf, "inf"),
        ({"law": "constant", "value": "1 ms"}, {"law": "constant", "value": "1 ms"}),
        (["1 s", math.inf], ["1 s", "inf"]),
    ],
)
def test_parameters_stand_as_in_the_sweep(written, told):
    assert point_of(a_result(a_point(parameters={"a.b": written})))["parameters"] == {"a.b": told}


def test_the_text_is_the_mapping():
    result = a_result()
    assert strictly(to_json(result)) == to_mapping(result)
    assert to_json(result).endswith("}\n")


def test_a_real_run_gives_the_same_text_twice():
    file = {
        "run": {"messages": 40, "replications": 2, "warmup": 0},
        "producer": {"backoff": {"law": "none"}},
        "network": {"publish": {"delay": "1 ms", "loss": 0.3}},
        "sweep": {"producer.retries": [0, 2]},
    }
    first, second = (to_json(sim.run(sim.from_mapping(file))) for _ in range(2))
    assert first == second
    points = strictly(first)["points"]
    assert [point["parameters"] for point in points] == [
        {"producer.retries": 0},
        {"producer.retries": 2},
    ]
    for point in points:
        counted = sum(sum(fates.values()) for fates in point["outcomes"].values())
        assert counted == point["estimates"]["lost"]["messages"] == 80
        assert sum(point["causes"].values()) == sum(
            fates["lost"] for fates in point["outcomes"].values()
        )
