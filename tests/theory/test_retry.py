"""Stop and wait with retries: belief, copies and false failures, against the textbook."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from models.formulas.retry import copies_pmf, retry
from tests.theory.shared import Coins, assert_agrees, coins, of, simulate

LOSSY = {
    "run": {"warmup": "0 s", "messages": 4000, "replications": 12},
    "broker": {"persistent": False},
    "consumer": {"ack": "auto"},
}


def lossy(loss, ack_loss, retries, **tables):
    return simulate(
        LOSSY,
        network={"publish": {"loss": loss, "ack_loss": ack_loss}},
        producer={"retries": retries},
        **tables,
    )


@pytest.fixture(scope="module")
def tenth():
    """p = q = 0.1 and three retries, 400 000 messages."""
    return lossy(0.1, 0.1, 3, run={"messages": 40_000, "replications": 10})


def with_copies(samples, number):
    copies = sum(s.copies[number] for s in samples if number < len(s.copies))
    return Coins(events=int(copies), trials=sum(s.messages for s in samples))


@pytest.mark.parametrize(
    ("estimate", "predicted", "notice"),
    [
        ("confirmed", 0.99869679, 0.25),
        ("failed", 0.00130321, 0.25),
        ("false_failure", 0.00120321, 0.25),
        ("delivered", 0.9999, 1.0),
        ("lost", 1e-4, 1.0),
    ],
)
def test_what_a_tenth_lost_each_way_leaves(tenth, estimate, predicted, notice):
    assert_agrees(coins(estimate, tenth), predicted, notice=notice)


@pytest.mark.parametrize(
    ("number", "predicted", "notice"),
    [
        (0, 1e-4, 1.0),
        (1, 0.90027, 0.05),
        (2, 0.090153, 0.05),
        (3, 0.0088209, 0.1),
        (4, 0.0006561, 0.35),
    ],
)
def test_how_many_copies_a_tenth_lost_each_way_makes(tenth, number, predicted, notice):
    assert_agrees(with_copies(tenth, number), predicted, notice=notice)


def test_mean_duplicates_and_sends(tenth):
    # Duplicates are copies beyond the first: E[copies] - P(delivered).
    copies = np.array([s.parts["copies_per_message"] for s in tenth])
    delivered = np.array([s.parts["delivered"][0] for s in tenth])
    duplicates = [
        SimpleNamespace(parts={"duplicates": (above - reached, below)})
        for (above, below), reached in zip(copies, delivered, strict=True)
    ]
    assert_agrees(of("duplicates", duplicates), 0.1097631, notice=0.05)
    assert_agrees(of("copies_per_message", tenth), 0.9 * (1 - 0.19**4) / 0.81, notice=0.01)
    assert_agrees(of("sends_per_message", tenth), (1 - 0.19**4) / 0.81, notice=0.01)


def test_nothing_is_lost_where_the_failure_is_false(tenth):
    assert all(s.parts["silent_loss"][0] == 0 for s in tenth)
    assert all(
        s.parts["failed"][0] == s.parts["false_failure"][0] + s.parts["lost"][0] for s in tenth
    )


@pytest.mark.parametrize(
    ("loss", "ack_loss", "retries"), [(0.4, 0.4, 2), (0.5, 0.0, 3), (0.0, 0.5, 1), (0.3, 0.6, 5)]
)
def test_loud_networks_agree_closely(loss, ack_loss, retries):
    samples = lossy(loss, ack_loss, retries)
    form = retry(loss=loss, ack_loss=ack_loss, retries=retries)
    assert_agrees(coins("confirmed", samples), form.confirmed, notice=0.1)
    for name in ("delivered", "false_failure"):
        predicted = getattr(form, name)
        if 0 < predicted < 1 and min(predicted, 1 - predicted) > 0.02:
            assert_agrees(coins(name, samples), predicted, notice=0.25)
    assert_agrees(of("sends_per_message", samples), form.sends_per_message, notice=0.05)
    assert_agrees(of("copies_per_message", samples), form.copies_per_message, notice=0.05)
    for number, predicted in enumerate(copies_pmf(loss=loss, ack_loss=ack_loss, retries=retries)):
        if predicted > 0.05:
            assert_agrees(with_copies(samples, number), predicted, notice=0.2)


@pytest.mark.parametrize(("loss", "ack_loss", "retries"), [(0.4, 0.4, 2), (0.5, 0.3, 1)])
def test_a_broker_that_knows_repeats_delivers_once_and_confirms_as_often(loss, ack_loss, retries):
    samples = simulate(
        LOSSY,
        network={"publish": {"loss": loss, "ack_loss": ack_loss}},
        producer={"retries": retries},
        broker={**LOSSY["broker"], "dedup_window": "inf"},
    )
    form = retry(loss=loss, ack_loss=ack_loss, retries=retries)
    assert all(s.parts["duplicated"][0] == 0 for s in samples)
    assert_agrees(coins("once", samples), form.delivered, notice=0.1)
    assert_agrees(coins("confirmed", samples), form.confirmed, notice=0.1)
    assert_agrees(of("copies_per_message", samples), form.copies_per_message, notice=0.05)


def test_fire_and_forget_delivers_what_is_not_lost():
    samples = simulate(
        LOSSY,
        producer={"confirm": False},
        network={"publish": {"loss": 0.3}},
    )
    assert_agrees(coins("delivered", samples), 0.7, notice=0.1)
    assert_agrees(coins("unknown_loss", samples), 0.3, notice=0.1)
    assert all(s.parts["unknown"][0] == s.messages for s in samples)
    assert all(s.parts["sends_per_message"][0] == s.messages for s in samples)
