import math

import numpy as np
import pytest
from scipy import integrate, special

from models.formulas.persistence import (
    count_sync,
    interval_sync,
    lost_per_crash_pmf,
    replicated_lost_per_crash,
    writeback,
)


def test_a_power_loss_every_hundred_seconds_and_a_sync_a_minute():
    got = interval_sync(crash_rate_per_s=0.01, interval_s=60.0, arrival_rate_per_s=100.0)
    assert got.fraction_lost == pytest.approx(0.27017847, abs=5e-9)  # half an interval says 0.30
    assert got.persisted == pytest.approx(0.6 / math.expm1(0.6))
    mean = 100 * (100 - 60 * math.exp(-0.6) / (1 - math.exp(-0.6)))
    assert got.lost_per_crash == pytest.approx(mean)


def crashes(rng, runs, crash_rate, interval_s, sync_s, arrival_rate):
    """Play up-times one by one; return messages arrived and lost in each."""
    up_s = rng.exponential(1 / crash_rate, runs)
    counts = rng.poisson(arrival_rate * up_s)
    owner = np.repeat(np.arange(runs), counts)
    at_s = rng.random(owner.size) * up_s[owner]
    durable_s = (np.floor(at_s / interval_s) + 1) * interval_s + sync_s
    return counts, np.bincount(owner[durable_s > up_s[owner]], minlength=runs)


@pytest.mark.parametrize("sync_s", [0.0, 0.3, 0.99])
@pytest.mark.parametrize("crash_rate", [0.05, 1.0])
def test_interval_sync_agrees_with_crashes_played_out(sync_s, crash_rate):
    runs, interval_s, arrival_rate = 20_000, 1.0, 5.0
    rng = np.random.default_rng(3)
    arrived, lost = crashes(rng, runs, crash_rate, interval_s, sync_s, arrival_rate)
    parameters = {
        "crash_rate_per_s": crash_rate,
        "interval_s": interval_s,
        "sync_s": sync_s,
        "arrival_rate_per_s": arrival_rate,
    }
    got = interval_sync(**parameters)
    # A ratio's error: that of lost - ratio * arrived, over the mean arrived.
    residual = (lost - got.fraction_lost * arrived) / arrived.mean()
    assert abs(residual.mean()) <= 4.5 * residual.std() / math.sqrt(runs)
    assert abs(lost.mean() - got.lost_per_crash) <= 4.5 * lost.std() / math.sqrt(runs)
    squares = (lost - got.lost_per_crash) ** 2
    error = 4.5 * squares.std() / math.sqrt(runs)
    assert abs(squares.mean() - got.lost_per_crash_variance) <= error
    pmf = lost_per_crash_pmf(longest=60, **parameters)
    frequency = np.bincount(lost, minlength=61)[:61] / runs
    assert (np.abs(frequency - pmf) <= 4.5 * np.sqrt(pmf * (1 - pmf) / runs) + 1e-5).all()


@pytest.mark.parametrize("sync_s", [0.0, 0.3])
def test_mean_and_variance_are_those_of_the_count(sync_s):
    parameters = {
        "crash_rate_per_s": 0.7,
        "interval_s": 1.0,
        "sync_s": sync_s,
        "arrival_rate_per_s": 5.0,
    }
    pmf, got = lost_per_crash_pmf(longest=80, **parameters), interval_sync(**parameters)
    counts = np.arange(81)
    assert pmf.sum() == pytest.approx(1.0)
    assert pmf @ counts == pytest.approx(got.lost_per_crash)
    assert pmf @ (counts - got.lost_per_crash) ** 2 == pytest.approx(got.lost_per_crash_variance)


def test_fraction_lost_is_the_integral_over_the_window():
    rate, interval_s, sync_s = 0.7, 1.5, 0.4
    mass = -math.expm1(-rate * interval_s) / rate
    expected, _ = integrate.quad(
        lambda age: math.exp(-rate * age) / mass * -math.expm1(-rate * (interval_s - age + sync_s)),
        0,
        interval_s,
    )
    got = interval_sync(
        crash_rate_per_s=rate, interval_s=interval_s, sync_s=sync_s, arrival_rate_per_s=1.0
    )
    assert got.fraction_lost == pytest.approx(expected)


def test_rare_crashes_lose_half_an_interval_and_the_sync():
    got = interval_sync(crash_rate_per_s=1e-9, interval_s=2.0, sync_s=0.25, arrival_rate_per_s=10.0)
    assert got.fraction_lost == pytest.approx(1e-9 * 1.25, rel=1e-7)
    assert got.lost_per_crash == pytest.approx(12.5, rel=1e-7)
    alone = interval_sync(crash_rate_per_s=1e-9, interval_s=2.0, arrival_rate_per_s=10.0)
    assert alone.lost_per_crash_variance == pytest.approx(20 / 2 + 20**2 / 12, rel=1e-6)
    pmf = lost_per_crash_pmf(
        crash_rate_per_s=1e-9, interval_s=2.0, arrival_rate_per_s=10.0, longest=40
    )
    assert pmf == pytest.approx(special.gammainc(np.arange(41) + 1, 20.0) / 20.0, rel=1e-6)


