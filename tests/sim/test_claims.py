"""Claims in an experiment file: what decides them, and how they are told."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from rich.console import Console

from sim import run
from sim.claims import Truth, judge_claims
from sim.config import ConfigError, from_mapping
from sim.json_result import to_json
from sim.result import Failure
from sim.tables import claim_table

RETRIES = "producer.retries"


def asked(**values):
    return {"estimate": "lost", "at": {RETRIES: 0}, **values}


def judged(*tests, replications=5):
    experiment = from_mapping(
        {
            "run": {"messages": 500, "warmup": 0, "replications": replications},
            "network": {"publish": {"loss": 0.2}},
            "sweep": {RETRIES: [0, 1]},
            "claims": [{"text": "It is so.", "source": "a test", "tests": list(tests)}],
        }
    )
    return run(experiment)


def truth(*tests, **settings):
    (judgement,) = judge_claims(judged(*tests, **settings))
    return judgement.truth


# The share lost is 0.2 without a retry and 0.04 with one.
@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"below": 0.3}, Truth.TRUE),
        ({"below": 0.1}, Truth.FALSE),
        ({"above": 0.1}, Truth.TRUE),
        ({"above": 0.3}, Truth.FALSE),
        ({"above": 0.2}, Truth.UNDECIDED),
        ({"above_at": {RETRIES: 1}}, Truth.TRUE),
        ({"below_at": {RETRIES: 1}}, Truth.FALSE),
        ({"above_at": {RETRIES: 1}, "factor": 3}, Truth.TRUE),
        ({"above_at": {RETRIES: 1}, "factor": 10}, Truth.FALSE),
        ({"below_at": {RETRIES: 1}, "factor": 5}, Truth.UNDECIDED),
        ({"above_at": {RETRIES: 0}}, Truth.UNDECIDED),  # itself
        ({"estimate": "delivery_latency_p50", "above": 1}, Truth.FALSE),
        ({"estimate": "lost_per_crash", "below": 1}, Truth.UNDECIDED),  # not defined
    ],
)
def test_a_test_holds_fails_or_decides_nothing(test, expected):
    assert truth(asked(**test)) is expected


def test_a_claim_is_true_if_all_its_tests_hold():
    good, bad, open_ = asked(below=0.3), asked(below=0.1), asked(below=0.2)
    assert truth(good, good) is Truth.TRUE
    assert truth(good, open_) is Truth.UNDECIDED
    assert truth(good, open_, bad) is Truth.FALSE


def test_two_points_are_compared_on_the_same_luck():
    # With one retry nothing is lost that is not lost without: no spread but that of the retry.
    (judgement,) = judge_claims(judged(asked(above_at={RETRIES: 1})))
    (tested,) = judgement.tests
    assert tested.low <= tested.value - tested.other <= tested.high
    assert tested.value == pytest.approx(0.2, abs=0.03)
    assert tested.other == pytest.approx(0.04, abs=0.02)


def test_one_replication_decides_no_comparison():
    assert truth(asked(above_at={RETRIES: 1}), replications=1) is Truth.UNDECIDED


def without(result, retries):
    """Return *result* as it would be had the point with so many *retries* failed to run."""
    kept = tuple(point for point in result.points if point.parameters[RETRIES] != retries)
    failure = Failure(parameters={RETRIES: retries}, text="the disk is on fire")
    return replace(result, points=kept, failures=(failure,))


@pytest.mark.parametrize("test", [asked(below=0.3), asked(at={RETRIES: 1}, above_at={RETRIES: 0})])
def test_of_a_point_that_failed_nothing_is_decided(test):
    result = without(judged(test), 0)
    [judgement] = judge_claims(result)
    assert judgement.truth is Truth.UNDECIDED
    told = f"{RETRIES} = 0 failed to run: the disk is on fire"
    assert judgement.tests[0].missing == told
    console = Console(width=200, record=True)
    console.print(claim_table([judgement]))
    assert told in console.export_text()
    [written] = json.loads(to_json(result))["claims"]
    assert written["tests"][0]["missing"] == told
    assert written["tests"][0]["value"] is None


def test_a_false_test_makes_a_claim_false_whatever_failed():
    tests = asked(below=0.3), asked(at={RETRIES: 1}, below=0.001)
    [judgement] = judge_claims(without(judged(*tests), 0))
    assert judgement.truth is Truth.FALSE
    assert [tested.missing == "" for tested in judgement.tests] == [False, True]


def test_of_a_point_that_was_left_out_nothing_is_decided():
    result = judged(asked(below=0.3))
    [judgement] = judge_claims(replace(result, points=result.points[1:]))
    assert judgement.tests[0].missing == f"{RETRIES} = 0 was not run"


def test_claims_stand_in_the_json():
    result = judged(asked(below=0.1))
    (claim,) = json.loads(to_json(result))["claims"]
    assert claim["verdict"] == "false"
    assert claim["tests"][0]["asked"] == "below"
    assert claim["tests"][0]["other"] is None
    assert math.isclose(claim["tests"][0]["bound"], 0.1)


def test_claims_change_no_result_and_so_no_hash():
    plain = {"run": {"messages": 500}}
    claims = [{"text": "x", "tests": [{"estimate": "lost", "below": 1}]}]
    with_claims = from_mapping(plain | {"claims": claims})
    assert with_claims.hash == from_mapping(plain).hash
    assert from_mapping(with_claims.as_file_mapping()) == with_claims


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ({"text": "x", "tests": []}, "claims.0.tests"),
        ({"text": "x", "tests": [{"estimate": "lost"}]}, "exactly one of below, above"),
        (
            {"text": "x", "tests": [{"estimate": "lost", "below": 1, "above": 0}]},
            "exactly one of below, above",
        ),
        ({"text": "x", "tests": [{"estimate": "losst", "below": 1}]}, "lost"),
        (
            {"text": "x", "tests": [{"estimate": "lost", "at": {RETRIES: 7}, "below": 1}]},
            "at must fit one point of the sweep, and fits 0",
        ),
        ({"text": "x", "tests": [{"estimate": "lost", "below": 1}]}, "and fits 2"),
    ],
)
def test_a_claim_that_cannot_be_judged_is_refused(claim, told):
    with pytest.raises(ConfigError, match="claims") as refused:
        from_mapping({"sweep": {RETRIES: [0, 1]}, "claims": [claim]})
    assert told in str(refused.value)
