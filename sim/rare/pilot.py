"""The pilot: a few replications that find out what the rare things need, and how far to tilt.

First a plain one: which coins and faults there are. Then rounds with tilted luck. The first tries
everything: each cause alone and all together, the coins half and almost always, the faults spread
over the run. The further ones are fitted to what the rounds before have seen
(`sim.rare.mixture`). Part of the first, broad mixture stays in the end, for what the pilot has
overlooked. A pilot draws luck of its own, so that what is estimated afterwards does not depend on
it: every estimate is unbiased, whatever the pilot found.

Faults make runs longer, and a further fault can come then, too. So where there are faults, a few
runs that have them tell how far the pieces of time must reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.measures import MEASURES
from sim.rare.fitting import Seen, broad, fitted
from sim.rare.plan import MEMORY, Candidates, Mixture, Plan, Scope
from sim.rare.sample import play, work
from sim.rare.scope import scope_of
from sim.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.config import Experiment
    from sim.rare.plan import Coin
    from sim.rare.sample import Played
    from sim.tasks import Course

ROUNDS = 3
TRIALS = 1000
"""Trials of a round at least, where a replication has several."""
MOST = 200
"""No round has more replications than that."""

RUNS = 60
"""Replications of a round, where each is only one trial."""
SCOUTS = 12
"""Runs with faults that tell how long a run can become."""
LATE = 0.9
"""The share of these that is over by then."""

PIECES = 8
"""So many pieces of the time of a run, to place a fault in."""
LATER = 2
"""So many more of the time by which faults make it longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """What a pilot found: a plan, its cost in facts, and how many events it rests on."""

    plan: Plan
    work: int
    replications: int
    events: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One replication of a pilot: what was `seen` in it, its `work` in facts, and its end (s)."""

    seen: Seen
    work: int
    end_s: float


@dataclass(slots=True)
class _Trials:
    """Gives out the replications of a pilot, and counts what they cost."""

    experiment: Experiment
    target: str
    rare_side: bool
    number: int = 0
    stages: int = 0
    work: int = 0

    def under(self, plan: Plan, size: int) -> Course[list[Trial]]:
        """Play *size* further replications with luck tilted as *plan* says."""
        player = partial(
            trial, self.experiment, plan=plan, target=self.target, rare_side=self.rare_side
        )
        numbers = tuple(-number for number in range(self.number + 1, self.number + size + 1))
        kind = f"pilot {self.stages}"
        self.number += size
        self.stages += 1
        trials: list[Trial] = yield Task(kind, player, numbers, self.experiment.run.messages)
        self.work += sum(trial.work for trial in trials)
        return trials


def explore(
    experiment: Experiment,
    *,
    candidates: Candidates,
    end_s: float,
    target: str,
    rare_side: bool,
) -> Course[Pilot]:
    """Find the plan for *experiment*, whose runs end at about *end_s* (s) while all goes well.

    *target* is the estimate whose events count, or their absence if *rare_side* is false.
    """
    trials = _Trials(experiment, target, rare_side)
    edges_s = tuple(float(edge) for edge in np.linspace(0.0, end_s, PIECES + 1)[1:])
    plan = Plan(scope_of(experiment), candidates, Mixture(edges_s=edges_s), watch=True)
    rounds = [(plan, 1)]
    seen = _sum((yield from trials.under(plan, 1)))  # says which coins and faults there are
    if seen.chances:
        scouts = yield from trials.under(broad(plan, seen), SCOUTS)
        late_s = float(np.quantile([scout.end_s for scout in scouts], LATE))
        plan = _reaching(plan, late_s)
        rounds = [(plan, 1)]
        seen = _sum((yield from trials.under(plan, 1)))
    for _ in range(ROUNDS):
        plan = _next(plan, seen, rounds)
        rounds.append((plan, _round_size(experiment)))
        seen.add(_sum((yield from trials.under(*rounds[-1]))))
    plan = _next(plan, seen, rounds)
    return Pilot(
        plan=replace(plan, watch=False),
        work=trials.work,
        replications=trials.number,
        events=len(seen.scores),
    )


def _reaching(plan: Plan, late_s: float) -> Plan:
    """Return *plan*, none yet tilted, with pieces of time up to *late_s*."""
    edges_s = plan.mixture.edges_s
    if late_s <= edges_s[-1] * (1.0 + 1.0 / PIECES):
        return plan
    later = np.linspace(edges_s[-1], late_s, LATER + 1)[1:]
    return replace(plan, mixture=Mixture(edges_s=(*edges_s, *(float(edge) for edge in later))))


def _sum(trials: list[Trial]) -> Seen:
    seen = Seen()
    for one in trials:
        seen.add(one.seen)
    return seen


def _next(plan: Plan, seen: Seen, rounds: Sequence[tuple[Plan, int]]) -> Plan:
    """Return the plan of the next round: it rests on the events of all *rounds* before."""
    start = broad(plan, seen)
    return fitted(start, seen, rounds) if seen.scores else start


def replications(experiment: Experiment) -> int:
    """Return how many replications a pilot has, about."""
    scouts = SCOUTS + 1 if experiment.faults else 0
    return 1 + scouts + ROUNDS * _round_size(experiment)


def _round_size(experiment: Experiment) -> int:
    if scope_of(experiment) is Scope.RUN:
        return max(RUNS, experiment.run.replications // 10)
    trials = experiment.run.messages
    if scope_of(experiment) is Scope.PRODUCER:
        trials = min(trials, experiment.producer.instances)
    return min(max(2, -(-TRIALS // trials)), MOST)


def trial(
    experiment: Experiment, number: int, plan: Plan, target: str, *, rare_side: bool
) -> Trial:
    """Play replication *number* of a pilot and note what was seen."""
    played = play(experiment, number, plan)
    seen = Seen()
    seen.meet(played.luck)
    _collect(seen, played, target, rare_side=rare_side)
    return Trial(seen, work(played.ledger), played.end_s)


def _collect(seen: Seen, played: Played, target: str, *, rare_side: bool) -> None:
    """Add the events of *played* to *seen*."""
    each = MEASURES[target].each
    if each is None:
        raise ValueError(f"{target} is not of single publications")
    numerator, denominator = (part.astype(np.float64) for part in each(played.outcomes))
    score = numerator if rare_side else denominator - numerator
    happened = np.flatnonzero(score)
    if not happened.size:
        return
    coins = _tosses(played, set(played.keys[happened].tolist()))
    for place in happened.tolist():
        seen.scores.append(float(score[place]))
        seen.coins.append(coins[int(played.keys[place])])
        seen.waits.append(dict(played.luck.waited))
        seen.together.append(len(happened))


def _tosses(played: Played, keys: set[int]) -> dict[int, dict[Coin, tuple[int, int]]]:
    """Return of each message of *keys* how often each coin came true, and how often it did not."""
    found: dict[int, dict[Coin, tuple[int, int]]] = {key: {} for key in keys}
    for coin, notes in played.luck.tossed.items():
        reach = MEMORY if coin in played.luck.lasting else 0
        for message, _number, _attempt, hit in set(notes):
            for before in range(reach + 1):
                tosses = found.get(message + before)
                if tosses is not None:
                    name = coin._replace(before=before)
                    yes, no = tosses.get(name, (0, 0))
                    tosses[name] = yes + hit, no + (not hit)
    return found
