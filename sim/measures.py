"""What is measured in one replication: every estimate as a numerator and a denominator.

A probability is events over publications, a mean is a sum over a count, a rate is a count over a
time; both parts may be random. Quantiles are values of their own. An estimate over several
replications is made of these (`sim.estimates`), so that nothing is counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from models.ledger import CRASH_CAUSES, Cause
from sim.outcomes import Belief, Fate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.outcomes import Counts, Flags, Load, Outcomes, Times

Parts: TypeAlias = tuple[float, float]


class Kind(StrEnum):
    """How an estimate is made of its parts."""

    PROBABILITY = "probability"  # events / trials, in [0, 1]
    RATIO = "ratio"  # sum / count, count / time
    QUANTILE = "quantile"  # a value per replication


@dataclass(frozen=True, slots=True)
class Measure:
    """One estimate's definition: `parts` gives (numerator, denominator) of one replication.

    Of a quantile the numerator is the quantile itself (s) and the denominator 1, or 0 where
    there is nothing to take it of. `unit` is what the value is told in, empty for a pure number.
    """

    kind: Kind
    parts: Callable[[Outcomes, Load], Parts]
    meaning: str
    unit: str = ""


def _share(flags: Callable[[Outcomes], Flags], meaning: str) -> Measure:
    def parts(outcomes: Outcomes, _load: Load) -> Parts:
        return float(flags(outcomes).sum()), float(len(outcomes))

    return Measure(Kind.PROBABILITY, parts, meaning)


def _given(
    flags: Callable[[Outcomes], Flags], condition: Callable[[Outcomes], Flags], meaning: str
) -> Measure:
    def parts(outcomes: Outcomes, _load: Load) -> Parts:
        given = condition(outcomes)
        return float((flags(outcomes) & given).sum()), float(given.sum())

    return Measure(Kind.PROBABILITY, parts, meaning)


def _per_message(counts: Callable[[Outcomes], Counts], meaning: str) -> Measure:
    def parts(outcomes: Outcomes, _load: Load) -> Parts:
        return float(counts(outcomes).sum()), float(len(outcomes))

    return Measure(Kind.RATIO, parts, meaning)


def _mean(values: Callable[[Outcomes], Times], meaning: str) -> Measure:
    def parts(outcomes: Outcomes, _load: Load) -> Parts:
        times = values(outcomes)
        return float(np.nansum(times)), float((~np.isnan(times)).sum())

    return Measure(Kind.RATIO, parts, meaning, "s")


def _quantile(values: Callable[[Outcomes], Times], level: float, meaning: str) -> Measure:
    def parts(outcomes: Outcomes, _load: Load) -> Parts:
        times = values(outcomes)
        times = times[~np.isnan(times)]
        # An observed time, not one between two: latencies often take few values.
        return (
            (float(np.quantile(times, level, method="inverted_cdf")), 1.0)
            if times.size
            else (0.0, 0.0)
        )

    return Measure(Kind.QUANTILE, parts, meaning, "s")


def _latencies(which: str, values: Callable[[Outcomes], Times], span: str) -> dict[str, Measure]:
    levels = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
    made = {f"{which}_latency_mean": _mean(values, f"mean time from {span}")}
    for name, level in levels.items():
        made[f"{which}_latency_{name}"] = _quantile(
            values, level, f"{100 * level:g} % quantile of the time from {span}"
        )
    return made


def _sojourn(outcomes: Outcomes, _load: Load) -> Parts:
    over = ~np.isnan(outcomes.stayed_s)
    return float(outcomes.stayed_s[over].sum()), float(outcomes.stored[over].sum())


def _lost_per_crash(outcomes: Outcomes, load: Load) -> Parts:
    taken = np.isin(outcomes.cause, (*CRASH_CAUSES, Cause.FAILOVER))
    return float(taken.sum()), float(load.crashes)


def _persisted(outcomes: Outcomes, _load: Load) -> Parts:
    held = outcomes.stored - outcomes.refused
    stored = held > 0
    kept = stored & (outcomes.crash_removed < held)
    return float(kept.sum()), float(stored.sum())


def _redeemed(outcomes: Outcomes) -> Flags:
    decided: Flags = outcomes.fate != Fate.PENDING
    return outcomes.first_failed & decided


def _of_priority(outcomes: Outcomes, priority: int) -> Times:
    chosen = (outcomes.priority == priority) & (outcomes.priority >= 0)
    return np.where(chosen, outcomes.delivery_latency_s, np.nan)


def _lost_while(belief: Belief) -> Callable[[Outcomes], Flags]:
    return lambda outcomes: (outcomes.fate == Fate.LOST) & (outcomes.belief == belief)


MEASURES: dict[str, Measure] = {
    "confirmed": _share(lambda o: o.belief == Belief.CONFIRMED, "an acknowledgement came in time"),
    "failed": _share(lambda o: o.belief == Belief.FAILED, "the producer gave the message up"),
    "unknown": _share(lambda o: o.belief == Belief.UNKNOWN, "the producer never knew"),
    "delivered": _share(lambda o: o.effects > 0, "one effect or more"),
    "once": _share(lambda o: o.fate == Fate.ONCE, "exactly one effect"),
    "duplicated": _share(lambda o: o.fate == Fate.DUPLICATED, "two effects or more"),
    "dead_lettered": _share(lambda o: o.fate == Fate.DEAD_LETTERED, "no effect, and parked"),
    "parked": _share(lambda o: o.parked > 0, "parked, with or without an effect"),
    "lost": _share(lambda o: o.fate == Fate.LOST, "no effect, and never will have"),
    "pending": _share(lambda o: o.fate == Fate.PENDING, "no effect yet at the horizon"),
    "silent_loss": _share(_lost_while(Belief.CONFIRMED), "confirmed and lost"),
    "reported_loss": _share(_lost_while(Belief.FAILED), "failed and lost"),
    "false_failure": _share(
        lambda o: (o.belief == Belief.FAILED) & (o.effects > 0), "failed, and yet an effect"
    ),
    "unknown_loss": _share(_lost_while(Belief.UNKNOWN), "unknown and lost"),
    "persisted": Measure(Kind.PROBABILITY, _persisted, "stored, and removed by no crash"),
    "redelivered": _given(
        lambda o: o.effects > 0, _redeemed, "an effect by a later delivery, the first having failed"
    ),
    "redelivered_flag_lies": Measure(
        Kind.PROBABILITY,
        lambda o, _load: (float(o.flag_lies.sum()), float(o.flagged.sum())),
        "of the deliveries flagged as redelivered, those with no effect before",
    ),
    "sends_per_message": _per_message(lambda o: o.sends, "packets sent"),
    "copies_per_message": _per_message(lambda o: o.copies, "arrivals at the broker"),
    "deliveries_per_message": _per_message(lambda o: o.deliveries, "hand-overs to a consumer"),
    "effects_per_message": _per_message(lambda o: o.effects, "completed business actions"),
    "out_of_order": _share(lambda o: o.out_of_order, "first effect after that of a younger one"),
    **_latencies("confirm", lambda o: o.confirm_latency_s, "creation to confirmation"),
    **_latencies("delivery", lambda o: o.delivery_latency_s, "creation to first effect"),
    "highest_latency_mean": _mean(
        lambda o: _of_priority(o, o.priority.max(initial=-1)),
        "mean time from creation to first effect at the highest priority",
    ),
    "lowest_latency_mean": _mean(
        lambda o: _of_priority(o, 0),
        "mean time from creation to first effect at the lowest priority",
    ),
    "sojourn_mean": Measure(Kind.RATIO, _sojourn, "mean time of a copy in the queue", "s"),
    "queue_length": Measure(
        Kind.RATIO,
        lambda _o, load: (
            load.queue_length * load.window_s if load.window_s else 0.0,
            load.window_s,
        ),
        "time average of messages waiting or in service",
        "messages",
    ),
    "service_mean": Measure(
        Kind.RATIO,
        lambda o, _load: (float(o.service_s.sum()), float(o.served.sum())),
        "mean processing time of one delivery",
        "s",
    ),
    "throughput": Measure(
        Kind.RATIO,
        lambda _o, load: (float(load.effects), load.window_s),
        "publications with an effect per second",
        "/s",
    ),
    "lost_per_crash": Measure(
        Kind.RATIO, _lost_per_crash, "publications lost per crash of the broker", "messages"
    ),
}
"""Every estimate by its name, in the order in which tables show them."""
