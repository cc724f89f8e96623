"""The ways to meet rare events, seen from outside: a pilot, and replications of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sim.rare import pilot, sample, splitting

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment
    from sim.rare.plan import Candidates, Plan
    from sim.rare.sample import RareSample
    from sim.rare.splitting import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A way to meet rare events that has had its pilot, which found the *plan*.

    `work` is what the pilot cost, in facts, `replications` in runs. No replication weighs more than
    `largest_weight` times a plain one. `replicate` returns what is kept of one, by its number.
    """

    name: str
    plan: Plan | Steps
    work: int
    replications: int
    largest_weight: float
    replicate: Callable[[int], RareSample]


def tilting(
    experiment: Experiment,
    candidates: Candidates,
    *,
    end_s: float,
    rare_side: bool,
    done: Callable[[], None],
) -> Method:
    """Return importance sampling; its pilot is that of `sim.rare.pilot.explore`."""
    found = pilot.explore(
        experiment,
        candidates=candidates,
        end_s=end_s,
        target=target(experiment),
        rare_side=rare_side,
        done=done,
    )
    return Method(
        name="importance",
        plan=found.plan,
        work=found.work,
        replications=found.replications,
        largest_weight=found.plan.largest_weight,
        replicate=partial(sample.replicate, experiment, plan=found.plan),
    )


def split(experiment: Experiment, done: Callable[[], None]) -> Method:
    """Return splitting; its pilot is that of `sim.rare.splitting.find_levels`."""
    steps = splitting.find_levels(experiment, done)
    return Method(
        name="splitting",
        plan=steps,
        work=steps.work,
        replications=steps.replications,
        largest_weight=1.0,
        replicate=partial(splitting.replicate, experiment, steps=steps),
    )


def target(experiment: Experiment) -> str:
    """Return the estimate whose events are to be seen."""
    rare = experiment.run.rare
    return "lost" if rare is None else rare.estimate


def replications(experiment: Experiment) -> int:
    """Return how many replications a pilot has, about."""
    rare = experiment.run.rare
    if rare is not None and rare.method == "splitting":
        return splitting.PILOT
    return pilot.replications(experiment)
