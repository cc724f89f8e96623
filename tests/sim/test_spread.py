"""How far a sum is from its mean, and which units go together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.spread import SUSPECT, spread


def of(residuals, runs=None):
    residuals = np.asarray(residuals, dtype=np.float64)
    return spread(residuals, np.arange(len(residuals)) if runs is None else np.asarray(runs))


def test_error_of_the_sum_of_independent_units():
    # Squares of 1, 6.25, 22.5625 and 10.5625; of four units three are free.
    assert of([-1.0, 2.5, -4.75, 3.25]).error == pytest.approx(math.sqrt(4 / 3 * 40.375))
    assert not of([1.0, -1.0]).together


def test_one_unit_has_no_spread():
    assert math.isnan(of([0.0]).error)
    assert math.isnan(of([]).error)


def test_neighbours_of_one_replication_that_go_together_are_noticed():
    course = [1.0] * 6 + [-1.0] * 6
    assert of(course, runs=[0] * 12).together
    assert not of(course).together  # each a replication of its own
    # Two replications, one good and one bad: that shows within each.
    assert of(course, runs=[0] * 6 + [1] * 6).together


def test_what_is_too_weak_to_be_noticed_widens():
    # Products of neighbours: 1 - 1 + 1 - 1 + 1 + 0 ... add up to 2 of 8 squares.
    course = np.array([1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0])
    alone, beside = of(course), of(course, runs=[0] * 8)
    assert not beside.together
    correlation = 1.0 / 8.0 * 8.0 / 7.0 + 1.0 / 7.0
    factor = math.sqrt((1 + correlation) / (1 - correlation))
    assert beside.error == pytest.approx(alone.error * factor)


def test_neighbours_that_alternate_do_not_narrow():
    course = [1.0, -1.0] * 6
    assert of(course, runs=[0] * 12).error == of(course).error


def test_independent_units_are_suspected_as_seldom_as_is_said():
    luck = np.random.default_rng(1)
    draws = luck.standard_normal((4000, 24))
    draws -= draws.mean(axis=1, keepdims=True)
    suspected = np.mean([of(row, runs=[0] * 24).together for row in draws])
    # Normal only nearly, and so a little less.
    assert 0.6 * SUSPECT < suspected < 1.2 * SUSPECT
