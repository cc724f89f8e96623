"""Which knob matters: how much of what an estimate varies over ranges is due to each key.

Sobol's indices (`sim.indices`) split the variance of an estimate over all that the ranges of
``[sweep.sample]`` allow, each value as likely as the range says.

All points meet the same luck. What luck does to all alike is no difference, and a key that changes
nothing has a total of exactly 0. What is left of it is noise: it looks like an effect of every key
with all others. If it is the share e of the variance, a total is too high by (1 - total) e, e at
most, and a first index is too low, 1 - e of what it should be.

A variance is made by the largest values: where an estimate goes over powers of ten, the indices
speak of where it is large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from sim.comparison import residuals
from sim.config.design import distinct
from sim.config.experiment import is_whole
from sim.config.rereading import at_points
from sim.indices import NothingToLearnError, effects_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment
    from sim.config.design import Design
    from sim.indices import Effect
    from sim.runner import Result

Values: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The effects of all keys on an *estimate*, the largest total first.

    `noise` is the share of the variance that is left of luck; nan from one replication. `deviation`
    is the estimate's standard deviation over the ranges, `result` all that was run: an experiment
    with these points listed one by one. The one that was asked about, with its ranges, is
    `experiment`.
    """

    experiment: Experiment
    estimate: str
    effects: tuple[Effect, ...]
    deviation: float
    noise: float
    result: Result

    def of(self, estimate: str) -> Sensitivity:
        """Return what the ranges do to another *estimate*, from what was run already.

        Raise a `NothingToLearnError` if it is not defined everywhere, or everywhere the same.
        """
        return sensitivity(self.experiment, estimate, lambda _points: self.result)


def sensitivity(
    experiment: Experiment, estimate: str, simulate: Callable[[Experiment], Result]
) -> Sensitivity:
    """Return what each range of the experiment's ``[sweep.sample]`` does to *estimate*.

    *simulate* runs an experiment. Raises a `NothingToLearnError` if there is no such design, if a
    point failed to run, or if the estimate is not defined everywhere, or everywhere the same.
    """
    design = _checked(experiment)
    names, size, level = tuple(design.ranges), design.points, experiment.run.confidence
    model = _Simulated(experiment, design, estimate, simulate)
    effects, spread = effects_of(names, size, experiment.seed, model, level=level)
    return Sensitivity(
        experiment=experiment,
        estimate=estimate,
        effects=effects,
        deviation=math.sqrt(spread),
        noise=model.noise(2 * size) / spread,
        result=model.result,
    )


class _Simulated:
    """The value of an estimate at points of the unit cube, each point simulated once."""

    result: Result

    def __init__(
        self,
        experiment: Experiment,
        design: Design,
        estimate: str,
        simulate: Callable[[Experiment], Result],
    ) -> None:
        self._experiment = experiment
        self._design = design
        self._estimate = estimate
        self._simulate = simulate
        self._errors: list[Values] = []

    def __call__(self, units: Values) -> Values:
        rows = [self._design.row(unit, is_whole) for unit in units]
        once = list(distinct(iter(rows)))
        self.result = self._simulate(at_points(self._experiment, once))
        if self.result.failures:
            failed = len(self.result.failures)
            raise NothingToLearnError(f"{failed} of {len(once)} points failed to run")
        places = {repr(row): place for place, row in enumerate(once)}
        seen = [residuals(self._estimate, point) for point in self.result.points]
        missing = sum(math.isnan(value) for value, _ in seen)
        if missing:
            raise NothingToLearnError(f"it is not defined at {missing} of {len(seen)} points")
        found = [seen[places[repr(row)]] for row in rows]
        self._errors = [errors for _, errors in found]
        return np.array([value for value, _ in found])

    def noise(self, count: int) -> float:
        """Return the variance, over the first *count* points, that is left of luck.

        It is what remains of the replications' errors when what each does to all points alike is
        taken off (the interaction of a two-way analysis of variance).
        """
        size = min(map(len, self._errors))
        if size < 2:
            return math.nan
        errors = np.array([each[:size] for each in self._errors[:count]])
        left = errors - errors.mean(axis=0) - errors.mean(axis=1, keepdims=True) + errors.mean()
        return float((left**2).sum()) / ((count - 1) * (size - 1)) / size


def _checked(experiment: Experiment) -> Design:
    """Return the design; raise a `NothingToLearnError` where no sensitivity can be told."""
    sweep = experiment.sweep
    if sweep.sample is None or len(sweep.sample.ranges) < 2:
        raise NothingToLearnError("a [sweep.sample] with two ranges or more is needed")
    if sweep.grid or sweep.zip:
        raise NothingToLearnError("[sweep.sample] must stand alone: leave the lists of [sweep] out")
    size = sweep.sample.points
    below = 1 << (size.bit_length() - 1)
    if size != below or size < 2:
        raise NothingToLearnError(
            f"sweep.sample.points must be a power of two, got {size}; "
            f"{max(2, below)} or {max(4, 2 * below)}"
        )
    return sweep.sample
