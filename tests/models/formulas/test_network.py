"""The closed forms of the network, against enumeration and limits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from models.formulas.network import LONGEST_S as FORM_LONGEST_S
from models.formulas.network import (
    TIMER_S,
    Chain,
    doubled_by_cut,
    failed_in_bursts,
    retransmission_s,
    stationary,
)
from models.formulas.retry import retry
from models.network.loss import LONGEST_S, RETRANSMIT_S

NEVER = Chain(good_loss=0.0, bad_loss=0.0, good_to_bad=0.0, bad_to_good=1.0)
STORMY = Chain(good_loss=0.05, bad_loss=0.8, good_to_bad=0.1, bad_to_good=0.3)


def alike(loss):
    return Chain(good_loss=loss, bad_loss=loss, good_to_bad=0.2, bad_to_good=0.4)


def test_states_that_lose_alike_are_independent_losses():
    for loss, ack_loss, retries in itertools.product((0.0, 0.3, 1.0), (0.0, 0.2), (0, 1, 4)):
        expected = retry(loss=loss, ack_loss=ack_loss, retries=retries).failed
        failed = failed_in_bursts(there=alike(loss), back=alike(ack_loss), retries=retries)
        assert failed == pytest.approx(expected)


def test_a_chain_that_forgets_is_independent_losses():
    # Whatever the state, the next is bad with 1/4.
    forgetful = Chain(good_loss=0.1, bad_loss=0.9, good_to_bad=0.25, bad_to_good=0.75)
    failed = failed_in_bursts(there=forgetful, back=NEVER, retries=3)
    assert failed == pytest.approx(forgetful.mean_loss**4)
    assert forgetful.mean_loss == pytest.approx(0.3)


def test_one_attempt_meets_the_stationary_state():
    assert STORMY.bad_share == pytest.approx(0.25)
    assert STORMY.mean_loss == pytest.approx(0.05 * 0.75 + 0.8 * 0.25)
    assert failed_in_bursts(there=STORMY, back=NEVER, retries=0) == pytest.approx(STORMY.mean_loss)


def test_bursts_make_retries_worth_less():
    failed = failed_in_bursts(there=STORMY, back=NEVER, retries=2)
    assert failed > 3 * STORMY.mean_loss**3


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_played_out_packet_by_packet(retries):
    """The same, by a long walk of the distribution over messages."""
    there, back = STORMY, Chain(good_loss=0.1, bad_loss=0.6, good_to_bad=0.3, bad_to_good=0.2)
    law = {(a, b): 0.25 for a in (0, 1) for b in (0, 1)}
    for _ in range(300):
        failed, after = 0.0, dict.fromkeys(law, 0.0)
        open_ = dict(law)
        for _ in range(retries + 1):
            going = dict.fromkeys(law, 0.0)
            for (a, b), weight in open_.items():
                lost, no_ack = there.losses[a], back.losses[b]
                for a2 in (0, 1):
                    moved = weight * there.moves[a, a2]
                    going[a2, b] += moved * lost
                    for b2 in (0, 1):
                        both = moved * (1 - lost) * back.moves[b, b2]
                        going[a2, b2] += both * no_ack
                        after[a2, b2] += both * (1 - no_ack)
            open_ = going
        failed = sum(open_.values())
        law = {state: after[state] + open_[state] for state in law}
    assert failed_in_bursts(there=there, back=back, retries=retries) == pytest.approx(failed)


def test_a_stationary_law_is_one():
    moves = np.array([[0.9, 0.1, 0.0], [0.0, 0.5, 0.5], [0.25, 0.25, 0.5]])
    law = stationary(moves)
    assert law.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(law @ moves, law)


def test_the_timers_are_those_of_the_model():
    assert (TIMER_S, FORM_LONGEST_S) == (RETRANSMIT_S, LONGEST_S)


def test_retransmissions_cost_the_timers_that_ran():
    assert retransmission_s(loss=0.0) == 0.0
    assert retransmission_s(loss=0.1) == pytest.approx(0.2 * 0.1 / 0.8)
    assert retransmission_s(loss=0.25) == pytest.approx(0.2 * 0.25 / 0.5, rel=1e-3)
    # From a loss of a half on only the longest timer keeps the mean finite.
    capped = sum(0.5**n * min(0.2 * 2 ** (n - 1), 120.0) for n in range(1, 200))
    assert retransmission_s(loss=0.5) == pytest.approx(capped)
    with pytest.raises(ValueError, match="loss must be < 1, got 1"):
        retransmission_s(loss=1.0)


def test_a_cut_doubles_what_is_on_its_way_back():
    assert doubled_by_cut(there_s=0.3, back_s=0.1) == pytest.approx(0.25)
    assert doubled_by_cut(there_s=0.3, back_s=0.1, cuts_per_s=1e-6) == pytest.approx(0.25)
    assert doubled_by_cut(there_s=0.0, back_s=0.0) == 0.0
    # The first exchange after a cut is the likeliest to be met, so its way there is.
    often = doubled_by_cut(there_s=0.3, back_s=0.1, cuts_per_s=2.0)
    met = [np.exp(-2 * (0.4 * n + 0.3)) - np.exp(-0.8 * (n + 1)) for n in range(200)]
    assert often < 0.25
    assert often == pytest.approx(sum(met))
    with pytest.raises(ValueError, match="back_s must be >= 0, got -1"):
        doubled_by_cut(there_s=1, back_s=-1)
