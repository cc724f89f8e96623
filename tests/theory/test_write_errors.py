"""Writes that the disk refuses: every attempt is a coin of its own."""

from __future__ import annotations

import pytest

from tests.theory.shared import assert_agrees, coins, mean, simulate

FLAKY = {
    "run": {"messages": 4000, "warmup": "1 s", "replications": 5},
    "producer": {
        "arrivals": {"law": "regular", "rate": "100/s"},
        "retries": 3,
        "backoff": {"law": "none"},
    },
    "broker": {"confirm_when": "written"},
    "disk": {"failure": 0.5, "sync": "0 s"},
}


@pytest.fixture(scope="module")
def flaky():
    return simulate(FLAKY)


def test_a_message_is_kept_if_one_of_its_attempts_is(flaky):
    """P_ack = 1 - f^n with n attempts; what is refused n times is reported."""
    assert_agrees(coins("confirmed", flaky), 1 - 0.5**4, notice=0.2)
    assert_agrees(coins("reported_loss", flaky), 0.5**4, notice=0.2)
    assert sum(sample.parts["silent_loss"][0] for sample in flaky) == 0


def test_attempts_follow_one_another_without_a_timeout(flaky):
    """E[sends] = (1 - f^n) / (1 - f)."""
    sends = [sample.parts["sends_per_message"] for sample in flaky]
    assert_agrees(mean([a / b for a, b in sends]), (1 - 0.5**4) / 0.5, notice=0.05)
    # The timeout is 500 ms, the backoff nothing: nobody has waited for either.
    assert all(sample.confirm_within[-1] == sample.parts["confirmed"][0] for sample in flaky)


def test_confirmed_before_it_is_written_a_message_is_lost_without_a_word():
    """Nothing is sent again: f of the messages are silent losses."""
    samples = simulate(FLAKY, broker={"confirm_when": "received"})
    assert_agrees(coins("silent_loss", samples), 0.5, notice=0.05)
    assert all(sample.parts["confirmed"][0] == sample.messages for sample in samples)


def test_a_consumer_may_be_quicker_than_the_disk():
    """A copy is given out before it is written: then a refused write makes a second effect.

    Written one at a time in a constant time that the service does not exceed, each copy has its
    effect first, and is refused after it with probability f.
    """
    samples = simulate(FLAKY, disk={"write": "1 ms"}, consumer={"service": "500 us"})
    assert_agrees(coins("duplicated", samples), 0.5, notice=0.05)
    assert all(sample.parts["delivered"][0] == sample.messages for sample in samples)
    effects = [sample.parts["effects_per_message"] for sample in samples]
    assert_agrees(mean([a / b for a, b in effects]), (1 - 0.5**4) / 0.5, notice=0.05)
