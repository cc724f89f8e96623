"""Runs an experiment for a command: who does the work, where it is kept, and what is told of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sim.cli.order import FailedError, OrderError
from sim.cli.progress import shown_progress
from sim.config import ConfigError
from sim.executors import Here, Processes, WorkersError
from sim.numerals import count
from sim.runner import attempt, require
from sim.store import LEDGERS, Folder, StoreError, place_of
from sim.wording import point_name

if TYPE_CHECKING:
    from sim.cli.effort import Effort
    from sim.cli.screen import Screen
    from sim.config import Experiment
    from sim.executors import Executor
    from sim.runner import Result

WORTH_WORKERS = 150_000
"""Messages in all for which it pays to start other processes, which takes two seconds."""

_LEAST = 500
"""A replication costs as much as that many messages, however few it has."""


def run_kept(
    experiment: Experiment, name: str, effort: Effort, errors: Screen, *, quiet: bool = False
) -> Result:
    """Run *experiment*, called *name*, unless its result is there already.

    Raise an `OrderError` if it cannot be run, or if all of its points failed.
    """
    try:
        require(experiment)
        if effort.results is None:
            return _run(experiment, effort, None, errors, quiet=quiet)
        with Folder(place_of(experiment, name, effort.results), experiment) as folder:
            return _in(folder, experiment, effort, errors, quiet=quiet)
    except (ConfigError, StoreError, WorkersError) as error:
        raise OrderError(str(error)) from None


def run_whole(experiment: Experiment, name: str, effort: Effort, errors: Screen) -> Result:
    """Do as `run_kept`; raise an `OrderError` if a point failed, too."""
    result = run_kept(experiment, name, effort, errors)
    if result.failures:
        raise FailedError(failures_text(result).rstrip())
    return result


def _in(
    folder: Folder, experiment: Experiment, effort: Effort, errors: Screen, *, quiet: bool
) -> Result:
    known = folder.result()
    if known is not None:
        if not quiet:
            errors.write(f"already there: {folder.path}\n")
        _keep_ledgers(folder, known, effort, errors, quiet=quiet)
        return known
    folder.begin()
    try:
        result = _run(experiment, effort, folder, errors, quiet=quiet)
    except KeyboardInterrupt:
        errors.write(
            f"what is done is kept in {folder.path}; the same command goes on from there\n"
        )
        raise
    folder.finish(result)
    for path in folder.pieces.damaged:
        errors.write(f"caution: {path} was damaged; what it held has been run again\n")
    if not quiet:
        errors.write(f"kept in {folder.path}\n")
    _keep_ledgers(folder, result, effort, errors, quiet=quiet)
    return result


def _keep_ledgers(
    folder: Folder, result: Result, effort: Effort, errors: Screen, *, quiet: bool
) -> None:
    if not effort.ledgers:
        return
    new = folder.keep_ledgers(result, _executor(result.experiment, effort))
    if not quiet:
        errors.write(f"{count(new)} ledgers written to {folder.path / LEDGERS}\n")


def _run(
    experiment: Experiment, effort: Effort, folder: Folder | None, errors: Screen, *, quiet: bool
) -> Result:
    with shown_progress(errors, quiet=quiet) as progress:
        result = attempt(
            experiment,
            progress,
            None if progress is None else progress.watch,
            executor=_executor(experiment, effort),
            memory=folder,
        )
    if not result.points:
        raise FailedError(failures_text(result).rstrip())
    return result


def _executor(experiment: Experiment, effort: Effort) -> Executor:
    if effort.cluster is not None:
        # Half a second and a package that only who has a cluster needs.
        from sim.executors.cluster import Cluster, ClusterError  # noqa: PLC0415

        try:
            return Cluster(effort.cluster)
        except ClusterError as error:
            raise OrderError(f"--cluster {error}") from None
    workers = effort.workers
    if workers is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
        workers = cores or os.cpu_count() or 1
        if _messages(experiment) < WORTH_WORKERS:
            workers = 1
    return Here() if workers == 1 else Processes(workers)


def _messages(experiment: Experiment) -> int:
    """Return about how many messages it takes, as far as is known beforehand."""
    total = 0
    for point in experiment.points():
        run_of = point.experiment.run
        total += max(run_of.messages, _LEAST) * run_of.replications
    return total


def failures_text(result: Result) -> str:
    """Return what became of the points that failed, a line each; empty if none did."""
    lines = []
    for failure in result.failures:
        name = f"{point_name(failure.parameters)}: " if failure.parameters else ""
        lines.append(f"failed: {name}{failure.text}")
    if lines:
        whole = len(result.points) + len(result.failures)
        lines.append(f"{count(len(result.failures))} of {count(whole)} points failed")
    return "".join(f"{line}\n" for line in lines)
