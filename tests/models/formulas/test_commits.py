import math

import numpy as np
import pytest

from models.formulas.commits import mean_uncommitted


@pytest.mark.parametrize("every", [1, 2, 20, 500])
def test_without_an_interval_all_numbers_are_equally_likely(every):
    assert mean_uncommitted(7.0, every=every) == pytest.approx((every - 1) / 2)


@pytest.mark.parametrize(("rate_per_s", "interval_s"), [(100.0, 0.5), (3.0, 1.0), (0.2, 1.0)])
def test_without_a_number_the_interval_decides(rate_per_s, interval_s):
    load = rate_per_s * interval_s
    expected = load * (1 + load / 2) / (1 + load)
    found = mean_uncommitted(rate_per_s, every=100_000, interval_s=interval_s)
    assert found == pytest.approx(expected)


def test_a_long_interval_is_none():
    bounded = mean_uncommitted(10.0, every=20, interval_s=1e6)
    assert bounded == pytest.approx(mean_uncommitted(10.0, every=20))


def test_both_together_as_sampled():
    rate_per_s, every, interval_s, rng = 10.0, 8, 0.6, np.random.default_rng(1)
    first_s = rng.exponential(1 / rate_per_s, 200_000)
    later_s = rng.exponential(1 / rate_per_s, (200_000, every - 1)).cumsum(axis=1)
    edges_s = np.minimum(np.hstack([np.zeros((200_000, 1)), later_s]), interval_s)
    spent_s = np.diff(edges_s)
    sampled = (spent_s * np.arange(1, every)).sum() / (first_s.sum() + spent_s.sum())
    found = mean_uncommitted(rate_per_s, every=every, interval_s=interval_s)
    assert found == pytest.approx(sampled, rel=0.01)


@pytest.mark.parametrize(
    "wrong", [{"rate_per_s": 0.0}, {"every": 0}, {"interval_s": 0.0}, {"interval_s": math.nan}]
)
def test_what_is_too_small_is_refused(wrong):
    arguments = {"rate_per_s": 1.0, "every": 1, "interval_s": 1.0, **wrong}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        mean_uncommitted(arguments.pop("rate_per_s"), **arguments)
