"""Queues: how long, how full, who waits, who is turned away. Times are in mean services, mu = 1/s.

Messages of one queue are far from independent, so all intervals are over replications.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.formulas.queue_variants import breakdowns
from models.formulas.queueing import mm1k
from tests.theory.shared import assert_agrees, ledgers, of, ratio, simulate

EXPONENTIAL = {"law": "exponential", "mean": "1 s"}
QUEUE = {
    "run": {"warmup": "200 s", "messages": 3000, "replications": 24},
    "producer": {"confirm": False, "arrivals": {"law": "poisson", "rate": "0.5/s"}},
    "broker": {"persistent": False, "redelivery": {"ack_timeout": "inf"}},
    "consumer": {"service": EXPONENTIAL},
}


def at_rate(rate_per_s, **producer):
    return {"arrivals": {"law": "poisson", "rate": rate_per_s}, **producer}


# ---------------------------------------------------------------- several servers

THREE = {"instances": 3, "service": EXPONENTIAL}
BUSY = {"warmup": "300 s", "messages": 6000, "replications": 32}


def test_sojourn_of_three_servers():
    samples = simulate(QUEUE, run=BUSY, producer=at_rate(2.4), consumer=THREE)
    assert_agrees(of("sojourn_mean", samples), 2.0786517, notice=0.1)
    assert_agrees(of("queue_length", samples), 2.4 * 2.0786517, notice=0.12)
    assert_agrees(of("service_mean", samples), 1.0, notice=0.02)
    assert_agrees(of("throughput", samples), 2.4, notice=0.02)


def test_sojourn_of_a_bus_with_three_worker_threads():
    samples = simulate(
        QUEUE,
        run=BUSY,
        producer=at_rate(2.4),
        broker={"shape": "bus"},
        consumer={"concurrency": 3, "service": EXPONENTIAL},
    )
    assert_agrees(of("sojourn_mean", samples), 2.0786517, notice=0.1)


def waits(ledger, measured):
    """How many measured messages waited: delivered (each once) after they were stored."""
    stored_s = np.full(len(ledger.created), np.nan)
    delivered_s = stored_s.copy()
    stored_s[ledger.stored.messages()] = ledger.stored.times_s()
    delivered_s[ledger.delivered.messages()] = ledger.delivered.times_s()
    return int((delivered_s > stored_s)[measured.start : measured.stop].sum()), len(measured)


@pytest.mark.parametrize(
    "servers",
    [THREE, {"concurrency": 3, "prefetch": 3, "service": EXPONENTIAL}],
    ids=["three consumers", "one consumer with three hands"],
)
def test_who_has_to_wait_for_three_servers(servers):
    waited, messages = zip(
        *(
            waits(*run)
            for run in ledgers(
                QUEUE, run={**BUSY, "replications": 16}, producer=at_rate(2.4), consumer=servers
            )
        ),
        strict=True,
    )
    assert_agrees(ratio(waited, messages), 0.64719101, notice=0.12)


# ---------------------------------------------------------------- one server


def test_constant_service_halves_the_wait():
    samples = simulate(
        QUEUE,
        run={"messages": 5000, "replications": 32},
        producer=at_rate(0.8),
        consumer={"service": "1 s"},
    )
    assert_agrees(of("sojourn_mean", samples), 3.0, notice=0.1)


def test_failures_come_back_and_wait_again():
    samples = simulate(QUEUE, consumer={"failure": 0.2}, run={"replications": 40})
    assert_agrees(of("sojourn_mean", samples), 3.3333333, notice=0.1)


@pytest.mark.parametrize("rate_per_s", [0.8, 1.0, 2.0])
def test_a_bounded_queue_turns_messages_away(rate_per_s):
    # Three wait and one is served: K = 4. At the critical load it is full one time in five.
    samples = simulate(
        QUEUE,
        run={"warmup": "50 s", "messages": 2000},
        producer=at_rate(rate_per_s),
        broker={"capacity": 3},
    )
    form = mm1k(arrival_rate_per_s=rate_per_s, service_mean_s=1.0, capacity=4)
    if rate_per_s == 1.0:
        assert form.blocked == pytest.approx(0.2)
    assert_agrees(of("lost", samples), form.blocked, notice=0.2)
    assert_agrees(of("queue_length", samples), form.number, notice=0.12)
    assert_agrees(of("sojourn_mean", samples), form.sojourn_s, notice=0.1)


def test_a_server_that_fails_is_worth_less_than_its_uptime():
    """M/M/1 with breakdowns: work is lost, but exponential work has no memory.

    Up-times and repairs are exponential, and the broker sees a death at once; what was being worked
    on is given out again, first in the queue, when the consumer is back.
    """
    samples = simulate(
        {
            **QUEUE,
            "faults": [
                {
                    "target": "consumer",
                    "kind": "crash",
                    "every": "10 s",
                    "lasts": {"law": "exponential", "mean": "2 s"},
                }
            ],
        },
        run={"replications": 40},
    )
    form = breakdowns(arrival_rate_per_s=0.5, service_mean_s=1.0, up_mean_s=10.0, repair_mean_s=2.0)
    assert_agrees(of("queue_length", samples), form.number, notice=0.15)
    assert_agrees(of("sojourn_mean", samples), form.sojourn_s, notice=0.15)


@pytest.mark.parametrize("dead_letter", [True, False])
def test_messages_that_wait_too_long_expire(dead_letter):
    """M/M/1 whose customers leave when they have waited for tau.

    The work in front of an arrival has, by level crossings, the density l P0 e^(-(m - l) x) up to
    tau, and falls by e^(-m (x - tau)) from there on, since nobody who finds more is ever served.
    With E = e^(-(m - l) tau) and rho = l/m, P(work > tau) = rho (1 - rho) E / (1 - rho^2 E)
    (own derivation; D. Y. Barrer, "Queuing with impatient customers", 1957).
    """
    rate, tau_s = 0.8, 2.0
    e = math.exp(-(1 - rate) * tau_s)
    predicted = rate * (1 - rate) * e / (1 - rate**2 * e)
    samples = simulate(
        QUEUE,
        run={"warmup": "50 s", "messages": 2000},
        producer=at_rate(rate),
        broker={"ttl": tau_s, "redelivery": {"dead_letter": dead_letter, "ack_timeout": "inf"}},
    )
    gone, none = ("dead_lettered", "lost") if dead_letter else ("lost", "dead_lettered")
    assert_agrees(of(gone, samples), predicted, notice=0.15)
    assert of(none, samples).value == 0.0


# ---------------------------------------------------------------- Little


def test_little_holds_run_by_run():
    """L = l W in each replication, up to its ends: 6000 s against ten messages of ten seconds."""
    for sample in simulate(QUEUE, run={"replications": 5}):
        above, below = sample.parts["sojourn_mean"]
        length, window_s = sample.parts["queue_length"]
        rate_per_s = sample.arrivals / sample.window_s
        assert length / window_s == pytest.approx(rate_per_s * above / below, rel=0.02)
