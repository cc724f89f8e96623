"""One message's protocol: the chain against closed forms, and against a throw of dice."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from models.exact.message import Protocol, outcome_matrix
from models.formulas.redelivery import redelivery
from models.formulas.retry import retry


def total(matrix, *, belief=None, fate=None):
    return sum(
        weight
        for (believed, became), weight in matrix.items()
        if belief in (None, believed) and fate in (None, became)
    )


@pytest.mark.parametrize("retries", [0, 1, 3, 7])
@pytest.mark.parametrize(("loss", "ack_loss"), [(0.1, 0.1), (0.3, 0.0), (0.0, 0.4), (0.03, 0.2)])
def test_retries_as_the_closed_form_has_them(retries, loss, ack_loss):
    matrix = outcome_matrix(Protocol(attempts=retries + 1, loss=loss, ack_loss=ack_loss))
    form = retry(loss=loss, ack_loss=ack_loss, retries=retries)
    assert total(matrix, belief="confirmed") == pytest.approx(form.confirmed, rel=1e-12)
    assert total(matrix, fate="lost") == pytest.approx(form.lost, rel=1e-9, abs=1e-15)
    assert matrix.get(("confirmed", "lost"), 0) == 0
    false_failure = total(matrix, belief="failed") - total(matrix, belief="failed", fate="lost")
    assert false_failure == pytest.approx(form.false_failure, rel=1e-9, abs=1e-15)
    assert total(matrix) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("deliveries", [1, 2, 5, 21])
def test_deliveries_as_the_closed_form_has_them(deliveries):
    matrix = outcome_matrix(Protocol(failure=0.2, deliver_ack_loss=0.05, deliveries=deliveries))
    form = redelivery(failure=0.2, ack_loss=0.05, deliveries=deliveries)
    # A refusal that is lost brings the message back all the same.
    assert total(matrix, fate="dead_lettered") == pytest.approx(form.dead_lettered, rel=1e-12)
    assert total(matrix, fate="duplicated") == pytest.approx(form.duplicated, rel=1e-9, abs=1e-15)


def test_without_a_limit_some_delivery_succeeds():
    matrix = outcome_matrix(Protocol(failure=0.5, deliver_loss=0.3, deliver_ack_loss=0.2))
    assert total(matrix, fate="lost") == 0
    # If the acknowledgement of its first effect is lost, it comes again until it has another.
    assert total(matrix, fate="once") == pytest.approx(0.8, rel=1e-12)


def test_what_is_never_acknowledged_goes_on_for_ever():
    with pytest.raises(ValueError, match="may never end"):
        outcome_matrix(Protocol(failure=1.0))


def test_fractions_give_an_exact_answer():
    tenth = Fraction(1, 10)
    matrix = outcome_matrix(Protocol(attempts=4, loss=tenth, ack_loss=tenth))
    assert total(matrix, fate="lost") == tenth**4
    assert total(matrix, belief="confirmed") == 1 - (1 - Fraction(9, 10) ** 2) ** 4


@pytest.mark.parametrize(
    "protocol",
    [
        Protocol(attempts=3, loss=0.2, ack_loss=0.3, failure=0.3, deliveries=3),
        Protocol(attempts=3, loss=0.2, ack_loss=0.3, recognises=True, deliver_ack_loss=0.2),
        Protocol(ack="auto", deliver_loss=0.2, failure=0.3, crash_before_effect=0.1),
        Protocol(ack="before", deliver_loss=0.2, deliver_ack_loss=0.3, failure=0.3, deliveries=3),
        Protocol(on_failure="reject", failure=0.3, deliver_ack_loss=0.4, parks=False),
        Protocol(on_failure="ignore", failure=0.3, deliveries=2, crash_after_effect=0.2),
        Protocol(attempts=2, ack_loss=0.5, remembers=True, deliver_ack_loss=0.3, deliveries=4),
        Protocol(confirm=False, loss=0.3),
    ],
)
def test_the_chain_is_what_dice_say(protocol):
    matrix = outcome_matrix(protocol)
    luck, size = np.random.default_rng(1), 20_000
    seen = {}
    for _ in range(size):
        cell = thrown(protocol, luck.random)
        seen[cell] = seen.get(cell, 0) + 1
    assert set(seen) <= {cell for cell, weight in matrix.items() if weight}
    for cell, weight in matrix.items():
        # Six standard errors, and a little for what is rare.
        error = math.sqrt(weight * (1 - weight) / size)
        assert abs(seen.get(cell, 0) / size - weight) < 6 * error + 3 / size, cell


def thrown(protocol, u):
    """Play the protocol once, in plain steps."""
    copies, belief = 0, "failed"
    for _ in range(protocol.attempts):
        if u() < protocol.loss:
            continue
        copies = 1 if protocol.recognises else copies + 1
        if u() >= protocol.ack_loss:
            belief = "confirmed"
            break
    if not protocol.confirm:
        belief = "unknown"
    effects, parked = 0, False
    for _ in range(copies):
        more, given_up = deliveries_of_one(protocol, u, effects)
        effects += more
        parked |= given_up and protocol.parks
    if effects:
        return belief, "once" if effects == 1 else "duplicated"
    return belief, "dead_lettered" if parked else "lost"


def deliveries_of_one(protocol, u, before):
    effects = made = 0
    while True:
        made += 1
        last = made == protocol.deliveries
        if u() < protocol.deliver_loss:
            acknowledged, rejected = protocol.ack == "auto", False
        else:
            known = protocol.remembers and before + effects > 0
            dead = not known and u() < protocol.crash_before_effect
            failed = not (known or dead) and u() < protocol.failure
            works = not (known or dead or failed)
            effects += works
            speaks = known or failed or (works and u() >= protocol.crash_after_effect)
            heard = u() >= protocol.deliver_ack_loss
            if protocol.ack != "after":
                acknowledged, rejected = protocol.ack == "auto" or heard, False
            else:
                acknowledged = speaks and heard and not failed
                rejected = failed and heard and protocol.on_failure == "reject"
        if acknowledged:
            return effects, False
        if rejected or last:
            return effects, True


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"loss": 1.5}, "loss"),
        ({"attempts": 0}, "attempts"),
        ({"ack": "never"}, "ack must be one of"),
    ],
)
def test_impossible_protocols_are_refused(wrong, line):
    with pytest.raises(ValueError, match=line):
        Protocol(**wrong)
