import itertools
import math

import numpy as np
import pytest

from models.formulas.ack_time import ack_time
from models.formulas.arrival_time import first_arrival
from models.formulas.retry import retry
from models.laws import Constant, Empirical, Exponential, Gamma, Lognormal, Uniform
from models.policies import backoff
from models.policies.jitter import (
    DecorrelatedJitter,
    equal_jitter,
    factor_jitter,
    full_jitter,
)
from tests.models.formulas.protocol import play

DOUBLING = backoff.Exponential(first_s=0.1, factor=2.0, cap_s=1.0)


def test_half_of_the_attempts_fail_and_backoff_doubles():
    got = ack_time(
        delay=Constant(0.01),
        ack_delay=Constant(0.01),
        loss=0.5,
        ack_loss=0.0,
        timeout_s=0.2,
        retries=11,
        backoff=DOUBLING,
    )
    assert got.mean_s == pytest.approx(0.47941392, abs=5e-9)
    # The replies come 20 ms after the sends at 0, 0.3, 0.7, 1.3 s.
    times_s = [0.019, 0.02, 0.319, 0.32, 0.719, 0.72, 1.319, 1.32]
    steps = [0, 0.5, 0.5, 0.75, 0.75, 0.875, 0.875, 0.9375]
    assert got.reliability(times_s) == pytest.approx(steps)
    assert got.quantile_s([0.3, 0.6, 0.8]) == pytest.approx([0.02, 0.32, 0.72])


def uncapped(factor, retries, loss=0.5):
    return ack_time(
        delay=Constant(0.0),
        ack_delay=Constant(0.0),
        loss=loss,
        ack_loss=0.0,
        timeout_s=0.1,
        retries=retries,
        backoff=backoff.Exponential(first_s=1.0, factor=factor),
    )


@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
def test_the_tail_of_doubling_pauses_is_a_power(factor):
    # facts 3.5: 1 - R(t) falls like t^-(ln(1/f)/ln m), so that m times later f of it is left.
    got = uncapped(factor, 40)
    times_s = np.array([1e4, 1e4 * factor**5])
    late = 1 - got.reliability(times_s)
    exponent = math.log(late[0] / late[1]) / math.log(times_s[1] / times_s[0])
    assert exponent == pytest.approx(math.log(2) / math.log(factor), rel=1e-3)


def test_the_mean_is_finite_only_where_pauses_grow_more_slowly_than_failures_fade():
    # facts 3.5: the mean of uncapped pauses is finite if f m < 1. Each attempt more adds f m times
    # as much as the one before.
    for factor in (1.5, 1.9, 2.1, 3.0):
        means_s = [uncapped(factor, retries).mean_s for retries in (28, 29, 30)]
        growth = (means_s[2] - means_s[1]) / (means_s[1] - means_s[0])
        assert growth == pytest.approx(0.5 * factor, rel=1e-3)


def test_a_late_reply_still_counts_until_the_message_is_given_up():
    # Sends at 0 and 0.25 s; replies 0.3 s later: the first one comes during attempt 2, the
    # second one after the end at 0.45 s.
    got = ack_time(
        delay=Constant(0.1),
        ack_delay=Constant(0.1),
        broker=Constant(0.1),
        loss=0.1,
        ack_loss=0.2,
        timeout_s=0.2,
        retries=1,
        backoff=backoff.Fixed(0.05),
    )
    assert got.confirmed == pytest.approx(0.72)
    assert got.mean_s == pytest.approx(0.3)
    assert got.sends_per_message == 2.0
    assert got.late_acks_per_message == pytest.approx(0.72)
    assert got.false_failure == pytest.approx(1 - 0.72 - 0.01)
    assert got.duplicates_per_message == pytest.approx(1.8 - 0.99)


