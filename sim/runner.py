"""Runs an experiment: its points, their replications, one result.

A replication is one independent run of the whole system: warm-up, measured window, and on until
every measured message is decided or the horizon cuts. Replication r of every point draws the same
luck, so that neighbouring points can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sim.checks import Check, Evidence, Skipped, check, demanded
from sim.config import ConfigError
from sim.coupling import couplings
from sim.estimates import Estimate, estimate, independent_trials
from sim.measures import MEASURES
from sim.sample import Sample, summarise
from sim.system import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from sim.config import Experiment

    Progress: TypeAlias = "Callable[[int, int], None]"


def replicate(experiment: Experiment, replication: int) -> Sample:
    """Run replication *replication* (0, 1, …) of one point and return what is kept of it."""
    system = simulate(experiment, replication)
    measured = system.census.measured
    return summarise(system.ledger, measured, replication, experiment.run.warmup_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """One point: what was varied, its samples, estimates by name, and closed forms beside them.

    `left_out` are the keys of the file that this point has no place for.
    """

    parameters: dict[str, object]
    experiment: Experiment
    samples: tuple[Sample, ...]
    estimates: dict[str, Estimate]
    checks: tuple[Check, ...]
    skipped: tuple[Skipped, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All points of an experiment, in the order of the sweep."""

    experiment: Experiment
    points: tuple[PointResult, ...]


def evaluate(
    experiment: Experiment, parameters: dict[str, object], samples: Sequence[Sample]
) -> PointResult:
    """Return the estimates of one point over *samples*."""
    trials = independent_trials(samples, couplings(experiment))
    confidence = experiment.run.confidence
    estimates = {
        name: estimate(name, samples, confidence=confidence, trials=trials) for name in MEASURES
    }
    evidence = Evidence(samples=samples, estimates=estimates, trials=trials)
    checks, skipped = check(experiment, evidence)
    return PointResult(
        parameters=parameters,
        experiment=experiment,
        samples=tuple(samples),
        estimates=estimates,
        checks=checks,
        skipped=skipped,
    )


def require(experiment: Experiment) -> None:
    """Raise a `ConfigError` if a closed form that is asked for by name does not hold somewhere."""
    points = experiment.points()
    problems = [problem for point in points for problem in demanded(point.experiment)]
    if problems:
        raise ConfigError(problems)


def run(experiment: Experiment, progress: Progress | None = None) -> Result:
    """Run every replication of every point of *experiment*.

    *progress* is called with (replications done, replications in all) after each one. Raise a
    `ConfigError` as `require` does.
    """
    require(experiment)
    points = list(experiment.points())
    total = sum(point.experiment.run.replications for point in points)
    done = 0
    results = []
    for point in points:
        samples = []
        for replication in range(point.experiment.run.replications):
            samples.append(replicate(point.experiment, replication))
            done += 1
            if progress is not None:
                progress(done, total)
        result = evaluate(point.experiment, point.parameters, samples)
        results.append(replace(result, left_out=point.left_out))
    return Result(experiment=experiment, points=tuple(results))
