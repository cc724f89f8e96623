"""A witness: one publication of one run in which a weakness broke its guarantee.

The experiment is run as it is, small, with the hazard brought about if it is not there, and then
every other time with consumers that lag behind. What is found is told as the story of that one
publication. Not to find one says little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.config import ConfigError, from_mapping
from sim.explain.hazards import Hazard, active, bring_about
from sim.explain.weakness import Guarantee
from sim.outcomes import Belief, Fate, judge
from sim.story import Event, story
from sim.system import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.config import Experiment
    from sim.explain.weakness import Weakness
    from sim.outcomes import Flags, Outcomes

MESSAGES = 300
TRIES = 12
_STRIKES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Message `row` of `experiment`, replication 0, as `group` saw it, and what became of it."""

    experiment: Experiment
    hazard: Hazard
    row: int
    group: int
    story: tuple[Event, ...]


def broken(guarantee: Guarantee, outcomes: Outcomes) -> Flags:
    """Return which publications break *guarantee*, shape (publications,)."""
    match guarantee:
        case Guarantee.AT_LEAST_ONCE:
            lost = outcomes.fate == Fate.LOST
            return np.asarray(lost & (outcomes.belief == Belief.CONFIRMED))
        case Guarantee.AT_MOST_ONCE:
            return np.asarray(outcomes.effects > 1)
        case Guarantee.IN_ORDER:
            return outcomes.out_of_order


def find_witness(experiment: Experiment, weakness: Weakness) -> Witness | None:
    """Return a publication of *experiment* that *weakness* breaks; None if none was seen.

    At most `TRIES` runs of `MESSAGES` messages are made for each hazard.
    """
    here = active(experiment)
    hazards = [h for h in Hazard if h in weakness.hazards & here] or list(weakness.hazards)
    for hazard in sorted(hazards, key=list(Hazard).index):
        for attempt in _attempts(experiment, hazard, present=hazard in here):
            system = simulate(attempt, 0)
            measured = system.census.measured
            outcomes = judge(system.ledger, measured)
            found = broken(weakness.guarantee, outcomes)
            if weakness.causes:
                found &= np.isin(outcomes.cause, list(weakness.causes))
            if found.any():
                group, place = divmod(int(np.argmax(found)), len(measured))
                row = measured.start + place
                told = story(system.ledger, row, group)
                return Witness(experiment=attempt, hazard=hazard, row=row, group=group, story=told)
    return None


def _attempts(experiment: Experiment, hazard: Hazard, *, present: bool) -> Iterator[Experiment]:
    """Yield small experiments with *hazard*, each with another luck."""
    written = experiment.as_file_mapping()
    for part in ("sweep", "check", "plot"):
        written.pop(part, None)
    lasts_s = MESSAGES / (experiment.producer.arrivals.rate_per_s * experiment.producer.instances)
    for number in range(TRIES):
        made = _small(written, experiment, lasts_s) | {"seed": experiment.seed + number}
        if not present:
            luck = np.random.default_rng(number)
            times_s = sorted(luck.uniform(0.0, lasts_s, _STRIKES).round(6).tolist())
            made = bring_about(hazard, made, times_s)
            if number % 2:  # consumers that lag behind: the hazard finds messages waiting
                made["consumer"] = made["consumer"] | {"start": lasts_s}
        try:
            yield from_mapping(made)
        except ConfigError:
            return  # the hazard cannot be there


def _small(written: dict[str, Any], experiment: Experiment, lasts_s: float) -> dict[str, Any]:
    producer, broker = experiment.producer, experiment.broker
    waits_s = [
        producer.timeout_s * (producer.retries + 1),
        broker.redelivery.ack_timeout_s,
        broker.failover.mean_s,
    ]
    patience_s = sum(min(wait_s, 3600.0) for wait_s in waits_s)
    horizon_s = 3.0 * lasts_s + 10.0 * patience_s + 10.0 * experiment.consumer.start.mean_s
    run = {"messages": MESSAGES, "warmup": 0, "replications": 1, "horizon": max(horizon_s, 60.0)}
    return dict(written) | {"run": dict(written["run"]) | run}
