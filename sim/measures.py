"""What is measured in one replication: every estimate as a numerator and a denominator.

A probability is events over publications, a mean is a sum over a count, a rate is a count over a
time; both parts may be random. A quantile has no parts: it is one of all latencies together. An
estimate over several replications is made of these (`sim.estimates`), so that nothing is counted
twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.ledger import CRASH_CAUSES, Cause
from sim.measure import Better, Kind, Measure, Parts, Quantile
from sim.outcomes import Belief, Fate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.measure import Column, Latency
    from sim.outcomes import Counts, Flags, Load, Outcomes, Times

__all__ = ["MEASURES", "Better", "Kind", "Measure", "Parts"]


def _summed(
    kind: Kind,
    each: Callable[[Outcomes], tuple[Column, Column]],
    meaning: str,
    unit: str = "",
    better: Better = Better.LESS,
) -> Measure:
    def parts(outcomes: Outcomes, _load: Load) -> Parts:
        numerator, denominator = each(outcomes)
        return float(numerator.sum()), float(denominator.sum())

    return Measure(kind, parts, meaning, unit, each, better=better)


def _share(
    flags: Callable[[Outcomes], Flags], meaning: str, better: Better = Better.LESS
) -> Measure:
    return _summed(Kind.PROBABILITY, lambda o: (flags(o), _one_each(o)), meaning, better=better)


def _given(
    flags: Callable[[Outcomes], Flags],
    condition: Callable[[Outcomes], Flags],
    meaning: str,
    better: Better = Better.LESS,
) -> Measure:
    def each(outcomes: Outcomes) -> tuple[Column, Column]:
        given = condition(outcomes)
        return flags(outcomes) & given, given

    return _summed(Kind.PROBABILITY, each, meaning, better=better)


def _per_message(
    counts: Callable[[Outcomes], Counts], meaning: str, better: Better = Better.NEITHER
) -> Measure:
    return _summed(Kind.RATIO, lambda o: (counts(o), _one_each(o)), meaning, better=better)


def _one_each(outcomes: Outcomes) -> Flags:
    return np.ones(len(outcomes), dtype=np.bool_)


def _mean(values: Callable[[Outcomes], Times], meaning: str) -> Measure:
    def each(outcomes: Outcomes) -> tuple[Column, Column]:
        times = values(outcomes)
        known = ~np.isnan(times)
        return np.where(known, times, 0.0), known

    return _summed(Kind.RATIO, each, meaning, "s")


def _latencies(
    which: Latency, values: Callable[[Outcomes], Times], span: str
) -> dict[str, Measure]:
    levels = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
    made = {f"{which}_latency_mean": _mean(values, f"mean time from {span}")}
    for name, level in levels.items():
        made[f"{which}_latency_{name}"] = Measure(
            Kind.QUANTILE,
            _no_parts,
            f"{100 * level:g} % quantile of the time from {span}",
            "s",
            quantile=Quantile(which, level),
        )
    return made


def _no_parts(_outcomes: Outcomes, _load: Load) -> Parts:
    return 0.0, 0.0


def _sojourn(outcomes: Outcomes) -> tuple[Column, Column]:
    over = ~np.isnan(outcomes.stayed_s)
    return np.where(over, outcomes.stayed_s, 0.0), np.where(over, outcomes.stored, 0)


def _lost_per_crash(outcomes: Outcomes, load: Load) -> Parts:
    taken = np.isin(outcomes.cause, (*CRASH_CAUSES, Cause.FAILOVER))
    return float(taken.sum()), float(load.crashes)


def _persisted(outcomes: Outcomes) -> tuple[Column, Column]:
    held = outcomes.stored - outcomes.refused
    stored = held > 0
    return stored & (outcomes.crash_removed < held), stored


def _redeemed(outcomes: Outcomes) -> Flags:
    decided: Flags = outcomes.fate != Fate.PENDING
    return outcomes.first_failed & decided


def _of_priority(outcomes: Outcomes, priority: int) -> Times:
    chosen = (outcomes.priority == priority) & (outcomes.priority >= 0)
    return np.where(chosen, outcomes.delivery_latency_s, np.nan)


def _lost_while(belief: Belief) -> Callable[[Outcomes], Flags]:
    return lambda outcomes: (outcomes.fate == Fate.LOST) & (outcomes.belief == belief)


MEASURES: dict[str, Measure] = {
    "confirmed": _share(
        lambda o: o.belief == Belief.CONFIRMED, "an acknowledgement came in time", Better.MORE
    ),
    "failed": _share(lambda o: o.belief == Belief.FAILED, "the producer gave the message up"),
    "unknown": _share(lambda o: o.belief == Belief.UNKNOWN, "the producer never knew"),
    "delivered": _share(lambda o: o.effects > 0, "one effect or more", Better.MORE),
    "once": _share(lambda o: o.fate == Fate.ONCE, "exactly one effect", Better.MORE),
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
    "persisted": _summed(
        Kind.PROBABILITY, _persisted, "stored, and removed by no crash", better=Better.MORE
    ),
    "redelivered": _given(
        lambda o: o.effects > 0,
        _redeemed,
        "an effect by a later delivery, the first having failed",
        Better.MORE,
    ),
    "redelivered_flag_lies": _summed(
        Kind.PROBABILITY,
        lambda o: (o.flag_lies, o.flagged),
        "of the deliveries flagged as redelivered, those with no effect before",
    ),
    "sends_per_message": _per_message(lambda o: o.sends, "packets sent", Better.LESS),
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
    "sojourn_mean": _summed(Kind.RATIO, _sojourn, "mean time of a copy in the queue", "s"),
    "queue_length": Measure(
        Kind.RATIO,
        lambda _o, load: (
            load.queue_length * load.window_s if load.window_s else 0.0,
            load.window_s,
        ),
        "time average of messages waiting or in service",
        "messages",
    ),
    "service_mean": _summed(
        Kind.RATIO,
        lambda o: (o.service_s, o.served),
        "mean processing time of one delivery",
        "s",
    ),
    "throughput": Measure(
        Kind.RATIO,
        lambda _o, load: (float(load.effects), load.window_s),
        "publications with an effect per second",
        "/s",
        better=Better.MORE,
    ),
    "lost_per_crash": Measure(
        Kind.RATIO, _lost_per_crash, "publications lost per crash of the broker", "messages"
    ),
}
"""Every estimate by its name, in the order in which tables show them."""
