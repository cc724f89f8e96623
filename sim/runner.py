"""Runs an experiment: its points, their replications, one result.

A replication is one independent run of the whole system: warm-up, measured window, and on until
every measured message is decided or the horizon cuts. Replication r of every point draws the same
luck, so that neighbouring points can be compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sim.checks import Evidence, check, demanded
from sim.config import ConfigError
from sim.coupling import couplings
from sim.estimates import Estimate, estimate, independent_trials
from sim.measures import MEASURES
from sim.rare import Campaign
from sim.replications import replicate
from sim.result import PointResult, Result
from sim.stopping import first_size, next_size, width_text
from sim.tally import Tally
from sim.warmup import warmed_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from sim.config import Experiment
    from sim.config.experiment import Point
    from sim.sample import Sample
    from sim.tally import Progress

    Watch: TypeAlias = "Callable[[str], None]"

__all__ = ["PointResult", "Result", "evaluate", "replicate", "require", "run"]


def evaluate(
    experiment: Experiment,
    parameters: dict[str, object],
    samples: Sequence[Sample],
    estimates: dict[str, Estimate] | None = None,
) -> PointResult:
    """Return the estimates of one point over *samples*, unless they are known, and the checks."""
    trials = independent_trials(samples, couplings(experiment))
    confidence = experiment.run.confidence
    estimates = estimates or {
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
    watch: Watch | None = None,
) -> Result:
    """Run every replication of every point of *experiment*.

    *progress* is called with (replications done, replications in all, as far as is known) after
    each one; where replications are added until an interval is narrow enough, *watch* hears after
    each look how wide it is. Raise a `ConfigError` as `require` does.
    """
    require(experiment)
    points = warmed_up(list(experiment.points()))
    tally = Tally([_first_size(point.experiment) for point in points], progress)
    results = []
    for place, point in enumerate(points):
        tally.begin(place)
        play = _tilted if point.experiment.run.rare else _plain
        result = play(point, tally, watch)
        results.append(replace(result, left_out=point.left_out))
    return Result(experiment=experiment, points=tuple(results))


def _plain(point: Point, tally: Tally, watch: Watch | None) -> PointResult:
    samples: list[Sample] = []
    size: int | None = _first_size(point.experiment)
    while size is not None:
        tally.plan(size)
        for replication in range(len(samples), size):
            samples.append(replicate(point.experiment, replication))
            tally.one_more()
        seen = _seen_plainly(point.experiment, samples)
        size = _next_size(point.experiment, seen, watch)
    return evaluate(point.experiment, point.parameters, samples)


def _tilted(point: Point, tally: Tally, watch: Watch | None) -> PointResult:
    experiment = point.experiment
    campaign = Campaign(experiment, tally.one_more)
    size: int | None = _first_size(experiment)
    while size is not None:
        tally.plan(campaign.replications(size))
        campaign.extend(size)
        rare, estimates = campaign.result()
        size = _next_tilted(experiment, estimates, size, watch)
        campaign.plain_as_well = size is not None and _asked(experiment) not in rare.estimates
    result = evaluate(experiment, point.parameters, campaign.plain, estimates)
    return replace(result, rare=rare)


def _asked(experiment: Experiment) -> str:
    precision = experiment.run.precision
    return "" if precision is None else precision.estimate


def _next_tilted(
    experiment: Experiment,
    estimates: Mapping[str, Estimate],
    size: int,
    watch: Watch | None,
) -> int | None:
    """Return how many replications of the rare kind there are to be; None if there are enough."""
    name = _asked(experiment)
    if not name:
        return None
    # An estimate of the plain replications needs more of those, and they come with the others.
    seen = replace(estimates[name], replications=size)
    wanted = _next_size(experiment, {name: seen}, watch)
    return wanted if wanted is not None and wanted > size else None


def _first_size(experiment: Experiment) -> int:
    size, precision = experiment.run.replications, experiment.run.precision
    return size if precision is None else first_size(size, precision)


def _seen_plainly(experiment: Experiment, samples: Sequence[Sample]) -> dict[str, Estimate]:
    """Return the estimate whose interval is to be narrow enough, if there is one."""
    run = experiment.run
    if run.precision is None:
        return {}
    trials = independent_trials(samples, couplings(experiment))
    name = run.precision.estimate
    return {name: estimate(name, samples, confidence=run.confidence, trials=trials)}


def _next_size(
    experiment: Experiment, estimates: Mapping[str, Estimate], watch: Watch | None
) -> int | None:
    """Return how many replications there are to be; None if there are enough."""
    precision = experiment.run.precision
    if precision is None:
        return None
    seen = estimates[precision.estimate]
    if watch is not None:
        watch(width_text(seen, precision))
    return next_size(seen, precision)
