"""Each queue also as a Markov chain, cut far out and solved as a linear system."""

import dataclasses
import math

import numpy as np
import pytest

from models.formulas.queue_variants import breakdowns, breakdowns_while_busy, feedback, retrial
from models.formulas.queueing import mg1, mg1_moments, mm1, mm1k, mmc
from models.laws import Constant, Exponential, Gamma, Lognormal


def steady_state(size, rates):
    """Return the steady state of the chain with transitions {(from, to): rate}."""
    generator = np.zeros((size, size))
    for (here, there), rate in rates.items():
        generator[here, there] += rate
        generator[here, here] -= rate
    equations = generator.T.copy()
    equations[-1] = 1.0
    return np.linalg.solve(equations, np.eye(size)[-1])


def birth_and_death(top, birth, death):
    rates = {(n, n + 1): birth for n in range(top)}
    rates |= {(n, n - 1): death(n) for n in range(1, top + 1)}
    return steady_state(top + 1, rates)


def assert_littles_law(queue, arrival_rate):
    admitted = arrival_rate * (1 - queue.blocked)
    assert queue.number == pytest.approx(admitted * queue.sojourn_s)
    assert queue.waiting == pytest.approx(admitted * queue.wait_s)


@pytest.mark.parametrize(("rate", "mean_s", "servers"), [(2.4, 1, 3), (0.7, 1, 1), (9.0, 0.5, 8)])
def test_mmc_agrees_with_its_chain(rate, mean_s, servers):
    states = birth_and_death(400, rate, lambda n: min(n, servers) / mean_s)
    counts = np.arange(401)
    got = mmc(arrival_rate_per_s=rate, service_mean_s=mean_s, servers=servers)
    assert got.number == pytest.approx(states @ counts)
    assert got.waiting == pytest.approx(states @ np.maximum(counts - servers, 0))
    assert got.wait_probability == pytest.approx(states[servers:].sum())
    assert got.utilisation == pytest.approx(states @ np.minimum(counts, servers) / servers)
    assert_littles_law(got, rate)


def test_three_servers():
    got = mmc(arrival_rate_per_s=2.4, service_mean_s=1.0, servers=3)
    assert got.wait_probability == pytest.approx(0.64719101, abs=5e-9)
    assert got.sojourn_s == pytest.approx(2.0786517, abs=5e-8)


def test_one_exponential_server():
    got = mm1(arrival_rate_per_s=0.8, service_mean_s=1.0)
    assert (got.number, got.sojourn_s) == (pytest.approx(4.0), pytest.approx(5.0))
    same = mg1(arrival_rate_per_s=0.8, service=Exponential(1.0))
    assert dataclasses.astuple(got) == pytest.approx(dataclasses.astuple(same))


