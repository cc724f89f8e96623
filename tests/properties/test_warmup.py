"""Whatever the system: a warm-up is found that leaves time to measure, and cautions can be told."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings

from sim.cautions import cautions
from sim.config.warmup import AUTO
from sim.course import follow
from sim.runner import replicate
from sim.stations import stations
from sim.system import simulate
from sim.warmup import found
from tests.properties.experiments import HORIZON_S, experiments

often = settings(max_examples=100, deadline=None)


def opened(experiment, **update):
    """*experiment* with a warm-up that is to be found."""
    run = experiment.run.model_copy(update={"warmup": AUTO, **update})
    return experiment.model_copy(update={"run": run})


@often
@given(experiments)
def test_a_warmup_is_found_that_leaves_time(experiment):
    for update in ({}, {"messages": 400, "replications": 1000}):  # the second one is looked at
        warmup = found(opened(experiment, **update))
        assert 0 <= warmup.seconds < HORIZON_S
        assert warmup.seconds == found(opened(experiment, **update)).seconds


@often
@given(experiments)
def test_loads_and_times_are_numbers(experiment):
    for place in stations(experiment):
        assert place.load >= 0
        assert place.settles_s >= 0
        assert (place.load >= 1) <= bool(place.too_much)


@often
@given(experiments)
def test_cautions_can_be_told_of_everything(experiment):
    longer = experiment.model_copy(
        update={"run": experiment.run.model_copy(update={"messages": 40})}
    )
    samples = [replicate(longer, number) for number in range(4)]
    for text in cautions(longer, samples):
        assert text
        assert "nan" not in text


@often
@given(experiments)
def test_the_number_in_the_system_is_what_came_less_what_left(experiment):
    system = simulate(experiment, 0)
    measured = system.census.measured
    course = follow(system.ledger, measured)
    assert (course.present >= 0).all()
    if not (course.consumed and len(measured)):
        return
    # By hand: of those created before, which have no effect yet and are not given up.
    at = len(measured) - 1
    row, now_s = measured.stop - 1, course.created_s[at]
    count = 0
    for group in system.ledger.groups:
        packets = () if group.whole is None else (group.whole.dropped,)
        for message in range(row):
            effects = group.effected.times_s()[group.effected.messages() == message]
            ends = [
                times.max(initial=-math.inf)
                for facts in (group.dropped, group.parked, *packets)
                for times in [facts.times_s()[facts.messages() == message]]
            ]
            left_s = effects.min() if effects.size else max(ends)
            count += not (-math.inf < left_s < now_s)
    same = np.sum(system.ledger.created.times_s()[:row] == now_s) * len(system.ledger.groups)
    assert abs(course.present[at] - count) <= same
