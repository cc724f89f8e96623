"""MSER-5: by hand, and what is known of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.warmup.mser import Cut, batch_means, mser, squared_errors

FALSE_ALARM = 1e-4


def least_successes(runs, share):
    """So many of *runs* succeed, each with probability *share*, but for bad luck."""
    return stats.binom.ppf(FALSE_ALARM, runs, share)


def spread_out(batches):
    """A series with these batch means."""
    return np.repeat(np.asarray(batches, dtype=float), 5) + np.tile([-2, -1, 0, 1, 2], len(batches))


BATCHES = [10, 10, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2]


def test_by_hand():
    # Sums of squares about the mean of what is left: 145 of 12, 100 + 20 - 400 / 11 of 11,
    # 10 of 10, 20 - 100 / 9 of 9, 8 of 8; each over the square of their number.
    assert squared_errors(np.array(BATCHES, dtype=float))[:5] == pytest.approx(
        [145 / 144, (120 - 400 / 11) / 121, 10 / 100, (20 - 100 / 9) / 81, 8 / 64]
    )
    assert mser(spread_out(BATCHES)) == Cut(10, reliable=True)


def test_batches_are_of_five_and_a_rest_is_left_out():
    assert batch_means(np.arange(12.0)).tolist() == [2, 7]


def test_what_was_not_observed_says_nothing():
    nan = np.nan
    assert batch_means(np.array([1, nan, 3, nan, nan, *[nan] * 5, *[5] * 5])).tolist() == [
        2,
        29 / 7,  # of all that were
        5,
    ]
    assert batch_means(np.full(10, nan)).tolist() == [0, 0]


@pytest.mark.parametrize("size", [0, 4, 49])
def test_of_a_few_observations_nothing_is_known(size):
    assert mser(np.ones(size)) == Cut(0, reliable=False)


def test_a_constant_needs_no_cut():
    assert mser(np.ones(100)) == Cut(0, reliable=True)


def test_a_large_mean_costs_no_digits():
    assert mser(spread_out(BATCHES) + 1e9) == Cut(10, reliable=True)


def test_what_goes_on_rising_has_no_steady_state():
    # Of a ramp the rest of m batches has (m^2 - 1) / 12 m: the shorter the better.
    cut = mser(np.arange(500.0))
    assert not cut.reliable
    assert cut.size == 250


def test_a_change_in_the_second_half_is_not_reliable():
    batches = np.r_[np.tile([0, 1], 35), np.tile([5, 6], 15)]
    assert not mser(spread_out(batches)).reliable


def test_the_last_batches_are_no_candidates():
    # The last four are alike by chance: their mean has no error at all.
    batches = np.r_[np.tile([0.0, 1.0], 48), np.ones(4)]
    assert mser(spread_out(batches)).reliable


def test_noise_is_hardly_cut():
    # n batches of noise, cut at d: the sum changes by the order of sqrt(2 d), the count by d.
    rng = np.random.default_rng(1)
    cuts = [mser(rng.exponential(size=2000)) for _ in range(200)]
    assert sum(cut.reliable for cut in cuts) >= least_successes(200, 0.98)
    assert sum(cut.size <= 100 for cut in cuts) >= least_successes(200, 0.9)


def test_of_an_autoregression_that_begins_far_off_the_bias_is_gone():
    # Mean phi^t * 10 standard deviations. Without a cut the bias of the average of five runs of
    # 4000 is 10 / 4000 / (1 - phi) = 0.25, and the half-width of an interval at 95 % 0.195.
    phi, runs, size, seeds = 0.99, 5, 4000, 100
    rng = np.random.default_rng(2)
    gone = 0
    for _ in range(seeds):
        noise = np.sqrt(1 - phi**2) * rng.standard_normal((size, runs))
        rows, now = np.empty((size, runs)), np.full(runs, 10.0)
        for at in range(size):
            rows[at] = now
            now = phi * now + noise[at]
        cut = mser(rows.mean(axis=1)).size
        left = size - cut
        bias = 10 * phi**cut * (1 - phi**left) / (1 - phi) / left
        half = 1.96 * np.sqrt((1 + phi) / (1 - phi) / (runs * left))
        gone += bias < half / 4
    assert gone >= least_successes(seeds, 0.95)


def test_of_a_queue_that_begins_with_a_backlog_it_cuts_the_time_to_drain():
    # R. J. Wang and P. W. Glynn: with a strong transient MSER cuts what theory says. M/M/1 at load
    # 0.8 with 300 services waiting: each arrival finds 0.25 fewer, so that 1200 find a backlog.
    load, backlog, runs, size, seeds = 0.8, 300.0, 5, 6000, 100
    rng = np.random.default_rng(3)
    near = 0
    for _ in range(seeds):
        gaps = rng.exponential(1 / load, (size, runs))
        services = rng.exponential(1, (size, runs))
        waits, now = np.empty((size, runs)), np.full(runs, backlog)
        for at in range(size):
            waits[at] = now
            now = np.maximum(0, now + services[at] - gaps[at])
        near += 900 <= mser(waits.mean(axis=1)).size <= 1800
    assert near >= least_successes(seeds, 0.95)
