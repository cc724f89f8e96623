"""The pilot: a few replications that find out what the rare things need, and how far to tilt.

First plain replications: how long a run takes, which messages are measured, what is common anyway.
Then rounds with tilted luck. The first tries everything: each cause alone and all together, the
coins half and almost always, the faults spread over the run. The further ones are fitted to what
the rounds before have seen (`sim.rare.mixture`). Part of the first, broad mixture stays in the end,
for what the pilot has overlooked. A pilot draws luck of its own, so that what is estimated
afterwards does not depend on it: every estimate is unbiased, whatever the pilot found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.measures import MEASURES
from sim.rare.fitting import Seen, broad, fitted
from sim.rare.plan import MEMORY, Candidates, Mixture, Plan, Scope
from sim.rare.sample import play, work
from sim.rare.scope import scope_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment
    from sim.rare.plan import Coin
    from sim.rare.sample import Played

ROUNDS = 3
TRIALS = 1000
"""Trials of a round at least, where a replication has several."""
MOST = 200
"""No round has more replications than that."""

RUNS = 60
"""Replications of a round, where each is only one trial."""
PIECES = 8
"""So many pieces of the time of a run, to place a fault in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """What a pilot found: a plan, its cost in facts, and how many events it rests on."""

    plan: Plan
    work: int
    replications: int
    events: int


def explore(
    experiment: Experiment,
    *,
    candidates: Candidates,
    end_s: float,
    target: str,
    rare_side: bool,
    done: Callable[[], None],
) -> Pilot:
    """Return the plan for *experiment* whose runs end at about *end_s* (s).

    *target* is the estimate whose events count, or their absence if *rare_side* is false; *done* is
    called after each replication.
    """
    edges_s = tuple(float(edge) for edge in np.linspace(0.0, end_s, PIECES + 1)[1:])
    scope = scope_of(experiment)
    plan = Plan(scope, candidates, Mixture(edges_s=edges_s), watch=True)
    seen, size, cost, number = Seen(), _round_size(experiment), 0, 0

    def play_one() -> Played:
        nonlocal cost, number
        number += 1
        played = play(experiment, -number, plan)
        cost += work(played.ledger)
        seen.meet(played.luck)
        done()
        return played

    play_one()  # says which coins and faults there are
    for _ in range(ROUNDS):
        plan = _next(plan, seen)
        for _ in range(size):
            _collect(seen, play_one(), target, rare_side=rare_side)
    plan = _next(plan, seen)
    return Pilot(
        plan=replace(plan, watch=False), work=cost, replications=number, events=len(seen.weights)
    )


def _next(plan: Plan, seen: Seen) -> Plan:
    """Return the plan of the next round: it rests on the events of all rounds before."""
    start = broad(plan, seen)
    return fitted(start, seen) if seen.weights else start


def replications(experiment: Experiment) -> int:
    """Return how many replications a pilot has."""
    return 1 + ROUNDS * _round_size(experiment)


def _round_size(experiment: Experiment) -> int:
    if scope_of(experiment) is Scope.RUN:
        return max(RUNS, experiment.run.replications // 10)
    trials = experiment.run.messages
    if scope_of(experiment) is Scope.PRODUCER:
        trials = min(trials, experiment.producer.instances)
    return min(max(2, -(-TRIALS // trials)), MOST)


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
        seen.weights.append(float(played.weights[place] * score[place]))
        seen.coins.append(coins[int(played.keys[place])])
        seen.waits.append(dict(played.luck.waited))


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
