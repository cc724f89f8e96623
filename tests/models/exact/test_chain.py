from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.exact.chain import absorption


def gambler(stake, goal, p):
    def steps(state):
        if 0 < state < goal:
            yield p, state + 1
            yield 1 - p, state - 1

    return absorption(stake, steps)


def test_a_chain_without_loops():
    found = absorption(
        (0, 0), lambda s: [(0.25, (s[0] + 1, s[1])), (0.75, (s[0], s[1] + 1))] if sum(s) < 3 else []
    )
    assert found == {
        (3, 0): pytest.approx(0.25**3),
        (2, 1): pytest.approx(3 * 0.25**2 * 0.75),
        (1, 2): pytest.approx(3 * 0.25 * 0.75**2),
        (0, 3): pytest.approx(0.75**3),
    }


@pytest.mark.parametrize(("stake", "goal", "p"), [(3, 10, 0.4), (1, 4, 0.5), (5, 6, 0.9)])
def test_the_gamblers_ruin(stake, goal, p):
    odds = (1 - p) / p
    fair = stake / goal
    expected = fair if p == 0.5 else (1 - odds**stake) / (1 - odds**goal)
    assert gambler(stake, goal, p)[goal] == pytest.approx(expected, rel=1e-12)


def test_fractions_stay_exact():
    p = Fraction(2, 5)
    odds = (1 - p) / p
    assert gambler(3, 10, p) == {
        10: (1 - odds**3) / (1 - odds**10),
        0: 1 - (1 - odds**3) / (1 - odds**10),
    }


def test_a_state_that_stays_where_it_is():
    def steps(state):
        if state == "try":
            yield from [(0.7, "try"), (0.1, "fails"), (0.2, "succeeds")]

    assert absorption("try", steps) == {
        "fails": pytest.approx(1 / 3),
        "succeeds": pytest.approx(2 / 3),
    }


def test_a_chain_that_is_over_at_once():
    assert absorption("end", lambda _state: []) == {"end": 1}


@pytest.mark.parametrize("one", [1.0, Fraction(1)])
def test_a_chain_that_may_never_end_is_refused(one):
    with pytest.raises(ValueError, match="may never end"):
        absorption(0, lambda state: [(one, 1 - state)])


def test_impossible_probabilities_are_refused():
    with pytest.raises(ValueError, match=r"0 -> 1 has probability -0\.1"):
        absorption(0, lambda state: [(-0.1, 1), (1.1, 2)] if state == 0 else [])
    with pytest.raises(ValueError, match=r"the moves from 0 have probability 0\.5, not 1"):
        absorption(0, lambda state: [(0.5, 1)] if state == 0 else [])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), min_size=7, max_size=7), min_size=5, max_size=5))
def test_floats_and_fractions_agree(weights):
    # Five states, and two ends that each of them reaches.
    def steps(number):
        def of(state):
            if state < 5:
                row = [*weights[state][:5], weights[state][5] + 1, weights[state][6] + 1]
                for following, weight in enumerate(row):
                    yield number(weight) / number(sum(row)), following

        return of

    exact, floats = absorption(0, steps(Fraction)), absorption(0, steps(float))
    assert sum(exact.values()) == 1
    assert {state: float(p) for state, p in exact.items() if p} == {
        state: pytest.approx(p, rel=1e-9) for state, p in floats.items() if p
    }
