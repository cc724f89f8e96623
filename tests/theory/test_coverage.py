"""95 % intervals of every kind of estimate hold the truth in 95 %: replications of known laws.

Some are conservative by design, and say why: what is a whole number of events among few cannot be
right in exactly 95 %, and a distribution with steps has intervals that are whole steps.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize, stats

from sim.comparison import interval, paired
from sim.estimates import estimate, independent_trials
from sim.units import stretches
from tests.sim.made import a_point
from tests.theory.coverage import (
    LEVEL,
    SEEDS,
    assert_covers,
    estimates,
    of_ratios,
    of_series,
    of_times,
    replication,
    share_held,
)

LEVELS = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}


# ---------------------------------------------------------------- shares


def binomial(share, size, messages=1000):
    def draw(luck):
        counts = luck.binomial(messages, share, size)
        return of_ratios("lost", counts, [messages] * size, messages=messages)

    return draw


def test_share_of_independent_messages():
    assert_covers(estimates("lost", binomial(0.3, 10), trials=10_000), 0.3)


def test_share_of_independent_messages_in_two_replications():
    found = estimates("lost", binomial(0.3, 2), trials=2000)
    assert {one.method for one in found} == {"Clopper-Pearson"}
    assert_covers(found, 0.3)


def test_few_events_of_independent_messages():
    # Five events on the average: whole numbers, so that an exact interval holds more often.
    found = estimates("lost", binomial(0.0005, 10), trials=10_000)
    assert_covers(found, 0.0005, conservative=True)


def test_bound_where_nothing_is_seen():
    # 1 - 0.05^(1/600): with that truth, nothing is seen one time in twenty, and the bound just
    # holds it. What has events is exact, and conservative.
    truth = 1.0 - 0.05 ** (1 / 600)
    found = estimates("lost", binomial(truth, 10, messages=60), trials=600)
    nothing = [one for one in found if one.events == 0]
    assert len(nothing) > 0.02 * SEEDS
    assert share_held(nothing, truth * (1 - 1e-9)) == 1.0
    assert share_held(nothing, truth * (1 + 1e-3)) == 0.0
    assert_covers(found, truth, conservative=True)


@pytest.mark.parametrize("size", [2, 5, 10, 30])
def test_share_of_messages_that_share_their_replication(size):
    # Whole replications are good or bad: as independent ones, intervals would be far too narrow.
    def draw(luck):
        shares = luck.beta(3.0, 7.0, size)
        return of_ratios("lost", luck.binomial(1000, shares), [1000] * size)

    assert_covers(estimates("lost", draw), 0.3)


def crashes(each, size, messages=1000):
    """Replications with so many crashes on the average, each of which takes eight messages."""

    def draw(luck):
        numbers = luck.poisson(each, size)
        lost = [luck.geometric(1 / 8, number).sum() for number in numbers]
        return of_ratios("lost", lost, [messages] * size)

    return draw, 8 * each / messages


@pytest.mark.parametrize(("each", "size"), [(10, 10), (3, 10), (3, 5), (0.3, 30)])
def test_share_of_messages_lost_in_crashes(each, size):
    draw, truth = crashes(each, size)
    assert_covers(estimates("lost", draw), truth)


def test_share_of_messages_lost_in_a_crash_or_two():
    # One crash tells nothing of how large crashes are, so that the interval is made for worse.
    draw, truth = crashes(0.2, 10)
    assert_covers(estimates("lost", draw), truth, conservative=True)


def test_bound_where_no_crash_took_anything():
    # 40 crashes, 4 in each of ten replications; each takes all messages of its cycle, or none.
    truth = 1.0 - 0.05 ** (1 / 40)

    def draw(luck):
        taken = luck.binomial(4, truth, 10)
        return of_ratios("lost", 250.0 * taken, [1000] * 10, cycles=4, crashes=4)

    found = estimates("lost", draw, trials=40)
    nothing = [one for one in found if one.events == 0]
    assert len(nothing) > 0.02 * SEEDS
    assert nothing[0].high == pytest.approx(truth)
    assert_covers(found, truth, conservative=True)


# ---------------------------------------------------------------- other ratios


def test_ratio_of_two_random_sums():
    def draw(luck):
        below = luck.poisson(200, 12)
        return of_ratios("sends_per_message", luck.gamma(below, 1.0), below)

    assert_covers(estimates("sends_per_message", draw), 1.0)


@pytest.mark.parametrize("size", [2, 3, 5, 10])
def test_mean_latency_of_good_and_bad_replications(size):
    def draw(luck):
        return of_ratios("confirm_latency_mean", 1000 * luck.gamma(4, 0.25, size), [1000] * size)

    assert_covers(estimates("confirm_latency_mean", draw), 1.0)


@pytest.mark.parametrize("size", [5, 10])
def test_throughput_over_a_random_time(size):
    def draw(luck):
        return of_ratios("throughput", [1000] * size, luck.gamma(1000, 1 / 50, size))

    assert_covers(estimates("throughput", draw), 50.0)


@pytest.mark.parametrize(("each", "size"), [(3, 5), (3, 10), (20, 10)])
def test_losses_per_crash(each, size):
    def draw(luck):
        numbers = luck.poisson(each, size)
        lost = [luck.geometric(1 / 8, number).sum() for number in numbers]
        return of_ratios("lost_per_crash", lost, numbers)

    assert_covers(estimates("lost_per_crash", draw), 8.0)


# ---------------------------------------------------------------- quantiles


def exponential(level):
    return -math.log(1.0 - level)


def quantile(level, draw, **how):
    return estimates(f"confirm_latency_{level}", draw, **how)


@pytest.mark.parametrize("level", ["p50", "p90", "p99"])
def test_quantiles_of_a_continuous_distribution(level):
    found = quantile(level, lambda luck: of_times(luck.exponential(1.0, (10, 1000))))
    assert_covers(found, exponential(LEVELS[level]))


@pytest.mark.parametrize("level", ["p50", "p90", "p99"])
def test_quantiles_of_independent_messages_in_one_replication(level):
    found = quantile(level, lambda luck: of_times(luck.exponential(1.0, (1, 2000))), trials=2000)
    assert {one.method for one in found} == {"order statistics"}
    assert_covers(found, exponential(LEVELS[level]))


def test_quantile_with_few_messages_beyond():
    # Ten on the average: whole numbers again, and what they tell of how messages go together is
    # taken from farther below, the worse of two.
    found = quantile("p999", lambda luck: of_times(luck.exponential(1.0, (10, 1000))))
    assert np.mean([math.isfinite(one.high) for one in found]) > 0.9
    assert_covers(found, exponential(0.999), conservative=True)


def test_quantile_with_too_few_messages_beyond_has_no_upper_end():
    # Two on the average: none in 13 % of all cases, and 2.5 % would be too many.
    found = quantile("p999", lambda luck: of_times(luck.exponential(1.0, (2, 1000))), trials=2000)
    assert all(math.isinf(one.high) for one in found)
    assert_covers(found, exponential(0.999), conservative=True)


@pytest.mark.parametrize("level", ["p50", "p90", "p99"])
def test_quantiles_of_a_distribution_narrower_than_an_edge(level):
    # A thousandth wide, where edges are 23 thousandths apart.
    def draw(luck):
        return of_times(0.01 * (1.0 + 0.001 * luck.standard_normal((10, 1000))))

    assert_covers(quantile(level, draw), 0.01 * (1.0 + 0.001 * stats.norm.ppf(LEVELS[level])))


STEPS_S = np.array([0.01, 0.11, 0.31])
"""A round trip, and two constant pauses."""


@pytest.mark.parametrize(("level", "truth"), [("p50", 0.01), ("p99", 0.01), ("p999", 0.31)])
def test_quantiles_of_a_distribution_with_steps(level, truth):
    # 99.03 % are on the first step and 99.88 % on the first two: both near a level. An interval is
    # one step or two, and one is held exactly.
    def draw(luck):
        return of_times(STEPS_S[np.searchsorted([0.9903, 0.9988], luck.random((10, 1000)))])

    found = quantile(level, draw)
    assert len({one.value for one in found}) > (level != "p50")
    assert_covers(found, truth, conservative=True)


@cache
def of_two_kinds(level):
    """The quantile where one replication in two is twice as slow."""

    def short(time_s):
        return 0.5 * math.exp(-time_s) + 0.5 * math.exp(-time_s / 2.0) - (1.0 - level)

    return optimize.brentq(short, 0.0, 50.0)


@pytest.mark.parametrize("level", ["p50", "p90"])
def test_quantiles_of_good_and_bad_replications(level):
    def draw(luck):
        slow = np.where(luck.random((20, 1)) < 0.5, 1.0, 2.0)
        return of_times(luck.exponential(1.0, (20, 300)) * slow)

    assert_covers(quantile(level, draw), of_two_kinds(LEVELS[level]))


# ---------------------------------------------------------------- batches of one replication


def queue(luck, messages, load=0.5):
    """Times in an M/M/1 queue (D. V. Lindley's recursion), after it has settled."""
    work = luck.exponential(1.0, messages + 500)
    gaps = luck.exponential(1.0 / load, messages + 500)
    path = np.concatenate([[0.0], np.cumsum(work[:-1] - gaps[1:])])
    return (path - np.minimum.accumulate(path) + work)[500:]


def batched(name, load, messages, seeds=SEEDS):
    """Estimates from batches, and the share of cases in which these are long enough."""
    luck = np.random.default_rng(7)
    found = []
    for _ in range(seeds):
        times_s = queue(luck, messages, load)
        longest_s = float(times_s.max())
        sample = of_series(name, times_s, window_s=messages / load, longest_s=longest_s)
        trials = max(1.0, min(messages, stretches([sample])))
        found.append(estimate(name, [sample], confidence=LEVEL, trials=trials))
    told = [one for one in found if not math.isnan(one.low)]
    return told, len(told) / len(found)


@pytest.mark.parametrize("name", ["confirm_latency_mean", "confirm_latency_p50"])
def test_batches_of_a_queue(name):
    found, share = batched(name, 0.5, 10_000)
    assert share > 0.9
    truth = 2.0 if name == "confirm_latency_mean" else 2.0 * math.log(2.0)
    assert all("over batches" in one.method for one in found)
    assert_covers(found, truth)


def test_batches_that_are_too_short_tell_nothing():
    # 2,000 messages, at a load at which a queue remembers 90 of them: too few are independent.
    _, share = batched("confirm_latency_mean", 0.8, 2000, seeds=100)
    assert share == 0.0


def test_batches_that_go_together_are_not_taken_for_independent():
    # A stay is over at once, but good and bad times last for six batches.
    luck = np.random.default_rng(8)
    refused = 0
    for _ in range(100):
        course = np.repeat(luck.gamma(2.0, 0.5, 4), 600)
        sample = of_series("confirm_latency_mean", course, longest_s=0.001)
        made = estimate("confirm_latency_mean", [sample], confidence=LEVEL, trials=2000)
        refused += made.method == "one replication"
    assert refused > 50


def test_batches_with_many_crashes():
    # A crash before each message in a hundred, which takes eight; that many may be taken already.
    def draw(luck):
        number, lost = luck.binomial(6000, 0.01), np.zeros(6000)
        for start in luck.choice(6000, number, replace=False):
            lost[start : start + luck.geometric(1 / 8)] = 1.0
        return [of_series("lost", lost, cycles=number, longest_s=0.1)]

    # A message is safe if no crash up to it reaches so far.
    truth = 1.0 - np.prod(1.0 - 0.01 * (7 / 8) ** np.arange(500))
    found = [one for one in estimates("lost", draw, trials=60) if "batches" in one.method]
    assert len(found) > 0.9 * SEEDS
    assert_covers(found, truth)


# ---------------------------------------------------------------- two points on the same luck


def differences(name, draw, seeds=SEEDS):
    """The difference of two points in each of so many comparisons."""
    luck, point = np.random.default_rng(10), a_point()
    found = []
    for _ in range(seeds):
        one, other = (replace(point, samples=tuple(samples)) for samples in draw(luck))
        value, errors = paired(name, other, one)
        low, high = interval(value, errors, LEVEL)
        found.append(SimpleNamespace(low=low, high=high, method="paired"))
    return found


def test_difference_of_shares():
    def draw(luck):
        shared = luck.normal(0.0, 4.0, 10)
        counts = [100 * share + shared + luck.normal(0.0, 2.0, 10) for share in (0.2, 0.25)]
        return [of_ratios("lost", row, [100] * 10, messages=100) for row in counts]

    assert_covers(differences("lost", draw), 0.05)


@pytest.mark.parametrize("level", ["p50", "p90", "p99"])
def test_difference_of_quantiles(level):
    # The second point has a delay of its own on top. The slope is that of the steeper side, so that
    # intervals are a little too wide.
    def draw(luck):
        first = luck.exponential(1.0, (10, 1000))
        return [of_times(first), of_times(first + luck.exponential(0.2, (10, 1000)))]

    def beyond(time_s):
        both = (math.exp(-time_s) - 0.2 * math.exp(-time_s / 0.2)) / 0.8
        return both - (1.0 - LEVELS[level])

    truth = optimize.brentq(beyond, 0.0, 30.0) - exponential(LEVELS[level])
    found = differences(f"confirm_latency_{level}", draw)
    assert_covers(found, truth, conservative=True)


def test_difference_of_quantiles_with_too_few_beyond_is_not_told():
    def draw(luck):
        return [of_times(luck.exponential(scale, (10, 200))) for scale in (1.0, 1.1)]

    found = differences("confirm_latency_p999", draw, seeds=5)
    assert all(math.isnan(one.low) for one in found)


def test_trials_without_couplings_are_the_messages():
    assert independent_trials([replication(), replication()], ()) == 2000
