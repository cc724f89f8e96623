"""The best point of a sweep among those that surely do what is asked, and what it costs.

A point is feasible if every condition on it holds (`sim.constraints`): surely, surely not, or open.
Of those that surely do, the one with the best objective is recommended, and set against the next
on the same luck (`sim.comparison`, where the intervals of all differences hold together). Each
condition is judged by the interval of its own point, taken by itself: of many points near a bound,
some may pass by luck, as of many intervals some miss.

How sure a point is: at least 1 - sum (1 - c) over its conditions, each of confidence c
(Bonferroni).

With two objectives no point need be the best in both: their Pareto front is told (`sim.front`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sim.comparison import NothingToCompareError, compare
from sim.constraints import Holds, judge
from sim.front import standings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.comparison import Difference
    from sim.constraints import Constraint, Verdict
    from sim.front import Objective, Standing
    from sim.runner import PointResult, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A point and what becomes of each condition there.

    `front` is how it stands among those that surely do what is asked, with two objectives.
    """

    point: PointResult
    verdicts: tuple[Verdict, ...]
    front: Standing | None = None

    @property
    def holds(self) -> Holds:
        """Whether all conditions hold together."""
        found = {verdict.holds for verdict in self.verdicts}
        if Holds.NOT in found:
            return Holds.NOT
        return Holds.OPEN if Holds.OPEN in found else Holds.SURELY

    @property
    def confidence(self) -> float:
        """At least so surely they do; nan where none can be told."""
        doubts = [_doubt(verdict) for verdict in self.verdicts]
        told = math.fsum(doubts)
        return told if math.isnan(told) else max(0.0, 1.0 - told)


def _doubt(verdict: Verdict) -> float:
    # Where nothing varies there is an interval of one value, and no level.
    beyond = verdict.holds is Holds.SURELY and math.isnan(verdict.confidence)
    return 0.0 if beyond else 1.0 - verdict.confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """All points, those first that surely do what is asked, the better ones before.

    `best` is the recommended one; None if there are two objectives, or if no point surely is
    feasible. `next_one` tells what the next of these has more; None if there is none to compare.
    `tempting` is an open point with a better objective still.
    """

    constraints: tuple[Constraint, ...]
    objectives: tuple[Objective, ...]
    candidates: tuple[Candidate, ...]
    best: Candidate | None = None
    next_one: Difference | None = None
    tempting: Candidate | None = None

    @property
    def sure(self) -> list[Candidate]:
        """The points that surely do what is asked, and have every objective."""
        return [one for one in self.candidates if _complete(one, self.objectives)]

    @property
    def most_probable(self) -> Candidate | None:
        """The open point whose conditions hold with the most confidence."""
        found = [one for one in self.candidates if one.holds is Holds.OPEN]
        return max(found, key=lambda one: _known(one.confidence), default=None)


def choose(
    result: Result, constraints: Sequence[Constraint], objectives: Sequence[Objective]
) -> Choice:
    """Return which point of *result* to take, by one of the *objectives*, or the front of two."""
    candidates = [
        Candidate(point=point, verdicts=tuple(judge(one, point) for one in constraints))
        for point in result.points
    ]
    first, *others = objectives
    candidates.sort(key=lambda one: _rank(one, first))
    if others:
        candidates = _with_front(candidates, objectives)
    choice = Choice(
        constraints=tuple(constraints), objectives=tuple(objectives), candidates=tuple(candidates)
    )
    if others or not choice.sure:
        return choice
    best = choice.sure[0]
    return replace(
        choice,
        best=best,
        next_one=_next(result, choice.sure, first),
        tempting=_tempting(choice, best, first),
    )


def _rank(one: Candidate, objective: Objective) -> tuple[int, float, float]:
    """Return the place of a candidate: the sure ones first, then the most probable."""
    order = (Holds.SURELY, Holds.OPEN, Holds.NOT).index(one.holds)
    doubt = -_known(one.confidence) if one.holds is Holds.OPEN else 0.0
    value = one.point.estimates[objective.name].value
    return order, doubt, math.inf if math.isnan(value) else objective.cost(value)


def _known(confidence: float) -> float:
    return -1.0 if math.isnan(confidence) else confidence


def _complete(one: Candidate, objectives: Sequence[Objective]) -> bool:
    defined = all(one.point.estimates[objective.name].defined for objective in objectives)
    return defined and one.holds is Holds.SURELY


def _next(result: Result, sure: Sequence[Candidate], objective: Objective) -> Difference | None:
    points = tuple(one.point for one in sure)
    try:
        made = compare(replace(result, points=points), objective.name, highest=objective.highest)
    except NothingToCompareError:
        return None
    return made.differences[0] if made.best is sure[0].point else None


def _tempting(choice: Choice, best: Candidate, objective: Objective) -> Candidate | None:
    """Return the open point with the best objective, if it is better than that of the *best*."""
    opened = [one for one in choice.candidates if one.holds is Holds.OPEN]
    costs = [(objective.cost(one.point.estimates[objective.name].value), one) for one in opened]
    own = objective.cost(best.point.estimates[objective.name].value)
    better = [(cost, one) for cost, one in costs if cost < own]
    return min(better, key=lambda pair: pair[0])[1] if better else None


def _with_front(
    candidates: Sequence[Candidate], objectives: Sequence[Objective]
) -> list[Candidate]:
    """Return *candidates*; those that surely are feasible are told how they stand."""
    sure = [one for one in candidates if _complete(one, objectives)]
    found = iter(standings([one.point for one in sure], objectives) if sure else ())
    return [
        replace(one, front=next(found)) if _complete(one, objectives) else one for one in candidates
    ]
