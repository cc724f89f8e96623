"""Replications with tilted luck of one point, the plain ones beside them, and what they say.

Plain replications stay: they tell times and loads, what is not rare, and what plain simulation
costs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.coupling import couplings
from sim.estimate import BOUND
from sim.estimates import estimate as plain_estimate
from sim.estimates import independent_trials
from sim.measures import MEASURES, Kind
from sim.rare.estimates import estimate, parts, seen_plainly
from sim.rare.gain import gain, weight_doubt
from sim.rare.methods import Method, replications, splitting_at, target, tilting
from sim.rare.plain import plainly
from sim.rare.plan import Candidates
from sim.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sim.config import Experiment
    from sim.estimates import Estimate
    from sim.rare.gain import Gain
    from sim.rare.plan import Floats
    from sim.rare.sample import RareSample
    from sim.sample import Sample
    from sim.tasks import Course

LEAST_PLAIN = 10

_PLAIN_SHARE = 5  # one plain replication to so many tilted ones


@dataclass(frozen=True, slots=True, kw_only=True)
class RareResult:
    """What came of the search for rare events at one point.

    `estimates` are those that it gives, not what plain luck sees better; `gains` what each gained,
    `doubts` what speaks against them; `samples` its replications, by a `method` with its pilot.
    """

    method: Method
    samples: tuple[RareSample, ...]
    estimates: dict[str, Estimate]
    gains: dict[str, Gain]
    doubts: tuple[str, ...]

    def parts(self, name: str) -> Floats | None:
        """Return the parts of *name* by replication, shape (replications, 2); None if not here."""
        return parts(name, self.samples) if name in self.estimates else None

    @property
    def crashed(self) -> tuple[int, float]:
        """How many of its replications had the broker fall, and how many plain ones these are.

        They count by their weights: such replications of equal weight count as so many.
        """
        parts = [(s.sums.get("lost_per_crash"), s.weights[1]) for s in self.samples]
        weights = np.array([weight for sums, weight in parts if sums is not None and sums.plain])
        if not len(weights):
            return 0, 0.0
        return len(weights), float(weights.sum() ** 2 / (weights @ weights))

    @property
    def causes(self) -> Floats:
        """The share of publications that each cause has lost, shape (causes,)."""
        total: Floats = np.array([sample.causes for sample in self.samples]).sum(axis=0)
        return total / max(1, sum(sample.messages for sample in self.samples))


@dataclass(slots=True)
class Campaign:
    """All replications of one point where rare events are sought, as many as are asked for."""

    experiment: Experiment
    plain: list[Sample] = field(default_factory=list)
    samples: list[RareSample] = field(default_factory=list)
    method: Method | None = None
    plain_as_well: bool = False  # as many plain ones as of the rare kind
    _work: int = 0
    _end_s: float = 0.0
    _numbers: Counter[int] = field(default_factory=Counter)

    def replications(self, size: int) -> int:
        """Return how many replications it takes in all to have *size* of the rare kind."""
        before = self.method.replications if self.method else replications(self.experiment)
        return size + self._plain_size(size) + before

    def extend(self, size: int) -> Course[None]:
        """Have *size* replications of the rare kind, and plain ones beside them."""
        numbers = tuple(range(len(self.plain), self._plain_size(size)))
        for told in (yield self._task("told", partial(plainly, self.experiment), numbers)):
            self.plain.append(told.sample)
            self._work += told.work
            self._end_s = max(self._end_s, told.end_s)
            self._numbers.update(told.numbers)
        if self.method is None:
            self.method = yield from self._explored()
        player = self.method.player(self.experiment)
        numbers = tuple(range(len(self.samples), size))
        self.samples += yield self._task(self.method.name, player, numbers)

    def _task(self, kind: str, play: Callable[[int], Any], numbers: tuple[int, ...]) -> Task:
        return Task(kind, play, numbers, self.experiment.run.messages)

    def result(self) -> tuple[RareResult, dict[str, Estimate]]:
        """Return what the search says, and all estimates: its own, the others from plain runs."""
        if self.method is None:
            raise RuntimeError("there are no replications yet")
        plain = self._plain_estimates()
        estimates: dict[str, Estimate] = {}
        gains: dict[str, Gain] = {}
        for name in self.samples[0].sums:
            made = self._estimate(name)
            gain = self._gain(name, made)
            if self._adds(made, gain, plain[name]):
                estimates[name], gains[name] = made, gain
        rare = RareResult(
            method=self.method,
            samples=tuple(self.samples),
            estimates=estimates,
            gains=gains,
            doubts=tuple(self._doubts(gains)),
        )
        return rare, plain | estimates

    def _plain_size(self, size: int) -> int:
        return max(LEAST_PLAIN, size if self.plain_as_well else size // _PLAIN_SHARE)

    def _plain_estimates(self) -> dict[str, Estimate]:
        trials = independent_trials(self.plain, couplings(self.experiment))
        confidence = self.experiment.run.confidence
        return {
            name: plain_estimate(name, self.plain, confidence=confidence, trials=trials)
            for name in MEASURES
        }

    def _estimate(self, name: str) -> Estimate:
        largest = 1.0 if self.method is None else self.method.largest_weight
        confidence = self.experiment.run.confidence
        return estimate(name, self.samples, confidence=confidence, largest_weight=largest)

    def _adds(self, made: Estimate, gain: Gain, plain: Estimate) -> bool:
        """Return whether an estimate says more than plain replications do."""
        if not made.defined or self._seen_plainly(made.name):
            return False
        if made.method == BOUND or gain.saved < 1.0:
            return not made.high - made.low >= plain.high - plain.low
        return made.name == target(self.experiment) or not gain.doubts

    def _explored(self) -> Course[Method]:
        rare = self.experiment.run.rare
        if rare is not None and rare.method == "splitting":
            return (yield from splitting_at(self.experiment))
        seen = np.array([sample.parts[target(self.experiment)] for sample in self.plain])
        events, trials = seen.sum(axis=0)
        return (
            yield from tilting(
                self.experiment,
                self._candidates(),
                end_s=self._end_s,
                rare_side=bool(events <= 0.5 * trials),
            )
        )

    def _candidates(self) -> Candidates:
        numbers = self._numbers or Counter([0])
        first, last, total = min(numbers), max(numbers), numbers.total()
        chances = tuple(numbers[number] / total for number in range(first, last + 1))
        return Candidates(self.experiment.producer.instances, first, chances)

    def _seen_plainly(self, name: str) -> bool:
        if MEASURES[name].kind is Kind.RATIO and name != "lost_per_crash":
            return True
        table = np.array([sample.parts[name] for sample in self.plain])
        return seen_plainly(name, table)

    def _gain(self, name: str, made: Estimate) -> Gain:
        table = parts(name, self.samples)
        residuals = table[:, 0] - made.value * table[:, 1]
        # Of a replication that looks at one message only, plain ones see all.
        looked = sum(sample.messages for sample in self.samples) / len(self.samples)
        seen = sum(sample.messages for sample in self.plain) / len(self.plain)
        share = looked / seen if seen else 1.0
        return gain(
            name,
            self.samples,
            value=made.value,
            variance=float(residuals.var(ddof=1)) if len(residuals) > 1 else 0.0,
            plain_work=share * self._work / len(self.plain),
            other_work=self._work + (self.method.work if self.method else 0),
        )

    def _doubts(self, gains: dict[str, Gain]) -> list[str]:
        told = [f"{name} {doubt}" for name, made in gains.items() for doubt in made.doubts]
        weights = weight_doubt(self.samples)
        return told if weights is None else [weights, *told]
