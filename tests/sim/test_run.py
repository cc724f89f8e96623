"""A run: points, replications, progress, and the same result whoever asks."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config import ConfigError, from_mapping
from sim.measures import MEASURES
from sim.outcomes import Fate
from sim.runner import replicate, run

SMALL = {
    "seed": 5,
    "run": {"messages": 200, "replications": 3, "warmup": "1 s"},
    "network": {"publish": {"delay": "2 ms", "loss": 0.2}},
    "broker": {"confirm_when": "received"},
}
SWEPT = {**SMALL, "sweep": {"producer.retries": [0, 3], "network.publish.loss": [0.1, 0.3]}}


@pytest.fixture(scope="module")
def swept():
    return run(from_mapping(SWEPT))


def test_there_is_a_result_for_each_point_in_the_order_of_the_sweep(swept):
    assert [point.parameters for point in swept.points] == [
        {"producer.retries": 0, "network.publish.loss": 0.1},
        {"producer.retries": 0, "network.publish.loss": 0.3},
        {"producer.retries": 3, "network.publish.loss": 0.1},
        {"producer.retries": 3, "network.publish.loss": 0.3},
    ]
    assert [point.experiment.producer.retries for point in swept.points] == [0, 0, 3, 3]
    assert swept.experiment == from_mapping(SWEPT)


def test_each_point_has_its_replications_and_every_estimate(swept):
    for point in swept.points:
        assert [sample.replication for sample in point.samples] == [0, 1, 2]
        assert [sample.messages for sample in point.samples] == [200] * 3
        assert list(point.estimates) == list(MEASURES)
        assert all(name == told.name for name, told in point.estimates.items())
        assert all(told.replications == 3 for told in point.estimates.values())
        assert all(told.messages == 600 for told in point.estimates.values())


def test_estimates_are_those_of_the_samples(swept):
    point = swept.points[1]
    lost = sum(sample.matrix[:, Fate.LOST].sum() for sample in point.samples)
    assert point.estimates["lost"].value == lost / 600
    assert point.estimates["lost"].events == lost


def test_the_level_of_the_intervals_is_the_experiments():
    wide = {**SMALL, "run": {**SMALL["run"], "confidence": 0.999}}
    (point,) = run(from_mapping(wide)).points
    (usual,) = run(from_mapping(SMALL)).points
    assert all(told.confidence == 0.999 for told in point.estimates.values())
    assert point.estimates["sends_per_message"].low < usual.estimates["sends_per_message"].low


def test_progress_tells_how_far_it_is():
    told = []
    run(from_mapping(SWEPT), told.append)
    assert {(status.points, status.replications, status.messages) for status in told} == {
        (4, 12, 12 * SMALL["run"]["messages"])
    }
    assert [status.replications_done for status in told] == sorted(
        status.replications_done for status in told
    )
    assert (told[-1].points_done, told[-1].replications_done) == (4, 12)
    assert len(told) >= 6


def same(one, other):
    assert one.parts == other.parts
    for name in ("matrix", "causes", "copies", "confirm_within", "delivery_within"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.window_s == other.window_s
    assert one.longest_s == other.longest_s


def test_the_same_seed_gives_the_same_result(swept):
    again = run(from_mapping(SWEPT))
    for point, other in zip(swept.points, again.points, strict=True):
        assert point.estimates == other.estimates
        for sample, twin in zip(point.samples, other.samples, strict=True):
            same(sample, twin)


def test_replications_stand_alone(swept):
    # The third replication of the last point, without any other before it.
    point = swept.points[3]
    same(replicate(point.experiment, 2), point.samples[2])


def test_another_replication_and_another_seed_have_other_luck(swept):
    point = swept.points[3]
    firsts = [sample.parts["confirm_latency_mean"] for sample in point.samples]
    assert len(set(firsts)) == 3
    other = from_mapping({**SMALL, "seed": 6})
    assert replicate(other, 0).parts != replicate(from_mapping(SMALL), 0).parts


def test_seed_0_is_a_seed_like_any_other():
    luck = [replicate(from_mapping({**SMALL, "seed": seed}), 0).parts for seed in (0, 1)]
    assert luck[0] != luck[1]
    assert luck[0] == replicate(from_mapping({**SMALL, "seed": 0}), 0).parts


def test_neighbouring_points_meet_the_same_luck(swept):
    # What gets through at a loss of 0.3 gets through at 0.1.
    lost = {
        point.parameters["network.publish.loss"]: point.samples[0].matrix[:, Fate.LOST].sum()
        for point in swept.points[:2]
    }
    assert lost[0.1] < lost[0.3]
    created = {point.samples[0].window_s for point in swept.points}
    assert len(created) == 1


def test_a_named_formula_that_does_not_hold_anywhere_stops_the_run_before_it_begins():
    told = []
    asked = {**SWEPT, "check": {"formulas": ["E[T | sync]"]}}
    with pytest.raises(ConfigError, match=r"E\[T \| sync\]"):
        run(from_mapping(asked), told.append)
    assert told == []


def test_one_replication_is_enough_to_run():
    (point,) = run(from_mapping({**SMALL, "run": {**SMALL["run"], "replications": 1}})).points
    assert point.estimates["confirmed"].defined
    assert all(check.verdict != "disagrees" for check in point.checks)