@pytest.mark.parametrize(
    "policy", [backoff.Fixed(0.0), DOUBLING, full_jitter(DOUBLING), factor_jitter(DOUBLING, 0.2)]
)
@pytest.mark.parametrize("delay", [Constant(0.02), Uniform(low_s=0.0, high_s=0.1)])
def test_replies_within_the_timeout_give_the_textbook_formulas(policy, delay):
    kwargs = {"loss": 0.3, "ack_loss": 0.2, "retries": 4}
    got = ack_time(delay=delay, ack_delay=delay, timeout_s=0.2, backoff=policy, **kwargs)
    textbook = retry(**kwargs)
    for name in (
        "confirmed",
        "failed",
        "delivered",
        "lost",
        "false_failure",
        "sends_per_message",
        "copies_per_message",
        "duplicates_per_message",
    ):
        assert getattr(got, name) == pytest.approx(getattr(textbook, name), rel=1e-9), name
    assert got.late_acks_per_message == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    "policy",
    [
        full_jitter(DOUBLING),
        equal_jitter(DOUBLING),
        factor_jitter(DOUBLING, 0.2),
        full_jitter(backoff.Uniform(low_s=0.1, high_s=0.3)),
        DecorrelatedJitter(first_s=0.1, cap_s=1.0),
    ],
    ids=repr,
)
@pytest.mark.parametrize("retries", [1, 7, 40])
def test_the_mean_under_jitter_adds_up_the_mean_pauses(policy, retries):
    fail, timeout_s = 0.5, 0.2
    got = ack_time(
        delay=Constant(0.02),
        ack_delay=Constant(0.0),
        loss=fail,
        ack_loss=0.0,
        timeout_s=timeout_s,
        retries=retries,
        backoff=policy,
    )
    sent_s = summed_s = 0.0
    for attempt in range(1, retries + 2):
        summed_s += (1 - fail) * fail ** (attempt - 1) * (sent_s + 0.02)
        sent_s += timeout_s + policy.mean_pause_s(attempt)
    assert got.mean_s == pytest.approx(summed_s / (1 - fail ** (retries + 1)), rel=1e-4)


def sum_cdf(y):
    """Return the cdf of U(0, 0.1) + U(0, 0.2), the first two pauses under full jitter."""
    y = np.clip(y, 0.0, 0.3)
    return (y**2 - np.maximum(y - 0.1, 0) ** 2 - np.maximum(y - 0.2, 0) ** 2) / 0.04


def test_reliability_under_full_jitter_is_a_mixture_of_uniform_sums():
    got = ack_time(
        delay=Constant(0.02),
        ack_delay=Constant(0.0),
        loss=0.5,
        ack_loss=0.0,
        timeout_s=0.2,
        retries=2,
        backoff=full_jitter(DOUBLING),
    )
    t_s = np.linspace(0.0, 0.8, 161)
    second = np.clip((t_s - 0.22) / 0.1, 0, 1)
    expected = 0.5 * (t_s >= 0.02) + 0.25 * second + 0.125 * sum_cdf(t_s - 0.42)
    np.testing.assert_allclose(got.reliability(t_s), expected, rtol=0, atol=1e-4)
    wanted = np.array([0.6, 0.7, 0.9, 0.99])
    reached = np.interp(got.quantile_s(wanted), t_s, expected) / 0.875
    assert reached == pytest.approx(wanted, abs=2e-4)
    assert got.quantile_s(0.1) == pytest.approx(0.02)


def test_a_deadline_cuts_random_schedules():
    p, q, deadline_s = 0.4, 0.25, 0.5
    got = ack_time(
        delay=Constant(0.02),
        ack_delay=Constant(0.0),
        loss=p,
        ack_loss=q,
        timeout_s=0.2,
        retries=2,
        backoff=full_jitter(DOUBLING),
        deadline_s=deadline_s,
    )
    hit = (1 - p) * (1 - q)
    third = sum_cdf(deadline_s - 0.4)  # made before the deadline; the second one always is
    heard = sum_cdf(deadline_s - 0.42)
    assert got.lost == pytest.approx(p**2 * (1 - third) + p**3 * third, abs=5e-5)
    assert got.failed == pytest.approx((1 - hit) ** 2 * (1 - hit * heard), abs=5e-5)
    assert got.sends_per_message == pytest.approx(2 - hit + (1 - hit) ** 2 * third, rel=5e-5)
    # The mean of the third reply, where it comes in time: y P(y) less the integral of P below y.
    y, grid = deadline_s - 0.42, np.linspace(0.0, deadline_s - 0.42, 10_001)
    partial_s = 0.42 * heard + y * heard - np.trapezoid(sum_cdf(grid), grid)
    summed_s = hit * (0.02 + (1 - hit) * 0.27 + (1 - hit) ** 2 * partial_s)
    assert got.mean_s == pytest.approx(summed_s / (1 - got.failed), rel=5e-4)


WAYS_S = (0.05, 0.25, 0.3)
BACKS_S = (0.01, 0.12)


