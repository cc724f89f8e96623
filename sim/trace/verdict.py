"""What became of one message, in one sentence: belief, fate, cause, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.ledger import Cause
from sim.numerals import seconds
from sim.outcomes import Belief, Fate, judge
from sim.trace.wording import cause_name, reason_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.ledger import Ledger
    from sim.outcomes import Outcomes
    from sim.trace.facts import Fact

_NAMED = {
    (Belief.CONFIRMED, Fate.LOST): "a silent loss",
    (Belief.FAILED, Fate.LOST): "a reported loss",
    (Belief.UNKNOWN, Fate.LOST): "an unknown loss",
    (Belief.FAILED, Fate.ONCE): "a false failure",
    (Belief.FAILED, Fate.DUPLICATED): "a false failure",
}
_MEANS = {
    Cause.NETWORK: "the network lost it",
    Cause.CONNECTION_CUT: "it was on its way when the connection was cut",
    Cause.PRODUCER_CRASH: "its producer crashed and had it in memory only",
    Cause.PRODUCER_BUFFER: "its producer's buffer had no place, or its time was up there",
    Cause.BROKER_DOWN: "it came while the broker was down",
    Cause.BROKER_MEMORY: "what had it in memory only fell",
    Cause.PAGE_CACHE: "the power went before it was synced",
    Cause.DISK_LOSS: "the disk was lost",
    Cause.TORN_WRITE: "a power loss tore its record",
    Cause.FAILOVER: "the new leader never had it",
    Cause.OVERFLOW: "there was no room for it",
    Cause.EXPIRED: "it was too old",
    Cause.NO_SUBSCRIBER: "nobody was there to get it",
    Cause.AUTO_ACK: "it was acknowledged on delivery, and its consumer never did it",
    Cause.EARLY_ACK: "it was acknowledged before the work was done",
    Cause.COMMIT: "the position was committed past it",
    Cause.DELIVERY_LIMIT: "no more deliveries were allowed, and there are no dead letters",
    Cause.HANDLER_ERROR: "its handler failed",
    Cause.REJECTED: "its consumer rejected it, and there are no dead letters",
    Cause.WRITE_ERROR: "the disk did not take it",
    Cause.DEDUPLICATED: "it was taken for a repeat",
    Cause.OUT_OF_SEQUENCE: "the one before it had not come",
    Cause.NOT_IN_SYNC: "too few replicas were in sync",
}


def verdict(
    ledger: Ledger, row: int, facts: Sequence[Fact], end_s: float, only: int | None = None
) -> str:
    """Return what became of message *row*, whose *facts* are known, in a run that ended at *end_s*.

    Of several consumer groups each has its own part of the sentence, or *only* one of them.
    """
    outcomes = judge(ledger, range(row, row + 1))
    parts = [_belief(outcomes, facts)]
    for group in range(len(outcomes)) if only is None else [only]:
        several = len(outcomes) > 1
        own = [fact for fact in facts if not several or fact.group in (None, group)]
        name = f"group {group}: " if several else ""
        parts.append(name + _fate(outcomes, group, own, end_s))
    return "; ".join(parts) + "."


def _belief(outcomes: Outcomes, facts: Sequence[Fact]) -> str:
    match Belief(outcomes.belief[0]):
        case Belief.CONFIRMED:
            return f"Confirmed after {seconds(float(outcomes.confirm_latency_s[0]))}"
        case Belief.FAILED:
            failed = next(fact for fact in facts if fact.kind == "failed")
            after_s = failed.time_s - float(outcomes.created_s[0])
            return f"Failed after {seconds(after_s)} ({reason_name(failed)})"
        case _:
            return "Unknown to its producer"


def _fate(outcomes: Outcomes, group: int, facts: Sequence[Fact], end_s: float) -> str:
    belief, fate = Belief(outcomes.belief[group]), Fate(outcomes.fate[group])
    created_s = float(outcomes.created_s[group])
    first_s = float(outcomes.delivery_latency_s[group])
    match fate:
        case Fate.ONCE:
            told = f"once, its effect after {seconds(first_s)}"
        case Fate.DUPLICATED:
            told = f"duplicated, {outcomes.effects[group]} effects, the first after "
            told += seconds(first_s)
        case Fate.DEAD_LETTERED:
            parked = [fact for fact in facts if fact.kind == "parked"][-1]
            told = f"dead-lettered after {seconds(parked.time_s - created_s)}"
            told += f" ({reason_name(parked)})"
        case Fate.PENDING:
            told = f"pending when the run ended, {seconds(end_s - created_s)} after its creation"
        case _:
            cause = Cause(outcomes.cause[group])
            last_s = max(_drops(facts, cause))
            told = f"lost after {seconds(last_s - created_s)}"
            told += f" by {cause_name(cause)} ({_MEANS[cause]})"
    named = _NAMED.get((belief, fate))
    return told + (f": {named}" if named else "")


def _drops(facts: Sequence[Fact], cause: Cause) -> Iterator[float]:
    yield -np.inf
    for fact in facts:
        if fact.kind == "dropped" and fact.values["cause"] == cause:
            yield fact.time_s
