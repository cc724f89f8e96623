"""Intervals of runs that stop when they are narrow cover as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.config.run import Precision
from sim.estimates import of_parts
from sim.stopping import asked, first_size, half_width, next_size

RUNS = 2000
MESSAGES = 100.0


def stopped(draw, precision, *, independent):
    """Draw replications until the interval of their share is narrow enough."""
    size, counts = first_size(10, precision), np.empty(0)
    while size is not None:
        counts = np.concatenate([counts, draw(size - len(counts))])
        messages = int(MESSAGES * len(counts))
        seen = of_parts(
            "lost",
            counts,
            np.full(len(counts), MESSAGES),
            messages=messages,
            confidence=0.95,
            probability=True,
            independent=messages if independent else len(counts),
        )
        size = next_size(seen, precision)
    return seen


@pytest.mark.parametrize(
    ("share", "relative", "independent"),
    [(0.2, 0.05, True), (0.2, 0.02, False), (0.005, 0.2, True), (0.01, 0.1, False)],
)
def test_binomial_counts(share, relative, independent):
    luck = np.random.default_rng(7)
    precision = Precision(relative=relative)
    found = [
        stopped(
            lambda n: luck.binomial(int(MESSAGES), share, n), precision, independent=independent
        )
        for _ in range(RUNS)
    ]
    assert_covers(found, share, precision)


def test_counts_that_come_in_crashes():
    """One replication in two has a crash, which takes an exponential number of messages."""
    luck = np.random.default_rng(8)
    precision = Precision(relative=0.1)

    def draw(n):
        return luck.binomial(1, 0.5, n) * np.minimum(luck.exponential(10.0, n), MESSAGES)

    mean = 0.5 * 10.0 * (1 - math.exp(-10.0)) / MESSAGES
    found = [stopped(draw, precision, independent=False) for _ in range(RUNS)]
    assert_covers(found, mean, precision)


def assert_covers(found, truth, precision):
    covered = sum(one.low <= truth <= one.high for one in found)
    # The fewest of so many that a coverage of 94 % shows but once in a thousand times.
    assert covered >= stats.binom.ppf(0.001, len(found), 0.94), covered / len(found)
    # And not by being wider than was asked.
    assert all(half_width(one) <= asked(one, precision) for one in found)
