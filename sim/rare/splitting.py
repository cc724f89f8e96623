"""Splitting: a run that comes close to what is rare goes on in several branches.

When a run reaches the next of some levels for the first time, it is continued as often as the
level says, each time with fresh luck from there on, and each branch counts for its share. So every
weighed sum over the branches has the expectation of a plain run, whatever the levels are; good
levels only make it more precise (fixed splitting, J. Villén-Altamirano & M. Villén-Altamirano,
RESTART, ITC 13, 1991; P. L'Ecuyer, V. Demers & B. Tuffin, "Rare events, splitting, and quasi-Monte
Carlo", ACM TOMACS 17, 2007, section 2). Branches of one root are not independent: intervals are
over roots.

The levels are chosen by a pilot with luck of its own: each where about one run in `FACTOR` goes
from the level before (adaptive multilevel splitting; F. Cérou & A. Guyader, "Adaptive multilevel
splitting for rare event analysis", Stoch. Anal. Appl. 25, 2007).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from models.ledger import Cause
from sim.measures import MEASURES
from sim.outcomes import judge, observe
from sim.rare.branches import Forking
from sim.rare.levels import queued, tried
from sim.rare.sample import WEIGHED, RareSample, Sums, work
from sim.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sim.config import Experiment
    from sim.outcomes import Outcomes
    from sim.rare.plan import Floats

FACTOR = 4
"""About one run in so many is to go on from one level to the next, and is split into as many."""

PILOT = 40
"""Runs of each stage of the pilot."""

ENOUGH = 8
"""Runs that should come to the next level, for which there are `MOST` runs at most."""

MOST = 400

STAGES = 40
"""More levels than that are not looked for."""


class Fork(NamedTuple):
    """After so many `events` a run took the branch `name`."""

    events: int
    name: str


Forks: TypeAlias = tuple[Fork, ...]
Branch: TypeAlias = tuple[int, Forks]
"""A root's number, and where it forked."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The `levels` at which runs are split, and into how many `branches`.

    `work` is what it took to find them, in facts, and `replications` in runs.
    """

    levels: tuple[int, ...]
    branches: tuple[int, ...]
    work: int
    replications: int


class Run:
    """One branch: a run that forks where it is told to, up to the next level or its end."""

    def __init__(self, experiment: Experiment, replication: int, forks: Forks) -> None:
        self._forks = forks
        luck = Forking(experiment.seed, replication)
        self.system = System(experiment, replication, draws=luck)
        self._luck = luck
        self.level = _level(experiment, replication, self.system)
        self.highest = 0
        self.events = 0

    def play(self, until: float) -> bool:
        """Play until the level *until* is reached; return False if the run ended before."""
        waiting = list(self._forks)
        known = waiting[-1].events if waiting else -1

        def watch() -> bool:
            self.events += 1
            while waiting and waiting[0].events == self.events:
                self._luck.fork(waiting.pop(0).name)
            level = self.level()
            if level > self.highest:
                self.highest = level
            return level >= until and self.events >= known

        return self.system.play(watch)


def _level(experiment: Experiment, replication: int, system: System) -> Callable[[], int]:
    place = place_of(experiment, replication)
    return queued(system) if place is None else tried(system, place)


def place_of(experiment: Experiment, replication: int) -> int | None:
    """Return which of the measured messages is looked at; None if all are."""
    if experiment.broker.capacity:
        return None
    u = Forking(experiment.seed, replication).uniform("rare", "place")(0, 0)
    return int(u * experiment.run.messages)


class _Pilot:
    """The pilot's runs: what they cost, in facts, and how many there were."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self.work = 0
        self.runs = 0

    def stage(self, parents: Sequence[Branch], stage: int, least: int) -> list[tuple[int, Branch]]:
        """Return runs that fork from *parents*, each with the highest level it came to.

        There are `PILOT`, or as many more as it takes until `ENOUGH` came to the level *least*.
        """
        found: list[tuple[int, Branch]] = []
        while len(found) < PILOT or (
            len(found) < MOST and sum(high >= least for high, _ in found) < ENOUGH
        ):
            number = len(found)
            root, forks = parents[number % len(parents)] if parents else (-1 - number, ())
            if forks:
                forks = (*forks[:-1], Fork(forks[-1].events, f"/pilot {stage}.{number}"))
            run = self.play(root, forks, math.inf)
            found.append((run.highest, (root, forks)))
        return found

    def play(self, root: int, forks: Forks, until: float) -> Run:
        """Play one run until a level, or to its end."""
        run = Run(self._experiment, root, forks)
        run.play(until)
        self.work += work(run.system.ledger)
        self.runs += 1
        return run


