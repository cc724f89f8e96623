"""Intervals: over replications, or binomial where messages are independent and few."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from sim.coupling import Coupling
from sim.estimates import estimate, independent_trials, of_parts

NAN = math.nan


def made(numerators, denominators, *, probability=True, independent=None, confidence=0.95):
    """An estimate of these parts; by default every trial is independent."""
    denominators = np.asarray(denominators, dtype=float)
    messages = int(denominators.sum())
    return of_parts(
        "lost",
        np.asarray(numerators, dtype=float),
        denominators,
        messages=messages,
        confidence=confidence,
        probability=probability,
        independent=messages if independent is None else independent,
    )


# ---------------------------------------------------------------- over replications


def test_equal_replications_have_the_interval_of_student():
    values = np.array([0.40, 0.44, 0.42, 0.46, 0.43])
    told = made(values * 1000, np.full(5, 1000.0))
    error = values.std(ddof=1) / math.sqrt(5)
    low, high = stats.t.interval(0.95, 4, loc=values.mean(), scale=error)
    assert told.value == pytest.approx(0.43)
    assert told.standard_error == pytest.approx(error)
    assert (told.low, told.high) == (pytest.approx(low), pytest.approx(high))
    assert told.degrees == 4
    assert told.method == "Student over replications"
    # By hand: t = 2.776 for four degrees of freedom, spread 0.02236, error 0.01.
    assert told.high == pytest.approx(0.43 + 2.7764 * 0.01, abs=1e-5)


def test_a_ratio_has_the_error_of_its_linearisation():
    above = np.array([10.0, 30.0, 20.0, 50.0])
    below = np.array([20.0, 50.0, 45.0, 85.0])
    told = made(above, below, probability=False)
    ratio = 110 / 200
    residuals = above - ratio * below  # -1, 2.5, -4.75, 3.25
    by_hand = math.sqrt(np.square([-1.0, 2.5, -4.75, 3.25]).sum() / 3) / (2.0 * 50.0)
    assert residuals == pytest.approx([-1.0, 2.5, -4.75, 3.25])
    assert told.value == ratio
    assert told.standard_error == pytest.approx(by_hand)
    assert told.high - told.value == pytest.approx(stats.t.ppf(0.975, 3) * by_hand)


def test_the_error_of_a_ratio_is_that_of_the_jackknife_nearly():
    rng = np.random.default_rng(1)
    below = rng.uniform(50, 150, 200)
    above = below * 0.3 + rng.normal(0, 2, 200)
    without = (above.sum() - above) / (below.sum() - below)
    jackknife = math.sqrt(199 / 200 * ((without - without.mean()) ** 2).sum())
    assert made(above, below, probability=False).standard_error == pytest.approx(
        jackknife, rel=0.01
    )


def test_a_wider_level_is_a_wider_interval():
    parts = [400, 440, 420, 460, 430], [1000] * 5
    narrow, wide = made(*parts, confidence=0.5), made(*parts, confidence=0.999)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_a_probability_stays_between_nothing_and_certainty():
    low = made([40, 0, 0, 0, 0], [50] * 5, independent=5)
    high = made([50, 50, 50, 50, 10], [50] * 5, independent=5)
    assert low.low == 0.0
    assert high.high == 1.0
    # A mean of times is not negative either.
    assert made([40, 0, 0, 0, 0], [50] * 5, probability=False).low == 0.0


# ---------------------------------------------------------------- few events


def test_few_independent_events_have_the_interval_of_clopper_and_pearson():
    told = made([3, 5, 2, 4, 6], [1000] * 5)
    # The ends at which 20 or more, 20 or fewer, of 5000 have a probability of 2.5 %.
    assert told.method == "Clopper-Pearson"
    assert stats.binom.sf(19, 5000, told.low) == pytest.approx(0.025)
    assert stats.binom.cdf(20, 5000, told.high) == pytest.approx(0.025)


def test_few_events_to_the_contrary_count_as_few_too():
    told = made([997, 995, 998, 996, 994], [1000] * 5)
    assert told.method == "Clopper-Pearson"
    assert 1 - told.low == pytest.approx(made([3, 5, 2, 4, 6], [1000] * 5).high)


def test_few_events_that_are_not_independent_do_not():
    assert made([3, 5, 2, 4, 6], [1000] * 5, independent=500).method == "Student over replications"


def test_many_events_are_judged_by_their_replications():
    assert made([10, 20, 15, 30, 25], [1000] * 5).method == "Student over replications"


# ---------------------------------------------------------------- nothing, or all


def test_nothing_seen_is_a_bound_and_not_zero():
    told = made([0] * 5, [1000] * 5)
    assert (told.value, told.low) == (0.0, 0.0)
    assert told.method == "bound"
    assert told.high == pytest.approx(1 - 0.05 ** (1 / 5000))
    assert told.high == pytest.approx(3 / 5000, rel=0.002)
    assert (1 - told.high) ** 5000 == pytest.approx(0.05)


def test_everything_seen_is_a_bound_likewise():
    told = made([1000] * 5, [1000] * 5)
    assert (told.value, told.high) == (1.0, 1.0)
    assert 1 - told.low == pytest.approx(made([0] * 5, [1000] * 5).high)


def test_a_bound_counts_independent_trials_only():
    # Ten replications of a system that crashes: ten trials.
    told = made([0] * 10, [1000] * 10, independent=10)
    assert told.units == 10
    assert told.high == pytest.approx(1 - 0.05**0.1)


def test_a_condition_leaves_fewer_trials():
    # A hundred of 10 000 messages meet the condition: so much is left of the 500 that count.
    told = of_parts(
        "redelivered",
        np.zeros(10),
        np.full(10, 10.0),
        messages=10_000,
        confidence=0.95,
        probability=True,
        independent=500,
    )
    assert told.units == pytest.approx(5)
    assert told.high == pytest.approx(1 - 0.05 ** (1 / 5))


# ---------------------------------------------------------------- one replication, or nothing


def test_one_replication_of_independent_messages_is_enough_for_a_probability():
    told = made([400], [1000])
    assert told.method == "Clopper-Pearson"
    assert told.low < 0.4 < told.high


def test_one_replication_of_coupled_messages_says_little():
    told = made([400], [1000], independent=1)
    assert (told.value, told.low, told.high) == (0.4, 0.0, 1.0)
    assert told.method == "one replication"
    assert told.p_value(0.9) == 1.0


def test_one_replication_of_a_mean_has_no_interval():
    told = made([400], [1000], probability=False)
    assert told.value == 0.4
    assert math.isnan(told.low)
    assert math.isnan(told.high)
    assert told.p_value(0.5) == 1.0


def test_two_replications_of_independent_messages_say_more_than_their_difference():
    # Student's interval of two equal shares would have no width at all.
    told = made([400, 400], [1000, 1000])
    assert told.method == "Clopper-Pearson"
    assert told.low < 0.4 < told.high


@pytest.mark.parametrize("probability", [True, False])
def test_nothing_over_nothing_is_undefined(probability):
    told = made([0, 0], [0, 0], probability=probability)
    assert not told.defined
    assert math.isnan(told.value)
    assert math.isnan(told.low)
    assert math.isnan(told.high)
    assert told.method == "not defined"


def test_a_replication_in_which_nothing_happened_weighs_nothing():
    told = made([5.0, 0.0, 7.0], [10.0, 0.0, 10.0], probability=False)
    assert told.value == 0.6


# ---------------------------------------------------------------- p-values


def test_p_value_of_student():
    told = made([400, 440, 420, 460, 430], [1000] * 5, independent=5)
    assert told.p_value(0.43) == pytest.approx(1.0)
    assert told.p_value(told.high) == pytest.approx(0.05)
    assert told.p_value(0.45) == pytest.approx(2 * stats.t.sf(2.0, 4))


def test_independent_trials_are_tested_as_what_they_are():
    told = made([400, 440, 420, 460, 430], [1000] * 5)
    assert told.method == "Student over replications"
    assert told.p_value(0.45) == pytest.approx(stats.binomtest(2150, 5000, 0.45).pvalue)


def test_p_value_of_clopper_and_pearson_is_the_exact_test():
    told = made([3, 5, 2, 4, 6], [1000] * 5)
    assert told.p_value(0.002) == pytest.approx(stats.binomtest(20, 5000, 0.002).pvalue)
    assert told.p_value(0.004) == pytest.approx(1.0, abs=0.1)


def test_p_value_of_a_bound_is_the_chance_to_see_nothing():
    nothing, all_of_it = made([0, 0], [500, 500]), made([500, 500], [500, 500])
    assert nothing.p_value(0.001) == pytest.approx(0.999**1000)
    assert all_of_it.p_value(0.999) == pytest.approx(0.999**1000)


def test_means_that_do_not_vary_may_hide_what_is_rare():
    # A message in a thousand is sent twice, and none of these 50 was: no reason for alarm.
    told = made([10.0] * 5, [10.0] * 5, probability=False)
    assert told.standard_error == 0.0
    assert told.p_value(1.001) == 1.0


# ---------------------------------------------------------------- how many trials there are


def samples(*, size=4, messages=1000, longest_s=0.5, window_s=100.0):
    return [
        SimpleNamespace(messages=messages, longest_s=longest_s, window_s=window_s)
        for _ in range(size)
    ]


BRIEF, LASTING = Coupling("a queue", lasting=False), Coupling("a crash", lasting=True)


def test_uncoupled_messages_are_trials_of_their_own():
    assert independent_trials(samples(), ()) == 4000


def test_a_lasting_coupling_leaves_the_replications():
    assert independent_trials(samples(), (BRIEF, LASTING)) == 4


def test_a_brief_coupling_leaves_one_trial_in_a_hundred_stays():
    # 400 s in all, and the longest stay 0.5 s: eight stretches of 50 s.
    assert independent_trials(samples(), (BRIEF,)) == pytest.approx(8)


def test_a_brief_coupling_leaves_no_less_than_the_replications_and_no_more_than_the_messages():
    assert independent_trials(samples(longest_s=50.0), (BRIEF,)) == 4
    assert independent_trials(samples(longest_s=1e-9), (BRIEF,)) == 4000
    assert independent_trials(samples(longest_s=0.0), (BRIEF,)) == 4000


# ---------------------------------------------------------------- by name


def by_name(name, parts, **more):
    kept = [
        SimpleNamespace(messages=100, crashes=crashes, parts={name: pair})
        for pair, crashes in zip(parts, more.pop("crashes", [0] * len(parts)), strict=True)
    ]
    return estimate(name, kept, confidence=0.95, trials=more.pop("trials", 100 * len(parts)))


def test_an_estimate_takes_its_parts_from_the_samples():
    told = by_name("sends_per_message", [(120.0, 100.0), (130.0, 100.0)])
    assert told.name == "sends_per_message"
    assert told.value == 1.25
    assert (told.replications, told.messages) == (2, 200)
    assert told.confidence == 0.95


def test_without_a_crash_persistence_is_not_defined():
    parts = [(100.0, 100.0), (100.0, 100.0)]
    assert not by_name("persisted", parts).defined
    assert by_name("persisted", parts, crashes=[0, 1]).value == 1.0


def test_a_quantile_is_the_mean_of_the_quantiles():
    told = by_name("confirm_latency_p99", [(1.0, 1.0), (2.0, 1.0), (0.0, 0.0)])
    assert told.value == 1.5


# ---------------------------------------------------------------- coverage

SEEDS = 500


def coverage(draw, truth, **how):
    """How many of 500 intervals hold the truth."""
    rng = np.random.default_rng(20260101)
    inside = 0
    for _ in range(SEEDS):
        told = made(*draw(rng), **how)
        inside += told.low <= truth <= told.high
    return inside / SEEDS


def test_95_percent_of_student_intervals_hold_the_truth():
    # Two standard errors of the 500 seeds' own luck.
    held = coverage(lambda rng: (rng.binomial(1000, 0.3, 10), [1000] * 10), 0.3)
    assert 0.93 <= held <= 0.97


def test_95_percent_of_exact_intervals_hold_the_truth_at_least():
    held = coverage(lambda rng: (rng.binomial(200, 0.005, 10), [200] * 10), 0.005)
    assert 0.93 <= held <= 0.995


def test_intervals_of_coupled_messages_hold_the_truth_too():
    # Whole replications are good or bad: binomial intervals would be far too narrow.
    def draw(rng):
        shares = rng.beta(3.0, 7.0, 10)
        return rng.binomial(1000, shares), [1000] * 10

    held = coverage(draw, 0.3, independent=10)
    assert 0.92 <= held <= 0.97


def test_intervals_of_ratios_hold_the_truth_too():
    def draw(rng):
        below = rng.poisson(200, 12)
        return rng.gamma(below, 1.0), below

    # Four standard errors of the 500 seeds' own luck.
    held = coverage(draw, 1.0, probability=False)
    assert abs(held - 0.95) <= 4 * math.sqrt(0.95 * 0.05 / SEEDS)


def test_bounds_hold_the_truth():
    # 1 - 0.05^(1/600) = 0.00498: with that truth, nothing is seen one time in twenty.
    def draw(rng):
        return rng.binomial(60, 0.00498, 10), [60] * 10

    held = coverage(draw, 0.00498)
    assert 0.93 <= held <= 0.995
