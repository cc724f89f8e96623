"""Absorbing Markov chains: where a chain ends, with which probability.

A chain is given by its first state and a function that yields (probability, next state) for each
state, or nothing for one in which it ends. States are any values that can be keys. The numbers may
be floats, or fractions, and the answer is then an exact fraction too.

With Q the moves among states that are left again and R those into ends, the probabilities of the
ends are the first row of (I - Q)^(-1) R (J. G. Kemeny and J. L. Snell, "Finite Markov Chains",
theorem 3.3.7).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from fractions import Fraction
from typing import TypeAlias, TypeVar

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

State = TypeVar("State", bound=Hashable)
Number: TypeAlias = float | Fraction
Steps: TypeAlias = Callable[[State], Iterable[tuple[Number, State]]]

_TOLERANCE = 1e-9


def absorption(first: State, steps: Steps[State]) -> dict[State, Number]:
    """Return the probability of each end that the chain from *first* can reach.

    Raise a ValueError if a probability is negative, if those of a state do not add up to 1, or if
    the chain may never end.
    """
    moves, order = _explore(first, steps)
    loop_free = _in_order(moves, order)
    if loop_free is not None:
        return _pass_on(first, moves, loop_free)
    exact = any(isinstance(p, Fraction) for row in moves.values() for p in row.values())
    return (_eliminate if exact else _solve)(first, moves, order)


def _explore(
    first: State, steps: Steps[State]
) -> tuple[dict[State, dict[State, Number]], list[State]]:
    """Return the moves from each state that is left again, and all states as they were found."""
    moves: dict[State, dict[State, Number]] = {}
    order, seen = [first], {first}
    for state in order:
        row: dict[State, Number] = {}
        for probability, following in steps(state):
            if probability < 0:
                raise ValueError(f"the move {state} -> {following} has probability {probability}")
            if probability:
                row[following] = row.get(following, 0) + probability
        if not row:
            continue
        if abs(float(sum(row.values())) - 1.0) > _TOLERANCE:
            raise ValueError(f"the moves from {state} have probability {sum(row.values())}, not 1")
        moves[state] = row
        for following in row:
            if following not in seen:
                seen.add(following)
                order.append(following)
    return moves, order


def _in_order(moves: dict[State, dict[State, Number]], order: list[State]) -> list[State] | None:
    """Return the states that are left again so that moves lead forward only; None if some loop."""
    entries = dict.fromkeys(order, 0)
    for row in moves.values():
        for following in row:
            entries[following] += 1
    free = [state for state in order if not entries[state]]
    found = []
    for state in free:
        found.append(state)
        for following in moves.get(state, ()):
            entries[following] -= 1
            if not entries[following]:
                free.append(following)
    return found if len(found) == len(order) else None


def _pass_on(
    first: State, moves: dict[State, dict[State, Number]], order: list[State]
) -> dict[State, Number]:
    """Send the probability of each state on, in an order in which none comes back."""
    reached: dict[State, Number] = {first: 1}
    for state in order:
        weight = reached.get(state, 0)
        for following, probability in moves.get(state, {}).items():
            reached[following] = reached.get(following, 0) + weight * probability
    return {state: weight for state, weight in reached.items() if state not in moves}


def _solve(
    first: State, moves: dict[State, dict[State, Number]], order: list[State]
) -> dict[State, Number]:
    """Solve for the expected visits of each state that is left again, in floats."""
    inner = {state: place for place, state in enumerate(moves)}
    ends = [state for state in order if state not in moves]
    rows, columns, values = [], [], []
    for state, row in moves.items():
        for following, probability in row.items():
            if following in inner:
                rows.append(inner[following])
                columns.append(inner[state])
                values.append(float(probability))
    size = len(inner)
    matrix = sparse.identity(size) - sparse.csc_matrix((values, (rows, columns)), (size, size))
    start = np.zeros(size)
    start[inner[first]] = 1.0
    visits = (
        linalg.splu(sparse.csc_matrix(matrix)).solve(start) if _can_end(moves) else start * np.nan
    )
    if not np.isfinite(visits).all():
        raise ValueError("the chain may never end")
    found = dict.fromkeys(ends, 0.0)
    for state, row in moves.items():
        for following, probability in row.items():
            if following in found:
                found[following] += float(visits[inner[state]] * float(probability))
    return dict(found)


def _eliminate(
    first: State, moves: dict[State, dict[State, Number]], order: list[State]
) -> dict[State, Number]:
    """Take out one state after the other, exactly: what led there leads on to where it leads."""
    if not _can_end(moves):
        raise ValueError("the chain may never end")
    rows = {state: dict(row) for state, row in moves.items()}
    for state in reversed([state for state in order if state in moves and state != first]):
        row = rows.pop(state)
        stay = row.pop(state, 0)
        onward = {following: p / (1 - stay) for following, p in row.items()}
        for other in rows.values():
            through = other.pop(state, 0)
            if through:
                for following, p in onward.items():
                    other[following] = other.get(following, 0) + through * p
    row = rows[first]
    stay = row.pop(first, 0)
    return {state: p / (1 - stay) for state, p in row.items()}


def _can_end(moves: dict[State, dict[State, Number]]) -> bool:
    """Return whether an end can be reached from every state."""
    sources: dict[State, list[State]] = {}
    for state, row in moves.items():
        for following in row:
            sources.setdefault(following, []).append(state)
    reached = [state for state in sources if state not in moves]
    seen = set(reached)
    for state in reached:
        for source in sources.get(state, ()):
            if source not in seen:
                seen.add(source)
                reached.append(source)
    return all(state in seen for state in moves)
