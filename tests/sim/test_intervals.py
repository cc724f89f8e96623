"""Intervals of shares and ratios, by hand and beside those of scipy."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from sim.intervals import (
    binomial,
    binomial_p_value,
    bound,
    distance,
    doubt,
    effective_trials,
    of_ratio,
    student,
)


def test_student():
    low, high = student(10.0, 2.0, 4, 0.95)
    assert (10.0 - low, high - 10.0) == pytest.approx((2 * 2.7764451, 2 * 2.7764451))


def test_a_ratio_reaches_farther_up_than_down():
    low, high = of_ratio(10.0, 2.0, 4, 0.95)
    assert 10.0 - low == pytest.approx(2 * 2.7764451)
    assert math.log(high / 10.0) == pytest.approx(2.7764451 / 5)
    # And never below nothing.
    assert of_ratio(1.0, 2.0, 4, 0.95)[0] == 0.0
    assert of_ratio(0.0, 0.0, 4, 0.95) == (0.0, 0.0)


def test_a_precise_ratio_has_students_interval():
    assert of_ratio(10.0, 0.001, 9, 0.95) == pytest.approx(student(10.0, 0.001, 9, 0.95))


def test_distance_is_measured_as_the_interval():
    low, high = of_ratio(10.0, 2.0, 4, 0.95)
    assert distance(10.0, low) == pytest.approx(distance(10.0, high))


@pytest.mark.parametrize(("events", "trials"), [(1, 10), (20, 5000), (400, 1000), (9, 10)])
def test_binomial(events, trials):
    exact = stats.binomtest(events, trials).proportion_ci(0.95, "exact")
    assert binomial(events, trials, 0.95) == pytest.approx((exact.low, exact.high))


def test_less_than_one_event_bounds_nothing_from_below():
    low, high = binomial(0.5, 100.0, 0.95)
    assert low == 0.0
    assert 0.03 < high < 0.06
    low, high = binomial(99.5, 100.0, 0.95)
    assert high == 1.0


def test_binomial_p_value_fits_the_interval():
    low, high = binomial(7.5, 60.0, 0.95)
    assert binomial_p_value(7.5, 60.0, low) == pytest.approx(0.05)
    assert binomial_p_value(7.5, 60.0, high) == pytest.approx(0.05)
    assert binomial_p_value(7.5, 60.0, 0.125) == 1.0
    assert binomial_p_value(7.5, 60.0, 0.0) == 0.0
    assert binomial_p_value(60.0, 60.0, 1.0) == 1.0


def test_bound():
    assert (1 - bound(600, 0.95)) ** 600 == pytest.approx(0.05)
    assert bound(0.2, 0.95) == 0.95  # never less than one trial


def test_trials_with_the_error_of_coins_are_coins():
    error = math.sqrt(0.2 * 0.8 / 500)
    assert effective_trials(0.2, error, 10**9, 0.95) == pytest.approx(500)
    assert effective_trials(0.2, error, 4, 0.95) == pytest.approx(500 / doubt(4, 0.95))
    assert doubt(4, 0.95) == pytest.approx((2.7764451 / 1.9599640) ** 2)
    assert effective_trials(0.2, 0.0, 4, 0.95) == math.inf