@pytest.mark.parametrize("deadline_s", [math.inf, 0.93, 0.61, 0.2])
@pytest.mark.parametrize("pause_s", [0.0, 0.07])
def test_every_number_agrees_with_all_histories_played_out(deadline_s, pause_s):
    loss, ack_loss, attempts, timeout_s = 0.2, 0.3, 4, 0.213
    heard = (1 - loss) * (1 - ack_loss) / 6
    fates = {(way_s, back_s): heard for way_s in WAYS_S for back_s in BACKS_S}
    fates |= {(way_s, math.inf): (1 - loss) * ack_loss / 3 for way_s in WAYS_S}
    fates[math.inf, math.inf] = loss
    weights, played = [], []
    for history in itertools.product(fates, repeat=attempts):
        weights.append(math.prod(fates[fate] for fate in history))
        run = play(history, [pause_s] * 3, timeout_s=timeout_s, deadline_s=deadline_s)
        played.append(run)
    weight, (confirmed_s, sends, copies, acks, first_copy_s) = np.array(weights), np.array(played).T
    confirmed = np.isfinite(confirmed_s)

    sending = {
        "delay": Empirical(WAYS_S),
        "loss": loss,
        "timeout_s": timeout_s,
        "retries": attempts - 1,
        "backoff": backoff.Fixed(pause_s),
        "deadline_s": deadline_s,
    }
    got = ack_time(ack_delay=Empirical(BACKS_S), ack_loss=ack_loss, **sending)
    assert got.confirmed == pytest.approx(weight[confirmed].sum())
    assert got.failed == pytest.approx(weight[~confirmed].sum())
    assert got.lost == pytest.approx(weight[copies == 0].sum())
    assert got.false_failure == pytest.approx(weight[(copies > 0) & ~confirmed].sum())
    assert got.sends_per_message == pytest.approx(weight @ sends)
    assert got.copies_per_message == pytest.approx(weight @ copies)
    assert got.duplicates_per_message == pytest.approx(weight @ np.maximum(copies - 1, 0))
    assert got.late_acks_per_message == pytest.approx(weight @ acks - weight[confirmed].sum())
    mean_s = weight[confirmed] @ confirmed_s[confirmed] / weight[confirmed].sum()
    assert got.mean_s == pytest.approx(mean_s)
    arrival, arrived = first_arrival(**sending), copies > 0
    assert arrival.delivered == pytest.approx(weight[arrived].sum())
    arrived_mean_s = weight[arrived] @ first_copy_s[arrived] / weight[arrived].sum()
    assert arrival.mean_s == pytest.approx(arrived_mean_s)
    for t_s in (0.07, 0.31, 0.5, 0.8, 2.0):
        assert got.reliability(t_s) == pytest.approx(weight[confirmed_s <= t_s].sum())
        assert arrival.cdf(t_s) == pytest.approx(weight[first_copy_s <= t_s].sum())


CONTINUOUS = [
    (Exponential(0.05), Exponential(0.05), full_jitter(DOUBLING), math.inf),
    (Exponential(0.1), Exponential(0.02), DOUBLING, 0.55),
    (Lognormal(median_s=0.05, p99_s=0.5), Gamma(mean_s=0.1, cv=2.0), full_jitter(DOUBLING), 0.7),
    (
        Uniform(low_s=0.1, high_s=0.3),
        Exponential(0.05),
        DecorrelatedJitter(first_s=0.05, cap_s=0.2),
        9,
    ),
]