def find_levels(experiment: Experiment) -> Steps:
    """Return the levels for *experiment*."""
    pilot = _Pilot(experiment)
    levels: list[int] = []
    branches: list[int] = []
    parents: list[Branch] = []  # runs that came to the last level, forking there
    for stage in range(STAGES):
        least = levels[-1] + 1 if levels else 1
        found = pilot.stage(parents, stage, least)
        highest = sorted(high for high, _ in found)
        level = max(highest[-max(len(found) // FACTOR, 1)], least)
        up = [branch for high, branch in found if high >= level]
        if len(up) < 2:
            break
        levels.append(level)
        branches.append(max(1, round(len(found) / len(up))))
        parents = []
        for root, forks in up[:PILOT]:
            run = pilot.play(root, forks, level)
            parents.append((root, (*forks, Fork(run.events, ""))))
    return Steps(tuple(levels), tuple(branches), pilot.work, pilot.runs)


def replicate(experiment: Experiment, replication: int, steps: Steps) -> RareSample:
    """Return what is kept of all branches of root *replication*."""
    parts: dict[str, list[tuple[float, float, float]]] = {name: [] for name in _names(experiment)}
    causes = np.zeros(len(Cause))
    cost = messages = 0
    place = place_of(experiment, replication)
    for run, weight in _leaves(experiment, replication, steps):
        ledger, measured = run.system.ledger, run.system.census.measured
        cost += work(ledger)
        outcomes = judge(ledger, measured)
        chosen = slice(None)
        if place is not None:  # a horizon may have come before it was created
            chosen = slice(place, None, len(measured)) if place < len(measured) else slice(0)
        messages = max(messages, len(outcomes.created_s[chosen]))
        for name, rows in parts.items():
            x, y = _parts(name, experiment, run, outcomes, chosen)
            rows.append((weight, x, y))
        lost = outcomes.cause[chosen]
        causes += weight * np.bincount(lost[lost >= 0], minlength=len(Cause))
    return RareSample(
        replication=replication,
        messages=messages,
        sums={name: _sums(np.array(table)) for name, table in parts.items()},
        causes=causes,
        weights=(1, 1.0, 1.0),
        work=cost,
    )


def _leaves(experiment: Experiment, replication: int, steps: Steps) -> Iterator[tuple[Run, float]]:
    """Yield every branch that has come to its end, and what it counts."""
    waiting: list[tuple[Forks, int, float]] = [((), 0, 1.0)]
    while waiting:
        forks, stage, weight = waiting.pop()
        run = Run(experiment, replication, forks)
        until = steps.levels[stage] if stage < len(steps.levels) else math.inf
        if not run.play(until):
            yield run, weight
            continue
        size = steps.branches[stage]
        waiting += [
            ((*forks, Fork(run.events, f"/{stage}.{branch}")), stage + 1, weight / size)
            for branch in range(size)
        ]


def _names(experiment: Experiment) -> tuple[str, ...]:
    if experiment.broker.capacity:
        return (*WEIGHED, "lost_per_crash")
    return tuple(name for name in WEIGHED if name != "out_of_order")


def _parts(
    name: str, experiment: Experiment, run: Run, outcomes: Outcomes, chosen: slice
) -> tuple[float, float]:
    measure = MEASURES[name]
    if measure.each is None:
        load = observe(run.system.ledger, run.system.census.measured, experiment.run.warmup_s)
        return measure.parts(outcomes, load)
    x, y = measure.each(outcomes)
    return float(x[chosen].sum()), float(y[chosen].sum())


def _sums(rows: Floats) -> Sums:
    weights, x, y = rows.T
    numerator = float(weights @ x)
    return Sums(
        numerator=numerator,
        denominator=float(weights @ y),
        plain=float(weights @ y),
        xx=float(weights @ x**2),
        xy=float(weights @ (x * y)),
        yy=float(weights @ y**2),
        largest=numerator,
        squares=numerator**2,
        events=float(np.count_nonzero(x)),
    )
