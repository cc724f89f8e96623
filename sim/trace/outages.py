"""Crashes and restarts while a message was in the system, and what was down when it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.trace.facts import CRASH, RESTART, Fact

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.ledger import Ledger

LIMPING = ("slow", "full")
"""Faults under which a component goes on, badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outages:
    """What fell and came back: on the way of the message, and how often elsewhere.

    `before` are the last crashes of what was down when the message came.
    """

    before: tuple[Fact, ...]
    during: tuple[Fact, ...]
    others: tuple[str, ...]
    falls_of_others: int


def outages(
    ledger: Ledger, start_s: float, end_s: float, concerns: Callable[[str], bool]
) -> Outages:
    """Return what *ledger* tells of outages from *start_s* to *end_s* (s).

    *concerns* says of a component whether it is on the way of the message.
    """
    told = [_crash(time_s, who, fault) for time_s, who, fault in ledger.crashes]
    told += [_restart(time_s, who) for time_s, who in ledger.restarts]
    told.sort(key=lambda fact: fact.time_s)  # at one instant, a crash comes before its end
    state = {str(fact.values["component"]): fact for fact in told if fact.time_s < start_s}
    during = [fact for fact in told if start_s <= fact.time_s <= end_s]
    own = [fact for fact in during if concerns(str(fact.values["component"]))]
    others = [
        str(fact.values["component"])
        for fact in during
        if fact.kind == CRASH and not concerns(str(fact.values["component"]))
    ]
    fallen = [fact for who, fact in state.items() if fact.kind == CRASH and concerns(who)]
    return Outages(
        before=tuple(sorted(fallen, key=lambda fact: fact.time_s)),
        during=tuple(own),
        others=tuple(dict.fromkeys(others)),
        falls_of_others=len(others),
    )


def _crash(time_s: float, who: str, fault: str) -> Fact:
    return Fact(time_s=time_s, kind=CRASH, values={"component": who, "fault": str(fault)})


def _restart(time_s: float, who: str) -> Fact:
    return Fact(time_s=time_s, kind=RESTART, values={"component": who})