@pytest.mark.parametrize(("crash_rate", "count"), [(0.05, 10), (1.0, 3), (0.2, 1)])
def test_count_sync_agrees_with_crashes_played_out(crash_rate, count):
    runs, arrival_rate = 40_000, 5.0
    rng = np.random.default_rng(4)
    arrived = rng.poisson(arrival_rate * rng.exponential(1 / crash_rate, runs))
    lost = arrived % count
    got = count_sync(crash_rate_per_s=crash_rate, count=count, arrival_rate_per_s=arrival_rate)
    assert abs(lost.mean() - got.lost_per_crash) <= 4.5 * lost.std() / math.sqrt(runs)
    residual = (lost - got.fraction_lost * arrived) / arrived.mean()
    assert abs(residual.mean()) <= 4.5 * residual.std() / math.sqrt(runs)
    squares = (lost - got.lost_per_crash) ** 2
    error = 4.5 * squares.std() / math.sqrt(runs)
    assert abs(squares.mean() - got.lost_per_crash_variance) <= error


def test_rare_crashes_lose_half_a_count():
    got = count_sync(crash_rate_per_s=1e-9, count=1000, arrival_rate_per_s=10.0)
    assert got.lost_per_crash == pytest.approx(999 / 2, rel=1e-6)
    assert got.lost_per_crash_variance == pytest.approx((1000**2 - 1) / 12, rel=1e-6)


@pytest.mark.parametrize("replicas", [1, 2, 5])
def test_replicas_out_of_step_lose_the_least_of_their_ages(replicas):
    rng = np.random.default_rng(5)
    age_s = (0.5 * rng.random((40_000, replicas))).min(axis=1)
    lost = rng.poisson(20.0 * age_s)
    got = replicated_lost_per_crash(interval_s=0.5, arrival_rate_per_s=20.0, replicas=replicas)
    assert abs(lost.mean() - got) <= 4.5 * lost.std() / math.sqrt(lost.size)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: interval_sync(crash_rate_per_s=0, interval_s=1, arrival_rate_per_s=1),
            "crash_rate_per_s must be > 0, got 0",
        ),
        (
            lambda: interval_sync(
                crash_rate_per_s=1, interval_s=1.0, sync_s=1.5, arrival_rate_per_s=1
            ),
            "sync_s must be < interval_s = 1.0, got 1.5",
        ),
        (
            lambda: count_sync(crash_rate_per_s=1, count=0, arrival_rate_per_s=1),
            "count must be >= 1, got 0",
        ),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()


def written_back(rng, runs, crash_rate, age_s, sync_s, arrival_rate):
    """Play up-times one by one, arrival by arrival; return messages arrived and lost in each."""
    arrived, lost = np.zeros(runs), np.zeros(runs)
    for run, up_s in enumerate(rng.exponential(1 / crash_rate, runs)):
        at_s = np.sort(rng.random(rng.poisson(arrival_rate * up_s)) * up_s)
        arrived[run] = at_s.size
        since_s = -math.inf
        for time_s in at_s:
            if time_s >= since_s + age_s:
                since_s = time_s
            lost[run] += since_s + age_s + sync_s > up_s
    return arrived, lost


@pytest.mark.parametrize("sync_s", [0.0, 0.4])
@pytest.mark.parametrize(("crash_rate", "arrival_rate"), [(0.1, 0.5), (1.0, 4.0)])
def test_writeback_agrees_with_crashes_played_out(sync_s, crash_rate, arrival_rate):
    runs = 10_000
    rng = np.random.default_rng(5)
    arrived, lost = written_back(rng, runs, crash_rate, 1.0, sync_s, arrival_rate)
    got = writeback(
        crash_rate_per_s=crash_rate, age_s=1.0, sync_s=sync_s, arrival_rate_per_s=arrival_rate
    )
    residual = (lost - got.fraction_lost * arrived) / arrived.mean()
    assert abs(residual.mean()) <= 4.5 * residual.std() / math.sqrt(runs)
    assert abs(lost.mean() - got.lost_per_crash) <= 4.5 * lost.std() / math.sqrt(runs)
    squares = (lost - got.lost_per_crash) ** 2
    error = 4.5 * squares.std() / math.sqrt(runs)
    assert abs(squares.mean() - got.lost_per_crash_variance) <= error


def test_writeback_of_a_busy_disk_is_an_interval_and_of_a_quiet_one_a_delay():
    parameters = {"crash_rate_per_s": 0.01, "sync_s": 5.0}
    busy = writeback(age_s=30.0, arrival_rate_per_s=1e6, **parameters)
    ticks = interval_sync(interval_s=30.0, arrival_rate_per_s=1e6, **parameters)
    assert busy.fraction_lost == pytest.approx(ticks.fraction_lost, rel=1e-5)
    assert busy.lost_per_crash_variance == pytest.approx(ticks.lost_per_crash_variance, rel=1e-5)
    quiet = writeback(age_s=30.0, arrival_rate_per_s=1e-9, **parameters)
    assert quiet.fraction_lost == pytest.approx(1 - math.exp(-0.35), rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"age_s": 0.0}, "interval_s must be > 0"), ({"sync_s": 2.0}, "sync_s must be < ")],
)
def test_writeback_refuses_what_it_cannot_be(changes, error):
    fine = {"crash_rate_per_s": 1.0, "age_s": 1.0, "sync_s": 0.5, "arrival_rate_per_s": 1.0}
    with pytest.raises(ValueError, match=error):
        writeback(**{**fine, **changes})
