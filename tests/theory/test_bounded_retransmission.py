"""The bounded retransmission protocol, exactly: one chunk is one message with MAX retries.

The model and its figures are those of the case study "brp" of PRISM (prismmodelchecker.org), which
Storm's benchmarks hold too: a file of N chunks over a line that loses a frame with probability .02
and an acknowledgement with .01; each chunk is sent MAX + 1 times at most. After P. D'Argenio,
J.-P. Katoen, T. Ruys, G. Tretmans, "The bounded retransmission protocol must be on time!", TACAS
1997. p1: the sender does not report a success; p2: it does not know of the last chunk; p4: it gave
up, and no chunk ever arrived.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import pytest

from models.exact.chain import absorption
from models.exact.message import Protocol, outcome_matrix

LOSS, ACK_LOSS = Fraction(2, 100), Fraction(1, 100)


class Transfer(NamedTuple):
    chunk: int
    sends: int
    arrived: bool
    report: str


def report(chunks, most):
    """The ends of a transfer, as they are walked through, frame by frame."""

    def steps(state):
        if state.report:
            return
        last = state.chunk + 1 == chunks
        given_up = "unknown" if last else "failed"
        heard = Transfer(state.chunk + 1, 0, True, "succeeded" if last else "")
        again = Transfer(state.chunk, state.sends + 1, state.arrived, "")
        for weight, there, acknowledged in (
            (LOSS, False, False),
            ((1 - LOSS) * ACK_LOSS, True, False),
            ((1 - LOSS) * (1 - ACK_LOSS), True, True),
        ):
            here = again._replace(arrived=again.arrived or there)
            if acknowledged:
                yield weight, heard
            elif here.sends > most:
                yield weight, here._replace(report=given_up)
            else:
                yield weight, here

    return absorption(Transfer(0, 0, False, ""), steps)


def probabilities(chunks, most):
    ends = report(chunks, most)
    assert sum(ends.values()) == 1
    p1 = sum(p for end, p in ends.items() if end.report != "succeeded")
    p2 = sum(p for end, p in ends.items() if end.report == "unknown")
    p4 = sum(p for end, p in ends.items() if end.report != "succeeded" and not end.arrived)
    return p1, p2, p4


@pytest.mark.parametrize(
    ("chunks", "most", "p1", "p2", "p4"),
    [
        (16, 2, 4.233334437734179e-4, 2.6453089120221642e-5, 8e-6),
        (16, 5, 1.1205147165825366e-8, None, None),
        (64, 12, 9.353871662342204e-19, None, 8.192e-23),
    ],
)
def test_the_figures_of_prism_and_storm(chunks, most, p1, p2, p4):
    found = probabilities(chunks, most)
    for exact, published in zip(found, (p1, p2, p4), strict=True):
        if published is not None:
            assert float(exact) == pytest.approx(published, rel=1e-12)


@pytest.mark.parametrize("chunks", [16, 32, 64])
@pytest.mark.parametrize("most", [2, 3, 4, 5])
def test_a_chunk_is_a_message_with_retries(chunks, most):
    """The frames, the chain of one message, and the closed form are one fraction."""
    message = outcome_matrix(Protocol(attempts=most + 1, loss=LOSS, ack_loss=ACK_LOSS))
    failed = sum(p for (belief, _), p in message.items() if belief == "failed")
    f = 1 - (1 - LOSS) * (1 - ACK_LOSS)
    assert failed == f ** (most + 1)
    p1, p2, p4 = probabilities(chunks, most)
    assert p1 == 1 - (1 - failed) ** chunks
    assert p2 == (1 - failed) ** (chunks - 1) * failed
    assert p4 == LOSS ** (most + 1)
