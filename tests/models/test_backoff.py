import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.policies.backoff import Exponential, Fixed, Linear, Uniform
from models.policies.jitter import (
    DecorrelatedJitter,
    equal_jitter,
    factor_jitter,
    full_jitter,
)

GROWING = Exponential(first_s=0.1, factor=2.0, cap_s=1.0)
POLICIES = [
    Fixed(0.0),
    Fixed(0.3),
    Uniform(low_s=0.1, high_s=0.3),
    Linear(first_s=0.1, cap_s=0.35),
    GROWING,
    full_jitter(GROWING),
    equal_jitter(Linear(first_s=0.1, cap_s=0.35)),
    factor_jitter(GROWING, 0.2),
    factor_jitter(Fixed(0.3), 1.0),
    full_jitter(Uniform(low_s=0.1, high_s=0.3)),
    factor_jitter(Uniform(low_s=0.1, high_s=0.3), 0.5),
    DecorrelatedJitter(first_s=0.1, cap_s=1.0),
    DecorrelatedJitter(first_s=0.1, cap_s=0.15),
    DecorrelatedJitter(first_s=0.1, cap_s=0.1),
]
LAST = math.nextafter(1.0, 0.0)
everyone = pytest.mark.parametrize("policy", POLICIES, ids=repr)


@pytest.mark.parametrize(
    ("policy", "u", "pauses"),
    [
        (Fixed(0.3), 0.5, [0.3, 0.3, 0.3]),
        (Uniform(low_s=0.1, high_s=0.3), 0.25, [0.15, 0.15]),
        (Linear(first_s=0.1, cap_s=0.35), 0.5, [0.1, 0.2, 0.3, 0.35, 0.35]),
        (GROWING, 0.5, [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]),
        (full_jitter(GROWING), 0.25, [0.025, 0.05, 0.1, 0.2, 0.25, 0.25]),
        (equal_jitter(GROWING), 0.5, [0.075, 0.15, 0.3, 0.6, 0.75]),
        (factor_jitter(GROWING, 0.2), 0.0, [0.08, 0.16, 0.32, 0.64, 0.8]),
        (factor_jitter(GROWING, 0.2), 0.75, [0.11, 0.22, 0.44, 0.88, 1.0, 1.0]),
        (factor_jitter(Fixed(0.3), 0.5), 0.75, [0.375, 0.375]),
        # U(0.1, 3 * 0.1) at its middle, then U(0.1, 3 * 0.2), ...
        (DecorrelatedJitter(first_s=0.1, cap_s=1.0), 0.5, [0.2, 0.35, 0.575, 0.9125, 1.0]),
    ],
    ids=repr,
)
def test_pauses_follow_their_formula(policy, u, pauses):
    previous_s = 0.0
    for attempt, pause_s in enumerate(pauses, start=1):
        previous_s = policy.pause_s(attempt, u, previous_s)
        assert previous_s == pytest.approx(pause_s)


def test_jitter_on_a_random_pause_uses_both_halves_of_the_number():
    policy = full_jitter(Uniform(low_s=1.0, high_s=3.0))
    # First 26 bits 1/2: the pause is 2 s; the rest 1/4: a quarter of it.
    assert policy.pause_s(1, 0.5 + 0.25 / 2**26, 0.0) == 0.5


def chains(policy, attempts, runs, seed):
    """Return the pauses of many messages, of shape (runs, attempts)."""
    u = np.random.default_rng(seed).random((runs, attempts)).tolist()
    pauses_s = []
    for row in u:
        previous_s, chain = 0.0, []
        for attempt, number in enumerate(row, start=1):
            previous_s = policy.pause_s(attempt, number, previous_s)
            chain.append(previous_s)
        pauses_s.append(chain)
    return np.array(pauses_s)


@everyone
def test_mean_pause_is_the_mean_of_the_draws(policy):
    pauses_s = chains(policy, attempts=6, runs=20_000, seed=1)
    means_s = [policy.mean_pause_s(attempt) for attempt in range(1, 7)]
    error_s = 4.5 * pauses_s.std(axis=0) / math.sqrt(len(pauses_s))
    assert (np.abs(pauses_s.mean(axis=0) - means_s) <= error_s + 1e-12).all()


