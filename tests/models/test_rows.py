"""Named luck in rows is the same luck as one by one."""

from __future__ import annotations

import numpy as np
import pytest

from models.draws import BLOCK, Draws, look_up
from models.laws import Exponential, Gamma, Lognormal, Uniform, Weibull

LAWS = [
    Exponential(0.3),
    Uniform(low_s=0.1, high_s=0.7),
    Lognormal(median_s=0.1, p99_s=1.0),
    Gamma(mean_s=1.0, cv=0.7),
    Weibull(scale_s=1.0, shape=0.7),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_a_span_of_blocks_holds_the_very_numbers(law):
    draws = Draws(5, 1)
    one_by_one = draws.law("link", "delay", law)
    for attempt, block, blocks in ((1, 0, 3), (2, 7, 1), ((1 << 31) + 1, 3 << 24, 2)):
        span = draws.law_rows("link", "delay", law).span(attempt, block, blocks)
        messages = range(block * BLOCK, (block + blocks) * BLOCK)
        assert span.tolist() == [one_by_one(message, attempt) for message in messages]


def test_uniform_numbers_and_coins_likewise():
    draws = Draws(5, 1)
    uniform, coin = draws.uniform("link", "jitter"), draws.coin("link", "loss", 0.3)
    numbers = draws.uniform_rows("link", "jitter").span(1, 2)
    tossed = draws.coin_rows("link", "loss", 0.3).span(1, 2)
    messages = range(2 * BLOCK, 3 * BLOCK)
    assert numbers.tolist() == [uniform(message, 1) for message in messages]
    assert tossed.tolist() == [coin(message, 1) for message in messages]


def test_coins_that_never_fall_need_no_rows():
    assert Draws(5, 1).coin_rows("link", "loss", 0.0) is None


@pytest.mark.parametrize("step", [1, 3, 5 * BLOCK, 40 * BLOCK])
@pytest.mark.parametrize("producer", [0, 9])
def test_keys_are_looked_up_near_and_far(step, producer):
    draws = Draws(5, 1)
    one_by_one = draws.uniform("link", "jitter")
    keys = (producer << 32) + np.arange(17, 17 + 50 * step, step)
    found = look_up(draws.uniform_rows("link", "jitter"), 2, keys)
    assert found.tolist() == [one_by_one(key, 2) for key in keys.tolist()]


def test_of_no_keys_there_is_nothing():
    found = look_up(Draws(5, 1).uniform_rows("link", "jitter"), 1, np.empty(0, dtype=np.int64))
    assert found.shape == (0,)
