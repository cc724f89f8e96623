"""Runs an experiment: its points, their replications, one result.

A replication is one independent run of the whole system: warm-up, measured window, and on until
every measured message is decided or the horizon cuts. Replication r of every point draws the same
luck, so that neighbouring points can be compared. The result is the same whoever does the work, in
whatever order, and however much of it was done before.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sim.checks import Evidence, check, demanded
from sim.config import ConfigError
from sim.coupling import couplings
from sim.estimates import Estimate, estimate, independent_trials
from sim.executors import Here
from sim.measures import MEASURES
from sim.rare import Campaign
from sim.replications import replicate
from sim.result import Failure, PointResult, Result
from sim.schedule import Job, Schedule
from sim.stopping import first_size, next_size, width_text
from sim.tally import Tally
from sim.tasks import Task
from sim.warmup import open_warmup, warmed_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias, TypeVar

    from sim.config import Experiment
    from sim.config.experiment import Point
    from sim.config.warmup import Warmup
    from sim.executors import Executor
    from sim.sample import Sample
    from sim.schedule import Memory
    from sim.tally import Progress
    from sim.tasks import Course

    Watch: TypeAlias = Callable[[str], None]
    Plan: TypeAlias = Callable[[int], None]
    T = TypeVar("T")

__all__ = ["PointResult", "Result", "attempt", "evaluate", "replicate", "require", "run"]


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
    *,
    executor: Executor | None = None,
    memory: Memory | None = None,
) -> Result:
    """Run every replication of every point of *experiment*.

    *progress* is called with how far it is whenever some are done; where replications are added
    until an interval is narrow enough, *watch* hears after each look how wide it is. An *executor*
    does the work, by default this process; what a *memory* knows is not done again.

    Raise a `ConfigError` as `require` does. A point that fails is among the `failures` of the
    result, and the others go on; if none is left its error is raised.
    """
    result = attempt(experiment, progress, watch, executor=executor, memory=memory)
    if not result.points:
        first = result.failures[0]
        raise first.error or RuntimeError(first.text)
    return result


def attempt(
    experiment: Experiment,
    progress: Progress | None = None,
    watch: Watch | None = None,
    *,
    executor: Executor | None = None,
    memory: Memory | None = None,
) -> Result:
    """Do as `run`, but return a result without points if all of them fail."""
    require(experiment)
    executor = executor or Here()
    with executor:
        points, failures = _warmed_up(list(experiment.points()), executor, memory)
        results, more = _all(points, executor, memory, progress, watch)
    failures += more
    return Result(experiment=experiment, points=tuple(results), failures=tuple(failures))


def _warmed_up(
    points: list[Point], executor: Executor, memory: Memory | None
) -> tuple[list[Point], list[Failure]]:
    """Return *points* with their warm-ups, without those that could not be looked at."""
    jobs = [Job(point.experiment, _warmup(point.experiment)) for point in points]
    Schedule(jobs, executor, memory).run()
    fine = [(p, job.result) for p, job in zip(points, jobs, strict=True) if job.trouble is None]
    return (
        warmed_up([point for point, _ in fine], [warmup for _, warmup in fine]),
        _failures(points, jobs),
    )


def _all(
    points: list[Point],
    executor: Executor,
    memory: Memory | None,
    progress: Progress | None,
    watch: Watch | None,
) -> tuple[list[PointResult], list[Failure]]:
    sizes = [_first_size(point.experiment) for point in points]
    tally = Tally(sizes, [point.experiment.run.messages for point in points], progress)
    jobs = []
    for place, point in enumerate(points):
        course = _tilted if point.experiment.run.rare else _plain
        jobs.append(Job(point.experiment, course(point, partial(tally.plan, place), watch)))
    Schedule(jobs, executor, memory, tally).run()
    return [job.result for job in jobs if job.result is not None], _failures(points, jobs)


def _failures(points: Sequence[Point], jobs: Sequence[Job[T]]) -> list[Failure]:
    return [
        Failure(point.parameters, job.trouble.text, job.trouble.trace, job.trouble.error)
        for point, job in zip(points, jobs, strict=True)
        if job.trouble is not None
    ]


def _warmup(experiment: Experiment) -> Course[Warmup | None]:
    if not experiment.run.warmup_is_open:
        return None
    player = partial(open_warmup, experiment)
    warmups: list[Warmup] = yield Task("warmup", player, (0,), experiment.run.messages)
    return warmups[0]


def _plain(point: Point, plan: Plan, watch: Watch | None) -> Course[PointResult]:
    experiment = point.experiment
    player = partial(replicate, experiment)
    samples: list[Sample] = []
    size: int | None = _first_size(experiment)
    while size is not None:
        plan(size)
        numbers = tuple(range(len(samples), size))
        samples += yield Task("plain", player, numbers, experiment.run.messages)
        size = _next_size(experiment, _seen_plainly(experiment, samples), watch)
    return replace(evaluate(experiment, point.parameters, samples), left_out=point.left_out)


def _tilted(point: Point, plan: Plan, watch: Watch | None) -> Course[PointResult]:
    experiment = point.experiment
    campaign = Campaign(experiment)
    size: int | None = _first_size(experiment)
    while size is not None:
        plan(campaign.replications(size))
        yield from campaign.extend(size)
        rare, estimates = campaign.result()
        size = _next_tilted(experiment, estimates, size, watch)
        campaign.plain_as_well = size is not None and _asked(experiment) not in rare.estimates
    result = evaluate(experiment, point.parameters, campaign.plain, estimates)
    return replace(result, rare=rare, left_out=point.left_out)


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