@pytest.mark.parametrize(("delay", "ack_delay", "policy", "deadline_s"), CONTINUOUS)
def test_every_number_agrees_with_random_histories(delay, ack_delay, policy, deadline_s):
    loss, ack_loss, attempts, timeout_s, runs = 0.3, 0.1, 4, 0.2, 40_000
    rng = np.random.default_rng(7)
    way_s = delay.quantile(rng.random((runs, attempts)))
    back_s = ack_delay.quantile(rng.random((runs, attempts)))
    way_s[rng.random((runs, attempts)) < loss] = np.inf
    back_s[rng.random((runs, attempts)) < ack_loss] = np.inf
    luck = rng.random((runs, attempts - 1)).tolist()
    played = []
    for ways, backs, numbers in zip(way_s.tolist(), back_s.tolist(), luck, strict=True):
        pauses_s = [0.0]
        for attempt, u in enumerate(numbers, start=1):
            pauses_s.append(policy.pause_s(attempt, u, pauses_s[-1]))
        fates = list(zip(ways, backs, strict=True))
        played.append(play(fates, pauses_s[1:], timeout_s=timeout_s, deadline_s=deadline_s))
    confirmed_s, sends, copies, acks, first_copy_s = np.array(played).T
    confirmed = np.isfinite(confirmed_s)

    sending = {
        "loss": loss,
        "timeout_s": timeout_s,
        "retries": attempts - 1,
        "backoff": policy,
        "deadline_s": deadline_s,
    }
    got = ack_time(delay=delay, ack_delay=ack_delay, ack_loss=ack_loss, **sending)

    def agrees(value, sample):
        assert abs(sample.mean() - value) <= 4.5 * sample.std(ddof=1) / math.sqrt(sample.size)

    agrees(got.confirmed, confirmed)
    agrees(got.lost, copies == 0)
    agrees(got.false_failure, (copies > 0) & ~confirmed)
    agrees(got.sends_per_message, sends)
    agrees(got.copies_per_message, copies)
    agrees(got.late_acks_per_message, acks - confirmed)
    agrees(got.mean_s, confirmed_s[confirmed])
    for t_s in (0.1, 0.3, 0.6, 1.0):
        agrees(float(got.reliability(t_s)), confirmed_s <= t_s)
    for level in (0.5, 0.9, 0.99):
        agrees(level, confirmed_s[confirmed] <= got.quantile_s(level))

    arrival = first_arrival(delay=delay, **sending)
    arrived_s = first_copy_s[np.isfinite(first_copy_s)]
    agrees(arrival.delivered, np.isfinite(first_copy_s))
    agrees(arrival.mean_s, arrived_s)
    for t_s in (0.05, 0.3, 0.6):
        agrees(float(arrival.cdf(t_s)), first_copy_s <= t_s)
    agrees(0.9, arrived_s <= arrival.quantile_s(0.9))


def test_unlimited_retries_end_where_they_no_longer_matter():
    got = ack_time(
        delay=Constant(0.01),
        ack_delay=Constant(0.01),
        loss=0.9,
        ack_loss=0.5,
        timeout_s=0.2,
        retries=math.inf,
        backoff=backoff.Fixed(0.1),
    )
    assert got.confirmed == pytest.approx(1.0, abs=1e-12)
    assert got.lost == 0.0
    assert got.sends_per_message == pytest.approx(20.0)
    assert got.mean_s == pytest.approx(0.02 + 19 * 0.3)


def test_a_huge_retry_budget_ends_at_the_deadline():
    # As Kafka's producer: 2147483647 retries, whose deadline of 120 s leaves four of 30 s each.
    got = ack_time(
        delay=Constant(0.01),
        ack_delay=Constant(0.01),
        loss=0.5,
        ack_loss=0.0,
        timeout_s=30.0,
        retries=2147483647,
        backoff=factor_jitter(DOUBLING, 0.2),
        deadline_s=120.0,
    )
    assert got.lost == pytest.approx(0.5**4)
    assert got.confirmed == pytest.approx(1 - 0.5**4)


@pytest.mark.parametrize("loss", [0, 1])
def test_nothing_or_everything_is_lost(loss):
    got = ack_time(
        delay=Exponential(0.001),
        ack_delay=Exponential(0.001),
        loss=loss,
        ack_loss=0,
        timeout_s=1.0,
        retries=2,
        backoff=full_jitter(DOUBLING),
    )
    assert got.confirmed == pytest.approx(1 - loss, abs=1e-12)
    assert got.sends_per_message == pytest.approx(1 + 2 * loss)
    assert got.mean_s == pytest.approx(0.002) if loss == 0 else math.isnan(got.mean_s)
    assert np.isnan(got.quantile_s(0.5)) == (loss == 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"timeout_s": 0.0}, "timeout_s must be > 0, got 0.0"),
        ({"deadline_s": -1}, "deadline_s must be > 0, got -1"),
        ({"retries": -1}, "retries must be >= 0, got -1"),
        ({"loss": 1.5}, r"loss must be in \[0, 1\], got 1.5"),
        (
            {"loss": 1.0, "retries": math.inf},
            "attempts that matter must be <= 4096, got more at fail = 1.0",
        ),
    ],
)
def test_impossible_parameters_are_refused(wrong, message):
    right = {
        "delay": Constant(0.01),
        "ack_delay": Constant(0.01),
        "loss": 0.1,
        "ack_loss": 0.1,
        "timeout_s": 0.2,
        "retries": 3,
        "backoff": DOUBLING,
    }
    with pytest.raises(ValueError, match=f"^{message}$"):
        ack_time(**(right | wrong))
