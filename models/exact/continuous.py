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
Values: TypeAlias = npt.NDArray[np.float64]

_MOST = 200_000
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Chain(Generic[State]):
    """Every state that can be reached from the first, and the generator, shape (states, states)."""

    states: tuple[State, ...]
    generator: Matrix

    def probabilities(self, values: Values) -> dict[State, float]:
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
    balance = _Balance(made)
    values = np.zeros(len(made.states))
    values[balance.kept] = balance.shares()
    return made.probabilities(values)


def settling_s(first: State, rates: Rates[State], value: Callable[[State], float]) -> float:
    """Return how long (s) the mean of *value* remembers that the chain began in *first*.

    The integral over all time of what E[value at t] is short of its long run, over what it is short
    in the beginning: of e^(-t/T) it is T. With y the integral of p(t) - pi, y G = pi - p(0) and
    y 1 = 0 (J. G. Kemeny and J. L. Snell, "Finite Markov Chains", section 4.3, in continuous time).
    It tells little of a mean that passes its long run on the way; it is infinite if the first state
    never returns, and 0 if the value never changes.
    """
    made = chain(first, rates)
    balance = _Balance(made)
    if balance.kept[0]:
        return float("inf")
    shares = balance.shares()
    values = np.array([value(made.states[place]) for place in balance.kept], dtype=np.float64)
    short = float(values[0] - shares @ values)
    if not np.ptp(values) or abs(short) <= _ROUNDING * float(np.ptp(values)):
        return 0.0
    right = shares.copy()
    right[0] -= 1.0
    excess = balance.solve(right, int(shares.argmax()))
    excess -= excess.sum() * shares
    return abs(float(excess @ values) / short)


class _Balance:
    """The balances y G = right of the states that a chain is caught in, which are `kept`."""

    def __init__(self, made: Chain[State]) -> None:
        count, labels = csgraph.connected_components(made.generator, connection="strong")
        closed = _closed(made, labels)
        if len(closed) != 1:
            where = f"{len(closed)} sets of states out of {count}"
            raise ValueError(f"the chain can be caught in {where}")
        self.kept = np.flatnonzero(labels == closed[0])
        self._generator = sparse.csr_matrix(made.generator[self.kept][:, self.kept].T)

    def shares(self) -> Values:
        """Return the share of time in each state, shape (kept,)."""
        matrix = self._generator.tolil()
        matrix[-1] = np.ones(len(self.kept))  # one balance follows from the others
        right = np.zeros(len(self.kept))
        right[-1] = 1.0
        about = np.asarray(_solver(matrix).solve(right))
        # Once more from the state where it is most of the time: that tells small shares, too.
        most = int(about.argmax())
        column = self._generator[:, [most]].toarray().ravel()
        shares = self.solve(-column, most)
        shares[most] = 1.0
        return np.asarray(shares / shares.sum())

    def solve(self, right: Values, zero: int) -> Values:
        """Return y, shape (kept,), which is zero at the place *zero*, whose balance is left out."""
        others = np.flatnonzero(np.arange(len(self.kept)) != zero)
        found = np.zeros(len(self.kept))
        if others.size:
            inner = self._generator[others][:, others]
            found[others] = _solver(inner).solve(right[others])
        return found


def _solver(matrix: sparse.sparray | sparse.spmatrix) -> linalg.SuperLU:
    # Columns are dominated by their diagonal: in this order no pivot is needed, and little fills.
    return linalg.splu(sparse.csc_matrix(matrix), permc_spec="NATURAL", diag_pivot_thresh=0.0)


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