@pytest.mark.parametrize("load", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("capacity", [1, 2, 10])
def test_mm1k_agrees_with_its_chain(load, capacity):
    states = birth_and_death(capacity, load / 0.5, lambda _n: 1 / 0.5)
    counts = np.arange(capacity + 1)
    got = mm1k(arrival_rate_per_s=load / 0.5, service_mean_s=0.5, capacity=capacity)
    assert got.blocked == pytest.approx(states[-1])
    assert got.number == pytest.approx(states @ counts)
    assert got.waiting == pytest.approx(states @ np.maximum(counts - 1, 0), abs=1e-12)
    assert got.wait_probability == pytest.approx(states[1:-1].sum() / states[:-1].sum())
    assert_littles_law(got, load / 0.5)
    if load != 1:
        assert got.blocked == pytest.approx(
            (1 - load) * load**capacity / (1 - load ** (capacity + 1))
        )


def test_mm1k_at_extreme_loads():
    full = mm1k(arrival_rate_per_s=1e6, service_mean_s=1.0, capacity=1000)
    assert full.number == pytest.approx(1000.0)
    assert full.blocked == pytest.approx(1 - 1e-6)


def test_constant_service():
    assert mg1(arrival_rate_per_s=0.8, service=Constant(1.0)).sojourn_s == pytest.approx(3.0)


def stages_chain(rate, stage_rate, come_back=0.0, top=300):
    """Return E[number] with a service of two exponential stages; a served one may come back."""
    rates = {}
    for n in range(1, top + 1):
        first, second = 2 * n - 1, 2 * n
        rates[first, second] = stage_rate
        rates[second, max(0, first - 2)] = stage_rate * (1 - come_back)
        rates[second, first] = stage_rate * come_back
        if n < top:
            rates[first, first + 2] = rates[second, second + 2] = rate
    rates[0, 1] = rate
    states = steady_state(2 * top + 1, rates)
    return states @ ((np.arange(2 * top + 1) + 1) // 2)


def test_mg1_agrees_with_a_chain_of_stages():
    got = mg1(arrival_rate_per_s=0.7, service=Gamma(mean_s=1.0, cv=0.5**0.5))
    assert got.number == pytest.approx(stages_chain(0.7, 2.0))
    assert got.wait_probability == pytest.approx(0.7)
    assert_littles_law(got, 0.7)


def test_mg1_agrees_with_customers_played_out():
    # Lindley's recursion, in 100 independent runs of which the first half is warm-up.
    law, rate, runs, length = Lognormal(median_s=0.5, p99_s=2.0), 0.9, 100, 8000
    rng = np.random.default_rng(8)
    service_s = law.quantile(rng.random((length, runs)))
    gap_s = rng.exponential(1 / rate, (length, runs))
    wait_s, seen_s = np.zeros(runs), []
    for served_s, until_next_s in zip(service_s, gap_s, strict=True):
        seen_s.append(wait_s)
        wait_s = np.maximum(0.0, wait_s + served_s - until_next_s)
    means_s = np.array(seen_s[length // 2 :]).mean(axis=0)
    got = mg1(arrival_rate_per_s=rate, service=law)
    assert abs(means_s.mean() - got.wait_s) <= 4.5 * means_s.std() / math.sqrt(runs)


def test_one_in_five_is_redelivered():
    got = feedback(arrival_rate_per_s=0.5, service=Exponential(1.0), failure=0.2)
    assert got.sojourn_s == pytest.approx(3.3333333, abs=5e-8)


def test_feedback_agrees_with_a_chain_of_stages():
    service = Gamma(mean_s=1.0, cv=0.5**0.5)
    got = feedback(arrival_rate_per_s=0.5, service=service, failure=0.3)
    assert got.number == pytest.approx(stages_chain(0.5, 2.0, come_back=0.3))
    assert_littles_law(got, 0.5)
    plain = mg1(arrival_rate_per_s=0.5, service=service)
    assert feedback(arrival_rate_per_s=0.5, service=service, failure=0.0) == plain


@pytest.mark.parametrize("idle_too", [True, False])
def test_breakdowns_agree_with_their_chain(idle_too):
    rate, mean_s, up_s, repair_s, top = 0.5, 1.0, 4.0, 1.5, 300
    rates = {}
    for n in range(top + 1):
        up, down = 2 * n, 2 * n + 1
        if n or idle_too:
            rates[up, down] = 1 / up_s
            rates[down, up] = 1 / repair_s
        else:
            rates[down, up] = 1.0  # never reached
        if n:
            rates[up, up - 2] = 1 / mean_s
        if n < top:
            rates[up, up + 2] = rates[down, down + 2] = rate
    states = steady_state(2 * top + 2, rates)
    formula = breakdowns if idle_too else breakdowns_while_busy
    got = formula(
        arrival_rate_per_s=rate, service_mean_s=mean_s, up_mean_s=up_s, repair_mean_s=repair_s
    )
    assert got.number == pytest.approx(states @ (np.arange(2 * top + 2) // 2))
    assert got.wait_probability == pytest.approx(1 - states[0])
    assert got.utilisation == pytest.approx(0.5 * (1 + 1.5 / 4))
    assert_littles_law(got, rate)


def test_breakdowns_that_last_no_time_leave_mm1():
    quick = {"arrival_rate_per_s": 0.8, "service_mean_s": 1.0, "up_mean_s": 1.0}
    for formula in (breakdowns, breakdowns_while_busy):
        assert formula(repair_mean_s=1e-9, **quick).sojourn_s == pytest.approx(5.0, rel=1e-6)


def test_retrial_agrees_with_its_chain():
    rate, mean_s, retry_s, top = 0.5, 1.0, 2.0, 300
    rates = {}
    for orbit in range(top + 1):
        idle, busy = 2 * orbit, 2 * orbit + 1
        rates[idle, busy] = rate
        rates[busy, idle] = 1 / mean_s
        if orbit:
            rates[idle, busy - 2] = orbit / retry_s
        if orbit < top:
            rates[busy, busy + 2] = rate
    states = steady_state(2 * top + 2, rates)
    got = retrial(arrival_rate_per_s=rate, service_mean_s=mean_s, retry_mean_s=retry_s)
    assert got.waiting == pytest.approx(states @ (np.arange(2 * top + 2) // 2))
    assert got.wait_probability == pytest.approx(states[1::2].sum())
    assert_littles_law(got, rate)


@pytest.mark.parametrize("load", [1.0, 1.5])
def test_a_queue_that_cannot_keep_up_grows_for_ever(load):
    failing = {"up_mean_s": 1e9, "repair_mean_s": 1e-9}
    common = {"arrival_rate_per_s": load, "service_mean_s": 1.0}
    queues = [
        mm1(**common),
        mmc(arrival_rate_per_s=3 * load, service_mean_s=1.0, servers=3),
        mg1(arrival_rate_per_s=load, service=Constant(1.0)),
        feedback(arrival_rate_per_s=load / 2, service=Exponential(1.0), failure=0.5),
        feedback(arrival_rate_per_s=0.1, service=Exponential(1.0), failure=1.0),
        breakdowns(**common, **failing),
        breakdowns_while_busy(**common, **failing),
        retrial(**common, retry_mean_s=1.0),
    ]
    for queue in queues:
        assert queue.utilisation >= 1
        assert queue.wait_probability == 1.0
        assert {queue.number, queue.waiting, queue.wait_s, queue.sojourn_s} == {math.inf}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: mmc(arrival_rate_per_s=1, service_mean_s=1, servers=0),
            "servers must be >= 1, got 0",
        ),
        (
            lambda: mm1(arrival_rate_per_s=-1, service_mean_s=1),
            "arrival_rate_per_s must be > 0, got -1",
        ),
        (
            lambda: mm1k(arrival_rate_per_s=1, service_mean_s=1, capacity=math.inf),
            "capacity must be finite, got inf",
        ),
        (
            lambda: mg1_moments(
                arrival_rate_per_s=0.5, service_mean_s=1.0, service_second_moment_s2=0.5
            ),
            r"service_second_moment_s2 must be >= .*, got 0.5",
        ),
        (
            lambda: feedback(arrival_rate_per_s=1, service=Constant(1.0), failure=1.5),
            r"failure must be in \[0, 1\], got 1.5",
        ),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()
