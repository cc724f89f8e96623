"""M/M/1 that begins empty: what is left of the beginning after the warm-up that is found.

The mean number at each time is known exactly, by the forward equations; what is left is an integral
over the measured window. It is compared with the half-width of the interval of the queue length.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import sparse, stats
from scipy.sparse.linalg import expm_multiply

from sim.config import from_mapping
from sim.runner import run
from sim.warmup import found
from tests.sim.test_assumptions import put

RATE_PER_S, SERVICE_S, WINDOW_S, REPLICATIONS = 100.0, 0.009, 5.0, 300
LOAD = RATE_PER_S * SERVICE_S
MEAN = LOAD / (1 - LOAD)
STEP_S = 0.05

FILE = {
    "run": {"messages": round(WINDOW_S * RATE_PER_S), "replications": REPLICATIONS},
    "producer": {"arrivals": {"law": "poisson", "rate": RATE_PER_S}},
    "consumer": {"service": {"law": "exponential", "mean": SERVICE_S}},
}
SEEDS = range(8)


@cache
def means():
    """The mean number in the system at 0, 0.05, … 30 s."""
    states = 300  # 0.9^300 is 2e-14
    up, down = np.full(states, RATE_PER_S), np.full(states, 1 / SERVICE_S)
    stay = -(np.r_[up, 0] + np.r_[0, down])
    rates = sparse.diags([up, stay, down], [1, 0, -1]).tocsr()
    start = np.zeros(states + 1)
    start[0] = 1
    at = expm_multiply(rates.T, start, start=0, stop=30, num=round(30 / STEP_S) + 1)
    return at @ np.arange(states + 1)


def bias(warmup_s):
    """What the mean over the window lacks of its steady state."""
    first = round(warmup_s / STEP_S)
    window = means()[first : first + round(WINDOW_S / STEP_S) + 1]
    return MEAN - np.trapezoid(window, dx=STEP_S) / WINDOW_S


@pytest.fixture(scope="module")
def half_width():
    (point,) = run(from_mapping(put(FILE, {"run.confidence": 0.95}))).points
    length = point.estimates["queue_length"]
    # And the value is right: at this level luck explains it in one case in ten thousand.
    low, high = stats.t.interval(1 - 1e-4, length.degrees, length.value, length.standard_error)
    assert low < MEAN < high
    return (length.high - length.low) / 2


def test_without_a_warmup_the_bias_is_beyond_the_interval(half_width):
    assert bias(0) > half_width


def test_after_the_one_that_is_found_it_is_within_a_tenth_of_it(half_width):
    left = [bias(found(from_mapping(put(FILE, {"seed": seed}))).seconds) for seed in SEEDS]
    assert max(left) < half_width / 10


def test_and_it_is_not_longer_than_it_needs_to_be():
    # A look is at 15 s, or at 30 s; what is found is in its first half.
    lengths_s = [found(from_mapping(put(FILE, {"seed": seed}))).seconds for seed in SEEDS]
    assert np.median(lengths_s) < 10
    assert max(lengths_s) <= 15