@everyone
def test_bounds_are_met_and_never_passed(policy):
    pauses_s = chains(policy, attempts=6, runs=5_000, seed=2)
    lowest_s, highest_s = chains_at(policy, 0.0), chains_at(policy, LAST)
    for attempt in range(1, 7):
        low_s, high_s = policy.bounds_s(attempt)
        drawn_s = pauses_s[:, attempt - 1]
        assert low_s <= drawn_s.min()
        assert drawn_s.max() <= high_s
        assert high_s <= policy.cap_s
        assert lowest_s[attempt - 1] == pytest.approx(low_s)
        assert highest_s[attempt - 1] == pytest.approx(high_s)


def chains_at(policy, u):
    previous_s, chain = 0.0, []
    for attempt in range(1, 7):
        previous_s = policy.pause_s(attempt, u, previous_s)
        chain.append(previous_s)
    return chain


@everyone
@given(u=st.floats(0.0, LAST), attempt=st.integers(1, 5000))
def test_a_policy_that_needs_no_draw_ignores_it(policy, u, attempt):
    if not policy.needs_draw:
        assert policy.pause_s(attempt, u, 0.0) == policy.pause_s(attempt, 0.5, 0.0)
    else:
        assert policy.pause_s(attempt, 0.0, 0.0) < policy.pause_s(attempt, LAST, 0.0)


@everyone
def test_late_attempts_do_not_overflow(policy):
    pause_s = policy.pause_s(5000, LAST, policy.bounds_s(4999)[1])
    assert 0.0 <= pause_s <= min(policy.cap_s, 1.0)
    assert policy.mean_pause_s(5000) <= min(policy.cap_s, 1.0)


def test_without_a_cap_the_pause_stays_a_number():
    policy = Exponential(first_s=0.1)
    assert policy.pause_s(5000, 0.0, 0.0) > 1e300
    assert full_jitter(policy).pause_s(5000, 0.0, 0.0) == 0.0
    assert Linear(first_s=0.1).pause_s(5000, 0.0, 0.0) == pytest.approx(500.0)


@pytest.mark.parametrize("attempt", [1, 2, 3, 4])
def test_decorrelated_mean_is_exact_before_the_cap(attempt):
    free = DecorrelatedJitter(first_s=0.1, cap_s=100.0)
    assert free.mean_pause_s(attempt) == pytest.approx(0.1 * (2 * 1.5**attempt - 1))


def test_decorrelated_mean_with_a_cap_agrees_with_an_integral_by_hand():
    # first 1, cap 2: the first pause is U(1, 3) capped, 1.75 in the mean. Given it is p, the next
    # is U(1, 3p) capped: 2 - 1/(2 (3p - 1)). Half of the first pauses are p = 2.
    below = 2 - math.log(5 / 2) / 6
    second_s = (below + (2 - 1 / 10)) / 2
    policy = DecorrelatedJitter(first_s=1.0, cap_s=2.0)
    assert policy.mean_pause_s(1) == pytest.approx(1.75, rel=1e-6)
    assert policy.mean_pause_s(2) == pytest.approx(second_s, rel=1e-6)


def test_kafka_clients_wait_950_ms_once_the_cap_bites():
    kafka = factor_jitter(Exponential(first_s=0.1, factor=2.0, cap_s=1.0), 0.2)
    means_s = [kafka.mean_pause_s(attempt) for attempt in range(1, 7)]
    assert means_s == pytest.approx([0.1, 0.2, 0.4, 0.8, 0.95, 0.95])


@everyone
def test_a_policy_is_a_value(policy):
    copied = pickle.loads(pickle.dumps(policy))  # noqa: S301 - made one line above
    assert copied == policy
    assert hash(copied) == hash(policy)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Fixed(-1), "value_s must be >= 0, got -1"),
        (lambda: Fixed(math.inf), "value_s must be finite, got inf"),
        (lambda: Uniform(low_s=0.3, high_s=0.1), "high_s must be >= 0.3, got 0.1"),
        (lambda: Linear(first_s=0.0, cap_s=1.0), "first_s must be > 0, got 0.0"),
        (lambda: Linear(first_s=2.0, cap_s=1.0), "cap_s must be >= 2, got 1.0"),
        (lambda: Exponential(first_s=0.1, factor=0.5), "factor must be >= 1, got 0.5"),
        (lambda: DecorrelatedJitter(first_s=0.1, cap_s=math.inf), "cap_s must be finite, got inf"),
        (lambda: factor_jitter(GROWING, 1.5), r"jitter must be in \[0, 1\], got 1.5"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()
