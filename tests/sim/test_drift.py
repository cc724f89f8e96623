"""Growth and unlike starts: seen where they are, and not where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.drift import LEVEL, Change, growth, unlike_start

STRETCHES = 20


def most_alarms(cases, share=LEVEL):
    """More than so many false alarms in *cases* are not bad luck."""
    return stats.binom.isf(1e-4, cases, share)


def remembering(rng, relaxations, replications, start=None):
    """A stationary process that is observed for so many relaxation times, in 20 stretches."""
    steps = 400
    phi = np.exp(-relaxations / steps)
    rows, now = np.empty((steps, replications)), rng.standard_normal(replications)
    if start is not None:
        now = np.full(replications, float(start))
    for step in range(steps):
        rows[step] = now
        now = phi * now + np.sqrt(1 - phi**2) * rng.standard_normal(replications)
    return 10 + rows.T.reshape(replications, STRETCHES, -1).mean(axis=2)


def test_what_grows_at_each_replication_grows():
    series = np.arange(20.0) + np.zeros((4, 1))
    # 0 to 4 and 15 to 19.
    assert growth(series) == Change(2, 17)


def test_three_replications_are_too_few():
    assert growth(np.arange(20.0) + np.zeros((3, 1))) is None


def test_growth_is_at_least_to_the_double():
    assert growth(15 + np.arange(20.0) + np.zeros((10, 1))) is None


@pytest.mark.parametrize(("rising", "seen"), [(6, False), (7, True)])
def test_seven_of_ten_must_grow(rising, seen):
    # P(X >= 6) is 0.0024 of ten by chance, P(X >= 7) 0.00027.
    up, down = np.arange(20.0), np.r_[np.arange(10.0), np.arange(10.0)]
    series = np.array([up] * rising + [down] * (10 - rising))
    assert (growth(series) is not None) == seen


def test_what_has_settled_in_the_second_half_does_not_grow():
    rng = np.random.default_rng(1)
    settles = 100 * (1 - np.exp(-np.arange(20) / 2.0))
    seen = [growth(settles + rng.standard_normal((10, 20))) for _ in range(300)]
    # The last two quarters are in this order every other time: 7 of 10 with 0.17.
    assert sum(one is not None for one in seen) <= stats.binom.isf(1e-4, 300, 0.18)


@pytest.mark.parametrize("relaxations", [0.1, 1, 10, 100])
def test_in_a_steady_state_nothing_is_seen(relaxations):
    rng = np.random.default_rng(2)
    cases = 4000
    tables = remembering(rng, relaxations, 10 * cases).reshape(cases, 10, STRETCHES)
    assert sum(growth(table - table.min() + 1e-9) is not None for table in tables) <= (
        most_alarms(cases)
    )
    assert sum(unlike_start(table) is not None for table in tables) <= most_alarms(cases)


def test_rare_outages_are_no_drift():
    # One stretch in fifty is a hundred times as high as the others.
    rng = np.random.default_rng(3)
    cases, seen = 2000, 0
    for _ in range(cases):
        table = rng.exponential(size=(10, STRETCHES))
        table[rng.random(table.shape) < 0.02] *= 100
        seen += growth(table) is not None or unlike_start(table) is not None
    assert seen <= most_alarms(cases, 2 * LEVEL)


def test_a_start_far_off_is_seen():
    rng = np.random.default_rng(4)
    seen = [unlike_start(remembering(rng, 40, 10, start=-10)) for _ in range(50)]
    assert all(change is not None and change.before < change.after for change in seen)


def test_a_start_that_is_too_high_is_one_too():
    series = np.r_[[5.0], np.ones(19)] + 0.1 * np.random.default_rng(5).random((10, 20))
    change = unlike_start(series)
    assert change is not None
    assert change.before > 4 > change.after


def test_a_small_difference_does_not_matter():
    exact = np.r_[[0.95], np.ones(19)] + np.zeros((10, 1))
    assert unlike_start(exact) is None


def test_a_difference_below_the_noise_does_not_matter():
    # A tenth lower at the start moves the mean by 1 in 200; each replication is off by a tenth.
    levels = np.linspace(0.9, 1.1, 10)[:, None]
    assert unlike_start(levels * np.r_[[0.8], np.ones(19)]) is None
    assert unlike_start(np.ones((10, 1)) * np.r_[[0.8], np.ones(19)]) == Change(
        pytest.approx(0.8), 1
    )


def test_of_eight_replications_too_little_is_known():
    series = np.r_[[0.0], np.ones(19)]
    assert unlike_start(series + np.zeros((8, 1))) is None
    assert unlike_start(series + np.zeros((9, 1))) == Change(0, 1)


def test_replications_with_gaps_are_left_out():
    series = np.r_[[0.0], np.ones(19)] + np.zeros((10, 1))
    series[0, 3] = np.nan
    assert unlike_start(series) == Change(0, 1)
    assert unlike_start(np.full((9, 20), np.nan)) is None
