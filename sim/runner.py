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
from sim.stopping import first_size, next_size, width_text
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


def run(
    experiment: Experiment,
    progress: Progress | None = None,
    watch: Callable[[str], None] | None = None,
) -> Result:
    """Run every replication of every point of *experiment*.

    *progress* is called with (replications done, replications in all, as far as is known) after
    each one; where replications are added until an interval is narrow enough, *watch* hears after
    each look how wide it is. Raise a `ConfigError` as `require` does.
    """
    require(experiment)
    points = list(experiment.points())
    planned = [_first_size(point.experiment) for point in points]
    results = []
    for place, point in enumerate(points):
        samples: list[Sample] = []
        size: int | None = planned[place]
        while size is not None:
            planned[place] = size
            for replication in range(len(samples), size):
                samples.append(replicate(point.experiment, replication))
                if progress is not None:
                    progress(sum(planned[:place]) + replication + 1, sum(planned))
            size = _next_size(point.experiment, samples, watch)
        result = evaluate(point.experiment, point.parameters, samples)
        results.append(replace(result, left_out=point.left_out))
    return Result(experiment=experiment, points=tuple(results))


def _first_size(experiment: Experiment) -> int:
    size, precision = experiment.run.replications, experiment.run.precision
    return size if precision is None else first_size(size, precision)


def _next_size(
    experiment: Experiment, samples: Sequence[Sample], watch: Callable[[str], None] | None
) -> int | None:
    """Return how many replications there are to be; None if there are enough."""
    run = experiment.run
    if run.precision is None:
        return None
    trials = independent_trials(samples, couplings(experiment))
    seen = estimate(run.precision.estimate, samples, confidence=run.confidence, trials=trials)
    if watch is not None:
        watch(width_text(seen, run.precision))
    return next_size(seen, run.precision)
