"""Quantiles of all latencies together: order statistics, and how far they reach."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.latencies import latencies
from sim.pool import Pool
from sim.quantiles import interval, linearised


def pool(*rows):
    return Pool([[latencies(np.asarray(row, dtype=np.float64))] for row in rows])


def of(*rows, level=0.5, **how):
    return interval(pool(*rows), np.arange(len(rows)), level, 0.95, **how)


def test_independent_messages_have_exact_order_statistics():
    # The median of 1, 2, … 20 lies between the sixth and the fifteenth (95.9 %), as in tables.
    told = of(range(1, 21), trials=20)
    assert told.exact
    assert (told.low, told.high) == (6.0, 15.0)
    assert told.value == 10.0


def test_in_one_replication_nothing_is_known_of_how_messages_go_together():
    told = of(range(1, 21))
    assert told.value == 10.0
    assert math.isnan(told.low)
    assert math.isnan(told.high)


def test_messages_that_go_together_count_for_fewer():
    # Five replications, of whose 100 messages 40, 44, 42, 46 and 43 are early.
    rows = [[1.0] * early + [2.0] * (100 - early) for early in (40, 44, 42, 46, 43)]
    together = of(*rows)
    residuals = np.array([-3.0, 1.0, -1.0, 3.0, 0.0])
    effect = 5 / 4 * (residuals**2).sum() / (500 * 0.43 * 0.57)
    student = stats.t.ppf(0.975, 4) / stats.norm.ppf(0.975)
    assert together.value == 2.0
    assert together.beyond == pytest.approx(250 / effect)
    assert together.units == pytest.approx(500 / effect / student**2)
    # The share of the early ones may be half at the most that is likely, or may not.
    most = 0.43 + 2.776 * math.sqrt(effect * 0.5 * 0.5 / 500)
    assert (together.low == 1.0) == (most > 0.5)


def test_where_independent_messages_vary_too_much_they_are_not_believed():
    luck = np.random.default_rng(1)
    alike = [luck.exponential(1.0, 1000) for _ in range(4)]
    assert of(*alike, trials=4000).exact
    apart = [row * scale for row, scale in zip(alike, (1.0, 2.0, 3.0, 4.0), strict=True)]
    told = of(*apart, trials=4000)
    assert not told.exact
    assert told.beyond < 100  # of 2,000


def test_many_independent_messages_are_judged_by_their_replications():
    luck = np.random.default_rng(1)
    rows = [luck.exponential(1.0, 1000) for _ in range(5)]
    assert not of(*rows, trials=5000).exact
    assert of(*rows, level=0.999, trials=5000).exact  # five beyond


def test_too_few_beyond_give_no_upper_end():
    # All of n lie below the quantile with the probability 0.99^n: 2.5 % at 367.
    assert of(np.arange(1.0, 367.0), level=0.99, trials=366).high == math.inf
    assert of(np.arange(1.0, 369.0), level=0.99, trials=368).high == 368.0
    # And none with the probability 0.01^n; a latency may be nothing.
    assert of([1.0], level=0.01, trials=1).low == 0.0


def test_where_all_are_alike_it_is_what_is_known_before_that_counts():
    rows = [[0.01] * 1000] * 5
    assert of(*rows, level=0.99).high == 0.01
    # They share a broker that may fail: five trials.
    assert of(*rows, level=0.99, known=5).high == math.inf
    assert of(*rows, level=0.5, known=5000).low == 0.01


def test_few_beyond_are_judged_by_those_farther_below():
    # Good and bad replications; of the few latest each has as many as any other.
    luck = np.random.default_rng(2)
    rows = [
        np.concatenate([luck.exponential(scale, 996), [50.0, 60.0, 70.0, 80.0]])
        for scale in (1.0, 2.0, 4.0, 8.0, 16.0, 1.0, 2.0, 4.0, 8.0, 16.0)
    ]
    assert of(*rows, level=0.996).beyond < 10


def test_no_latencies_have_no_quantile():
    assert math.isnan(of([], []).value)


# ---------------------------------------------------------------- linearised


def test_linearised_parts_are_those_of_a_mean_of_shares():
    luck = np.random.default_rng(3)
    known = pool(*(luck.exponential(1.0, 1000) for _ in range(10)))
    value, errors = linearised(known, 0.5, 0.95)
    assert value == known.quantile(0.5)
    assert errors.sum() == pytest.approx(0.0, abs=1e-12)
    # A replication with more early ones has an earlier median.
    assert np.corrcoef(errors, known.within(value))[0, 1] == pytest.approx(-1.0)
    # The density there is 1/2.
    error = errors.std(ddof=1) / math.sqrt(10)
    told = interval(known, np.arange(10), 0.5, 0.95)
    assert error == pytest.approx((told.high - told.low) / 2 / stats.t.ppf(0.975, 9), rel=0.15)


def test_a_step_that_is_sure_has_no_error():
    known = pool(*([[1.0] * 90 + [2.0] * 10] * 5))
    value, errors = linearised(known, 0.5, 0.95)
    assert value == 1.0
    assert not errors.any()


def test_too_few_beyond_have_no_parts():
    luck = np.random.default_rng(4)
    known = pool(*(luck.exponential(1.0, 100) for _ in range(10)))
    assert np.isnan(linearised(known, 0.999, 0.95)[1]).all()
    assert not np.isnan(linearised(known, 0.9, 0.95)[1]).any()
