"""The result of an experiment: what was seen and said at each of its points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sim.checks import Check, Skipped
    from sim.config import Experiment
    from sim.estimate import Estimate
    from sim.rare import RareResult
    from sim.sample import Sample

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """One point: what was varied, its samples, estimates by name, and closed forms beside them.

    `left_out` are the keys of the file that this point has no place for. Where rare events were
    sought, `samples` are the plain replications beside them, and `rare` is what came of it.
    """

    parameters: dict[str, object]
    experiment: Experiment
    samples: tuple[Sample, ...]
    estimates: dict[str, Estimate]
    checks: tuple[Check, ...]
    skipped: tuple[Skipped, ...]
    left_out: tuple[str, ...] = ()
    rare: RareResult | None = None

    def parts(self, name: str) -> Array:
        """Return numerator and denominator of *name* by replication, (replications, 2)."""
        weighed = None if self.rare is None else self.rare.parts(name)
        if weighed is not None:
            return weighed
        return np.array([sample.parts[name] for sample in self.samples], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Failure:
    """A point that could not be run: what was varied, why in a line, and where it happened.

    `error` is what was raised, if it was raised in this process.
    """

    parameters: dict[str, object]
    text: str
    trace: str = ""
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All points of an experiment, in the order of the sweep, without those that failed."""

    experiment: Experiment
    points: tuple[PointResult, ...]
    failures: tuple[Failure, ...] = ()
