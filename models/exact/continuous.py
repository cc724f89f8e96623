"""Chains in continuous time: small systems that fail, are repaired, and queue.

A chain is given by its first state and a function that yields (rate per second, next state) for
each state. Its generator G has the rates off the diagonal and minus their sums on it. The long-run
probabilities solve pi G = 0; the mean time to reach a set of states solves G t = -1 outside it; the
probabilities at time t are the first row of exp(G t) (S. M. Ross, "Introduction to Probability
Models", chapter 6).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph, linalg

from models.checks import at_least

if TYPE_CHECKING:
    from collections.abc import Mapping

State = TypeVar("State", bound=Hashable)
Rates: TypeAlias = Callable[[State], Iterable[tuple[float, State]]]
Matrix: TypeAlias = "sparse.csc_matrix"

_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Chain(Generic[State]):
    """Every state that can be reached from the first, and the generator, shape (states, states)."""

    states: tuple[State, ...]
    generator: Matrix

    def probabilities(self, values: npt.NDArray[np.float64]) -> dict[State, float]:
        """Return *values*, shape (states,), by state."""
        return dict(zip(self.states, (float(value) for value in values), strict=True))


def chain(first: State, rates: Rates[State]) -> Chain[State]:
    """Return the chain from *first*. Raise a ValueError if a rate is negative, or states too many.

    Moves from a state to itself change nothing, and are left out.
    """
    places = {first: 0}
    states, rows, columns, values = [first], [], [], []
    for state in states:
        for rate, following in rates(state):
            if rate < 0:
                raise ValueError(f"the rate {state} -> {following} must be >= 0, got {rate!r}")
            if not rate or following == state:
                continue
            if following not in places:
                places[following] = len(states)
                states.append(following)
                if len(states) > _MOST:
                    raise ValueError(f"more than {_MOST} states can be reached from {first}")
            here = places[state]
            rows += [here, here]
            columns += [places[following], here]
            values += [rate, -rate]
    shape = (len(states), len(states))
    return Chain(tuple(states), sparse.csc_matrix((values, (rows, columns)), shape))


def long_run(first: State, rates: Rates[State]) -> dict[State, float]:
    """Return the share of time that the chain spends in each state in the long run.

    Raise a ValueError if it can be caught in more than one set of states: it has no one answer.
    """
    made = chain(first, rates)
    size = len(made.states)
    count, labels = csgraph.connected_components(made.generator, connection="strong")
    closed = _closed(made, labels)
    if len(closed) != 1:
        raise ValueError(f"the chain can be caught in {len(closed)} sets of states out of {count}")
    kept = np.flatnonzero(labels == closed[0])
    inner = made.generator[kept][:, kept].T.tolil()
    inner[-1] = np.ones(len(kept))  # one balance follows from the others; they add up to 1
    right = np.zeros(len(kept))
    right[-1] = 1.0
    values = np.zeros(size)
    values[kept] = linalg.splu(sparse.csc_matrix(inner)).solve(right)
    return made.probabilities(values)


def _closed(made: Chain[State], labels: npt.NDArray[np.int32]) -> list[int]:
    """Return the sets of states, by their labels, that are never left."""
    moves = made.generator.tocoo()
    leaving = labels[moves.row[labels[moves.row] != labels[moves.col]]]
    return sorted(set(labels.tolist()) - set(leaving.tolist()))


def mean_time_s(first: State, rates: Rates[State], reached: Callable[[State], bool]) -> float:
    """Return the mean time (s) until the chain is first in a state that is *reached*.

    Infinite if it may never be.
    """
    made = chain(first, lambda state: () if reached(state) else rates(state))
    ends = np.array([reached(state) for state in made.states])
    if ends[0]:
        return 0.0
    # From where no end can be reached, there is no mean.
    backwards = csgraph.breadth_first_order
    can_end = np.zeros(len(ends), dtype=np.bool_)
    for end in np.flatnonzero(ends):
        can_end[backwards(made.generator.T, int(end), return_predecessors=False)] = True
    if not can_end.all():
        return float("inf")
    kept = np.flatnonzero(~ends)
    inner = sparse.csc_matrix(made.generator[kept][:, kept])
    return float(linalg.splu(inner).solve(-np.ones(len(kept)))[0])


def at_time(first: State, rates: Rates[State], time_s: float) -> dict[State, float]:
    """Return the probability of each state at *time_s* (s)."""
    at_least(0, time_s=time_s)
    made = chain(first, rates)
    start = np.zeros(len(made.states))
    start[0] = 1.0
    values = linalg.expm_multiply(made.generator.T * time_s, start)
    return made.probabilities(values)


def mean(shares: Mapping[State, float], value: Callable[[State], float]) -> float:
    """Return the mean of *value* over states with these probabilities."""
    return sum(weight * value(state) for state, weight in shares.items())
