"""The ways to meet rare events, seen from outside: a pilot, and replications of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sim.rare import pilot, sample, splitting
from sim.rare.plan import Plan
from sim.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment
    from sim.rare.plan import Candidates
    from sim.rare.sample import RareSample
    from sim.rare.splitting import Steps
    from sim.tasks import Course


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A way to meet rare events that has had its pilot, which found the *plan*.

    `work` is what the pilot cost, in facts, `replications` in runs.
    """

    plan: Plan | Steps
    work: int
    replications: int

    @property
    def name(self) -> str:
        """What the experiment file calls it."""
        return "importance" if isinstance(self.plan, Plan) else "splitting"

    @property
    def largest_weight(self) -> float:
        """No replication weighs more than so many plain ones."""
        return self.plan.largest_weight if isinstance(self.plan, Plan) else 1.0

    def player(self, experiment: Experiment) -> Callable[[int], RareSample]:
        """Return what plays a replication of *experiment*, by its number."""
        if isinstance(self.plan, Plan):
            return partial(sample.replicate, experiment, plan=self.plan)
        return partial(splitting.replicate, experiment, steps=self.plan)


def tilting(
    experiment: Experiment, candidates: Candidates, *, end_s: float, rare_side: bool
) -> Course[Method]:
    """Find how to tilt luck; the pilot is that of `sim.rare.pilot.explore`."""
    found = yield from pilot.explore(
        experiment,
        candidates=candidates,
        end_s=end_s,
        target=target(experiment),
        rare_side=rare_side,
    )
    return Method(plan=found.plan, work=found.work, replications=found.replications)


def splitting_at(experiment: Experiment) -> Course[Method]:
    """Find where to split runs; the pilot is that of `sim.rare.splitting.find_levels`."""
    player = partial(_levels, experiment)
    size = splitting.PILOT * experiment.run.messages
    steps: list[Steps] = yield Task("levels", player, (0,), size)
    [found] = steps
    return Method(plan=found, work=found.work, replications=found.replications)


def _levels(experiment: Experiment, _number: int) -> Steps:
    return splitting.find_levels(experiment)


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
