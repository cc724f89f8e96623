"""The bounded retransmission protocol, written in PRISM's language, against one message of ours.

The text is evaluated here state by state (`tests.theory.prism`), and by Storm where that is
installed (`pip install stormpy`; C. Hensel, S. Junges, J.-P. Katoen, T. Quatmann, M. Volk, "The
probabilistic model checker Storm", Int. J. Softw. Tools Technol. Transfer 24, 2022).
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from models.exact.chain import absorption
from models.exact.message import Protocol, outcome_matrix
from tests.theory.prism import Model

TEXT = Path(__file__).with_name("bounded_retransmission.pm").read_text(encoding="utf-8")
SIZES = [(chunks, most) for chunks in (16, 32, 64) for most in (2, 3, 4, 5)]


def ours(chunks, most):
    """p1, p2 and p4 of so many messages with so many retries, as fractions."""
    loss, ack_loss = Fraction(2, 100), Fraction(1, 100)
    message = outcome_matrix(Protocol(attempts=most + 1, loss=loss, ack_loss=ack_loss))
    failed = sum(p for (belief, _), p in message.items() if belief == "failed")
    missing = sum(p for (_, fate), p in message.items() if fate == "lost")
    return 1 - (1 - failed) ** chunks, (1 - failed) ** (chunks - 1) * failed, missing


@pytest.mark.parametrize(("chunks", "most"), [*SIZES, (64, 12)])
def test_the_text_says_what_one_message_does(chunks, most):
    model = Model(TEXT, N=chunks, MAX=most)
    ends = [(model.values(end), p) for end, p in absorption(model.first, model.steps).items()]
    assert {end["s"] for end, _ in ends} == {4, 5}
    p1 = sum(p for end, p in ends if end["s"] == 5)
    p2 = sum(p for end, p in ends if end["s"] == 5 and end["chunk"] == chunks)
    p4 = sum(p for end, p in ends if end["s"] == 5 and end["taken"] == 0)
    assert (p1, p2, p4) == ours(chunks, most)
    # The bit is there for this: whatever is sent again, a chunk is taken once.
    assert all(end["taken"] == chunks for end, _ in ends if end["s"] == 4)
    assert all(end["taken"] <= end["chunk"] for end, _ in ends)


def test_storm_finds_the_same_fractions(tmp_path):
    stormpy = pytest.importorskip("stormpy", minversion="2.0")
    for chunks, most in [*SIZES, (64, 12)]:
        text = TEXT.replace("const int N;", f"const int N = {chunks};")
        text = text.replace("const int MAX;", f"const int MAX = {most};")
        file = tmp_path / f"{chunks}_{most}.pm"
        file.write_text(text, encoding="utf-8")
        program = stormpy.parse_prism_program(str(file))
        asked = "P=? [F s=5]; P=? [F s=5 & chunk=N]; P=? [F s=5 & taken=0]"
        properties = stormpy.parse_properties(asked, program)
        model = stormpy.build_model[stormpy.Rational](program, properties)
        (first,) = model.initial_states
        found = [stormpy.model_checking(model, one).get_value(first) for one in properties]
        assert [Fraction(str(value)) for value in found] == list(ours(chunks, most))


def test_a_text_that_would_need_a_die_is_refused():
    text = "dtmc module a x : [0..1] init 0; [up] x=0 -> (x'=1); [on] x=0 -> (x'=0); endmodule"
    model = Model(text)
    with pytest.raises(ValueError, match="more than one thing can happen"):
        list(model.steps(model.first))
