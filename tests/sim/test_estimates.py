"""Intervals: over replications, or binomial where messages are independent and few."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from sim.coupling import Coupling
from sim.estimates import estimate, independent_trials, of_parts
from tests.theory.coverage import of_series, of_times, replication

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
    half = stats.t.ppf(0.975, 3) * by_hand
    assert told.value - told.low == pytest.approx(half)
    # Upwards on a logarithmic scale: the spread of what cannot be negative grows with it.
    assert told.high == pytest.approx(ratio * math.exp(half / ratio))


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
    # Less than one independent event, or one to the contrary.
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


def test_messages_that_go_together_count_as_fewer_trials():
    told = made([30, 50, 20, 40, 60], [1000] * 5, independent=500)
    assert told.method == "Korn-Graubard over replications"
    # The share is 0.04, and its error sqrt(250) / sqrt(5) / 1000; so are those of 768 coins, of
    # which Student's quantile for four degrees of freedom leaves half.
    error = math.sqrt(250 / 5) / 1000
    assert told.standard_error == pytest.approx(error)
    trials = 0.04 * 0.96 / error**2
    assert trials == pytest.approx(768)
    assert told.units == pytest.approx(trials * (1.95996 / 2.77645) ** 2, rel=1e-4)
    # The interval is Clopper and Pearson's of so many.
    events, others = 0.04 * told.units, 0.96 * told.units
    assert stats.beta.cdf(told.low, events, others + 1) == pytest.approx(0.025)
    assert stats.beta.sf(told.high, events + 1, others) == pytest.approx(0.025)


def test_units_without_events_tell_little_of_those_that_have_some():
    # Two replications of ten have all events: three degrees of freedom, not nine.
    told = made([30, 20, *[0] * 8], [1000] * 10, independent=10)
    assert told.degrees == 3
    assert made([30, 20, *[1] * 8], [1000] * 10, independent=10).degrees == 9


def test_a_few_events_that_are_all_alike_are_not_better_than_coins():
    told = made([5] * 5, [1000] * 5, independent=5)
    assert told.units == 5000
    assert not told.exact
    exact = stats.binomtest(25, 5000).proportion_ci(0.95, "exact")
    assert (told.low, told.high) == pytest.approx((exact.low, exact.high))


def test_many_that_are_nearly_alike_are():
    # In order, as every tenth message: the share is known better than that of coins.
    told = made([100, 101, 99, 100, 100], [1000] * 5, independent=5)
    half = 2.7764 * math.sqrt(5 / 4 * 2) / 5000
    assert (told.low, told.high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-5)
    assert made([100] * 5, [1000] * 5, independent=5).high < 0.1003


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
    told = made([400, 440, 420, 460, 430], [1000] * 5, probability=False)
    assert told.p_value(0.43) == pytest.approx(1.0)
    assert told.p_value(told.high) == pytest.approx(0.05)
    assert told.p_value(told.low) == pytest.approx(0.05)
    assert told.p_value(0.41) == pytest.approx(2 * stats.t.sf(2.0, 4))
    # Upwards on a logarithmic scale, as the interval.
    assert told.p_value(0.45) == pytest.approx(2 * stats.t.sf(43 * math.log(45 / 43), 4))


def test_p_value_of_fewer_trials_has_students_tails():
    told = made([400, 440, 420, 460, 430], [1000] * 5, independent=5)
    assert told.p_value(0.43) == pytest.approx(1.0)
    assert told.p_value(told.high) == pytest.approx(0.05, rel=0.05)
    assert told.p_value(told.low) == pytest.approx(0.05, rel=0.05)
    assert told.p_value(0.45) == pytest.approx(2 * stats.t.sf(2.0, 4), rel=0.05)
    assert told.p_value(0.50) == pytest.approx(2 * stats.t.sf(7.0, 4), rel=0.05)


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


def samples(*, size=4, messages=1000, longest_s=0.5, window_s=100.0, cycles=0):
    return [
        SimpleNamespace(messages=messages, longest_s=longest_s, window_s=window_s, cycles=cycles)
        for _ in range(size)
    ]


BRIEF, LASTING = Coupling("a queue", lasting=False), Coupling("a horizon", lasting=True)
RECURRING = Coupling("a crash", lasting=True, recurs=True)


def test_uncoupled_messages_are_trials_of_their_own():
    assert independent_trials(samples(), ()) == 4000


def test_a_lasting_coupling_leaves_the_replications():
    assert independent_trials(samples(), (BRIEF, LASTING)) == 4


def test_faults_that_recur_leave_as_many_trials_as_there_were():
    assert independent_trials(samples(cycles=25), (BRIEF, RECURRING)) == 100
    assert independent_trials(samples(cycles=0), (RECURRING,)) == 4
    assert independent_trials(samples(cycles=5000), (RECURRING,)) == 4000
    assert independent_trials(samples(cycles=25), (RECURRING, LASTING)) == 4


def test_a_brief_coupling_leaves_one_trial_in_a_hundred_stays():
    # 400 s in all, and the longest stay 0.5 s: eight stretches of 50 s.
    assert independent_trials(samples(), (BRIEF,)) == pytest.approx(8)


def test_a_brief_coupling_leaves_no_less_than_the_replications_and_no_more_than_the_messages():
    assert independent_trials(samples(longest_s=50.0), (BRIEF,)) == 4
    assert independent_trials(samples(longest_s=1e-9), (BRIEF,)) == 4000
    assert independent_trials(samples(longest_s=0.0), (BRIEF,)) == 4000


# ---------------------------------------------------------------- by name


def by_name(name, parts, *, crashes=None, trials=None):
    kept = [
        replication(number, messages=100, crashes=fallen, parts={name: pair})
        for number, (pair, fallen) in enumerate(
            zip(parts, crashes or [0] * len(parts), strict=True)
        )
    ]
    return estimate(name, kept, confidence=0.95, trials=trials or 100 * len(parts))


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


def test_order_is_a_matter_of_the_replication():
    # Whatever couples fates, or does not: a message is out of order with others.
    told = by_name("out_of_order", [(0.0, 100.0)] * 5)
    assert told.high == pytest.approx(1 - 0.05 ** (1 / 5))


# ---------------------------------------------------------------- few replications


def a_run(luck, **more):
    return of_series("sends_per_message", luck.poisson(1.0, 2400), **more)


def in_words(runs, trials):
    return estimate("sends_per_message", runs, confidence=0.95, trials=trials).method


def test_few_replications_are_cut_into_batches_where_these_are_long():
    luck = np.random.default_rng(1)
    one, five = [a_run(luck)], [a_run(luck) for _ in range(5)]
    assert in_words(one, trials=5) == "Student over batches"
    assert in_words(one, trials=1) == "one replication"  # something couples for ever
    assert in_words(five, trials=100) == "Student over replications"
    # 1,000 s are less than 500 of the longest stays.
    slow = [a_run(luck, longest_s=2.1)]
    assert in_words(slow, trials=5) == "one replication"
    assert in_words(slow, trials=2400) == "Student over batches"  # nothing couples messages


def test_with_faults_there_must_be_as_many_as_batches():
    luck = np.random.default_rng(1)
    assert in_words([a_run(luck, cycles=23)], trials=23) == "one replication"
    assert in_words([a_run(luck, cycles=24)], trials=24) == "Student over batches"


def test_batches_of_several_replications_are_longer():
    luck = np.random.default_rng(1)
    told = estimate(
        "sends_per_message", [a_run(luck) for _ in range(3)], confidence=0.95, trials=100
    )
    assert told.method == "Student over batches"
    assert told.degrees == 23


def test_a_quantile_is_that_of_all_latencies_together():
    # Of 1,000 and 3,000 latencies, each from a step of its own, three quarters are the later one.
    runs = of_times([np.full(1000, 1.0), np.full(3000, 2.0)])
    told = estimate("confirm_latency_p50", runs, confidence=0.95, trials=2)
    assert told.value == 2.0
    assert not estimate("delivery_latency_p50", runs, confidence=0.95, trials=2).defined


def test_one_replication_of_coupled_latencies_has_no_interval():
    runs = of_times([np.linspace(1.0, 2.0, 1000)])
    told = estimate("confirm_latency_p50", runs, confidence=0.95, trials=1)
    assert told.value == pytest.approx(1.5, abs=1e-3)
    assert math.isnan(told.low)
    assert told.method == "one replication"
