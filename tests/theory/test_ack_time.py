"""The time to acknowledgement: quick round trips, late ones, random pauses, deadlines.

The closed form is one (`models.formulas.ack_time`); here it meets the simulator, and a third
description that shares no code with either, written down message by message in `exchanges`.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.formulas.ack_time import ack_time
from sim.sample import EDGES_S
from tests.theory.shared import Coins, assert_agrees, coins, experiment, mean, of, simulate

PLAIN = {
    "run": {"warmup": "0 s", "messages": 2000, "replications": 24},
    "producer": {"arrivals": {"law": "poisson", "rate": "50/s"}},
    "broker": {"persistent": False},
    "consumer": {"ack": "auto"},
}
GROWING = {"law": "exponential", "first": "100 ms", "factor": 2.0, "cap": "1 s"}


def closed_form(tables):
    """The closed form of the experiment, from its values as they were read."""
    made = experiment(PLAIN, **tables)
    link, producer = made.network.publish, made.producer
    return ack_time(
        delay=link.delay,
        ack_delay=link.ack_delay,
        loss=link.loss,
        ack_loss=link.ack_loss,
        timeout_s=producer.timeout_s,
        retries=producer.retries,
        backoff=producer.backoff,
        deadline_s=producer.deadline_s,
    )


def within(samples, t_s):
    """The messages confirmed within *t_s*, rounded down to an edge of the histogram."""
    place = int(np.searchsorted(EDGES_S, t_s, side="right")) - 1
    events = sum(int(s.confirm_within[place]) for s in samples)
    return float(EDGES_S[place]), Coins(events=events, trials=sum(s.messages for s in samples))


# ---------------------------------------------------------------- quick round trips

HALF = {
    "producer": {"timeout": "200 ms", "retries": 11, "backoff": GROWING},
    "network": {
        "publish": {"delay": "15 ms", "ack_delay": "5 ms", "loss": 0.5, "ack_loss": 0.0},
    },
}


@pytest.fixture(scope="module")
def half():
    """Every second attempt fails, f = 0.5; a round trip of 20 ms, pauses from 0.1 s to 1 s."""
    return simulate(PLAIN, **HALF)


def test_mean_time_to_acknowledgement_with_growing_pauses(half):
    assert_agrees(of("confirm_latency_mean", half), 0.47941392, notice=0.08)


def test_reliability_climbs_by_halves_at_the_times_of_the_attempts(half):
    # t_j = 0.02, and 0.2 plus a pause (0.1, 0.2, 0.4, 0.8) later each: 0.32, 0.72, 1.32, 2.32.
    for attempts, t_s in enumerate((0.022, 0.34, 0.76, 1.39, 2.45), start=1):
        _, observed = within(half, t_s)
        assert_agrees(observed, 1 - 0.5**attempts, notice=0.2)


def test_time_to_delivery_is_shorter_where_acknowledgements_are_lost():
    # f = 0.5 again, but half of what fails has arrived: time to delivery has p in place of f.
    link = {"delay": "15 ms", "ack_delay": "5 ms", "loss": 0.0, "ack_loss": 0.5}
    samples = simulate(PLAIN, producer=HALF["producer"], network={"publish": link})
    assert_agrees(of("confirm_latency_mean", samples), 0.47941392, notice=0.08)
    assert all(s.delivery.greatest_s.max() == pytest.approx(0.015) for s in samples)


# ---------------------------------------------------------------- random pauses

FIXED = {"law": "fixed", "pause": "300 ms"}


@pytest.mark.parametrize(
    ("backoff", "mean_pauses_s"),
    [
        (FIXED | {"jitter": "full"}, [0.15, 0.15]),
        (FIXED | {"jitter": "equal"}, [0.225, 0.225]),
        (FIXED | {"jitter": 0.5}, [0.3, 0.3]),
        ({"law": "uniform", "low": "100 ms", "high": "300 ms"}, [0.2, 0.2]),
        ({"law": "linear", "first": "200 ms", "cap": "300 ms"}, [0.2, 0.3]),
        (GROWING | {"jitter": "full"}, [0.05, 0.1]),
        (GROWING | {"jitter": "equal"}, [0.075, 0.15]),
        # U(0.1, 0.3) first; then U(0.1, 3 X), X in U(0.1, 0.3): (0.1 + 3 * 0.2) / 2.
        (GROWING | {"jitter": "decorrelated"}, [0.2, 0.35]),
    ],
    ids=lambda value: f"{value['law']}-{value.get('jitter', 'none')}" if "law" in value else "",
)
def test_jitter_counts_by_its_mean(backoff, mean_pauses_s):
    """Three attempts; the mean time to acknowledgement is linear in the mean pauses.

    With a = 1 - f, a round trip D below the timeout and t_j the mean time of attempt j,
    E[T | ack] = D + sum over j of a f^(j-1) t_j / (1 - f^3).
    """
    tables = {
        "producer": {"timeout": "100 ms", "retries": 2, "backoff": backoff},
        "network": {
            "publish": {"delay": "10 ms", "ack_delay": "10 ms", "loss": 0.4, "ack_loss": 0}
        },
    }
    times_s = np.cumsum([0.0, 0.1 + mean_pauses_s[0], 0.1 + mean_pauses_s[1]])
    weights = 0.6 * 0.4 ** np.arange(3) / (1 - 0.4**3)
    predicted_s = 0.02 + float(weights @ times_s)
    assert closed_form(tables).mean_s == pytest.approx(predicted_s, rel=1e-4)
    samples = simulate(PLAIN, **tables, run={"messages": 1000})
    assert_agrees(of("confirm_latency_mean", samples), predicted_s, notice=0.1)


# ---------------------------------------------------------------- late answers

LAWS = {
    "exponential": (
        {"law": "exponential", "mean": "100 ms"},
        lambda rng, size: rng.exponential(0.1, size),
    ),
    "lognormal": (
        {"law": "lognormal", "median": "80 ms", "p99": "600 ms"},
        lambda rng, size: np.exp(
            math.log(0.08) + math.log(0.6 / 0.08) / 2.3263478740408408 * rng.standard_normal(size)
        ),
    ),
}
PAUSES_S = np.array([0.05, 0.1, 0.2])
TIMEOUT_S = 0.15
LOSS, ACK_LOSS = 0.2, 0.1


def exchanges(draw, *, size, deadline_s=math.inf, seed=20260101):
    """Play *size* messages of four attempts by hand: what happened, each of shape (size,).

    All attempts are drawn as if each were made. An attempt is made if no answer to an earlier one
    has come before its time and its time is before the deadline. The first answer to an attempt
    that was made confirms, if it comes by the end: the last attempt's timeout, or the deadline.
    """
    rng = np.random.default_rng(seed)
    starts_s = np.concatenate(([0.0], np.cumsum(TIMEOUT_S + PAUSES_S)))
    arrives = rng.random((size, 4)) >= LOSS
    answered = arrives & (rng.random((size, 4)) >= ACK_LOSS)
    answers_s = starts_s + draw(rng, (size, 4)) + draw(rng, (size, 4))
    answers_s[~answered] = np.inf
    end_s = min(starts_s[-1] + TIMEOUT_S, deadline_s)
    first_s = np.full(size, np.inf)
    sends, copies, answers = np.zeros(size), np.zeros(size), np.zeros(size)
    for j, start_s in enumerate(starts_s):
        made = (first_s > start_s) & (start_s < deadline_s)
        sends += made
        copies += made & arrives[:, j]
        answers += made & answered[:, j]
        first_s = np.where(made, np.minimum(first_s, answers_s[:, j]), first_s)
    confirmed = first_s <= end_s
    return {
        "confirmed": confirmed,
        "sends": sends,
        "copies": copies,
        "duplicates": np.maximum(copies - 1, 0),
        "late": answers - confirmed,
        "false_failure": ~confirmed & (copies > 0),
        "latency_s": first_s[confirmed],
    }


def late(law, **producer):
    pauses = {"law": "exponential", "first": "50 ms", "factor": 2.0, "cap": "200 ms"}
    return {
        "producer": {"timeout": "150 ms", "retries": 3, "backoff": pauses, **producer},
        "network": {"publish": {"delay": law, "loss": LOSS, "ack_loss": ACK_LOSS}},
    }


@pytest.mark.parametrize("name", LAWS)
def test_late_answers_confirm_but_cost_copies(name):
    """A timeout shorter than the tail of the round trip.

    Attempt j goes out at s_j unless an answer has come by then, and its answer takes D with cdf G,
    if there is one (probability a = (1-p)(1-q)). Answers of different attempts are independent, so
    nothing has come by t with probability prod (1 - a G(t - s_j)) over s_j <= t. At the end H of
    the last timeout this is the probability of failure; at s_j it is the probability that attempt
    j is made. Summed over j it is E[sends], times 1 - p E[copies]. Less P(delivered) = 1 - p^n are
    the duplicates; a E[sends] - P_ack are the answers that come too late. The mean time is the
    integral of P(T > t) - P(T > H) over (0, H), divided by P_ack.
    """
    law, draw = LAWS[name]
    tables = late(law)
    form = closed_form(tables)
    played = exchanges(draw, size=200_000)
    samples = simulate(PLAIN, **tables)

    # The closed form against the play.
    for got, expected, notice in [
        (played["sends"], form.sends_per_message, 0.02),
        (played["copies"], form.copies_per_message, 0.02),
        (played["duplicates"], form.duplicates_per_message, 0.03),
        (played["late"], form.late_acks_per_message, 0.03),
        (played["latency_s"], form.mean_s, 0.02),
    ]:
        assert_agrees(mean(got), expected, notice=notice)
    for key, expected in (("confirmed", form.confirmed), ("false_failure", form.false_failure)):
        assert_agrees(Coins(events=int(played[key].sum()), trials=200_000), expected, notice=0.1)

    # The simulator against the closed form.
    assert_agrees(coins("failed", samples), form.failed, notice=0.25)
    assert_agrees(coins("false_failure", samples), form.false_failure, notice=0.25)
    assert_agrees(of("sends_per_message", samples), form.sends_per_message, notice=0.05)
    assert_agrees(of("copies_per_message", samples), form.copies_per_message, notice=0.05)
    assert_agrees(of("confirm_latency_mean", samples), form.mean_s, notice=0.08)
    for level in (0.1, 0.3, 0.5, 0.7, 0.85):
        edge_s, observed = within(samples, float(form.quantile_s(level)))
        assert_agrees(observed, float(form.reliability(edge_s)), notice=0.15)


@pytest.mark.parametrize("deadline", ["120 ms", "400 ms", "700 ms"])
def test_a_deadline_ends_the_waiting_wherever_it_falls(deadline):
    # Within the first timeout, within a pause's reach, and behind the third attempt.
    law, draw = LAWS["exponential"]
    tables = late(law, deadline=deadline)
    form = closed_form(tables)
    deadline_s = float(deadline.removesuffix(" ms")) / 1000
    played = exchanges(draw, size=100_000, deadline_s=deadline_s)
    samples = simulate(PLAIN, **tables, run={"messages": 1000})
    events = int(played["confirmed"].sum())
    assert_agrees(Coins(events=events, trials=100_000), form.confirmed, notice=0.1)
    assert_agrees(coins("confirmed", samples), form.confirmed, notice=0.2)
    assert_agrees(of("confirm_latency_mean", samples), form.mean_s, notice=0.1)
    if deadline != "120 ms":
        assert_agrees(of("sends_per_message", samples), form.sends_per_message, notice=0.05)
    longest_s = max(float(s.confirm.greatest_s.max()) for s in samples)
    assert longest_s <= deadline_s
