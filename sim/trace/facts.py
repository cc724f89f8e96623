"""All facts of a ledger about one message, in an order in which they can have happened.

A ledger tells the order of facts of one kind, and the times of all. What several kinds tell of one
instant is put in an order that makes sense: a copy is handed out again only after it was given
back. Crashes and restarts are facts, too, of a component.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from models.ledger import ACKNOWLEDGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TypeAlias

    from models.ledger import Facts, Ledger

    _Kind: TypeAlias = tuple[str, int | None]

CRASH, RESTART = "crash", "restart"
BEGUN = "begun"
"""Not in the ledger: work begins so long before its end as its row says."""

_ORDER = (
    "created",
    "keyed",
    "ranked",
    "sent",
    "doubled",
    "arrived",
    "stored",
    "written",
    "synced",
    CRASH,
    "recovered",
    RESTART,
    "raised",
    "effected",
    "skipped",
    "returned",
    "delivered",
    BEGUN,
    "removed",
    "parked",
    "confirmed",
    "failed",
    "unknown",
    "dropped",
)
_SOURCES = {
    "arrived": (("sent", "doubled"), "arrived"),
    "stored": (("arrived",), "stored"),
    "synced": (("written",), "synced"),
    "delivered": (("stored", "recovered", "returned"), "delivered"),
    "returned": (("delivered",), "returned"),
    "removed": (("stored", "recovered"), "removed"),
    "recovered": (("removed",), "recovered"),
    "parked": (("removed",), "parked"),
}
"""What there must be more of, before there is one more of a kind: sources, and what used them."""
_ENDS = ("effected", "raised", "skipped")
_LEFT_BEHIND = {CRASH, "recovered", "removed", "parked", "failed", "unknown", "dropped"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fact:
    """One row of a ledger. `values` are its further columns; of a crash, `component` and `fault`.

    `group` is the consumer group whose ledger has it, None where one ledger has all. A hand-over
    (`delivered`) has its number (1, 2, …) among the `values`, as `delivery`.
    """

    time_s: float
    kind: str
    group: int | None = None
    values: Mapping[str, int | float | str] = field(default_factory=dict)


def facts_of(ledger: Ledger, row: int) -> list[Fact]:
    """Return all facts about message *row*, of every consumer group, in the order of time."""
    found = [fact for kind, facts in ledger.kinds.items() for fact in _rows(kind, facts, row)]
    if len(ledger.groups) > 1:
        for number, group in enumerate(ledger.groups):
            for kind, facts in group.kinds.items():
                if facts is not ledger.kinds[kind]:
                    found += _rows(kind, facts, row, number)
    return in_order(found)


def beginnings(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield when the work on deliveries began that has ended: not before they were handed out."""
    told = list(facts)
    given_s = {
        (fact.group, fact.values["delivery"]): fact.time_s
        for fact in told
        if fact.kind == "delivered"
    }
    for end in told:
        service_s = float(end.values.get("service_s", 0.0))
        if service_s > 0.0:
            delivery = end.values["delivery"]
            begun_s = max(end.time_s - service_s, given_s.get((end.group, delivery), -math.inf))
            values = {"delivery": delivery, "end_s": end.time_s}
            yield Fact(time_s=begun_s, kind=BEGUN, group=end.group, values=values)


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Return *facts* by time, and those of one instant so that each can follow from the others."""
    by_time = sorted(facts, key=lambda fact: fact.time_s)
    ordered: list[Fact] = []
    so_far: Counter[_Kind] = Counter()
    for _, together in groupby(by_time, key=lambda fact: fact.time_s):
        ordered += _Instant(list(together), so_far).in_order()
    return ordered


class _Instant:
    """What happened at one time; *so_far* counts what there was before, by kind and group."""

    def __init__(self, facts: list[Fact], so_far: Counter[_Kind]) -> None:
        self._waiting = facts
        self._so_far = so_far
        self._all = {fact.kind for fact in facts}

    def in_order(self) -> Iterator[Fact]:
        """Yield the facts so that each can follow from those before it."""
        while self._waiting:
            able = [fact for fact in self._waiting if self._can_be_next(fact)]
            chosen = min(able or self._waiting, key=self._rank)
            self._waiting.remove(chosen)
            self._so_far[chosen.kind, chosen.group] += 1
            yield chosen

    def _rank(self, fact: Fact) -> int:
        answered = fact.kind == "removed" and fact.values["reason"] == ACKNOWLEDGED
        # A copy whose work is done goes before its consumer gets the next one.
        done = answered and self._count(fact, "effected", "skipped") > self._count(fact, "removed")
        return _ORDER.index("returned" if done else fact.kind)

    def _can_be_next(self, fact: Fact) -> bool:
        left = {other.kind for other in self._waiting}
        if CRASH in self._all and fact.kind in (RESTART, "delivered"):
            if fact.kind == RESTART and left & _LEFT_BEHIND:
                return False  # what a fall takes is told before its end
            if fact.kind == "delivered" and RESTART in left:
                return False
        if fact.kind == "doubled" and "raised" in left and "sent" not in self._all:
            return False  # published again, since it failed
        if fact.kind in (BEGUN, *_ENDS):
            return self._count(fact, "delivered") >= int(fact.values["delivery"])
        sources, used = _SOURCES.get(fact.kind, ((), ""))
        return not sources or self._count(fact, *sources) > self._count(fact, used)

    def _count(self, fact: Fact, *kinds: str) -> int:
        # Of several groups each has its own, and what was before the queue they have together.
        groups = {fact.group, None}
        return sum(self._so_far[kind, group] for kind in kinds for group in groups)


def _rows(kind: str, facts: Facts, row: int, group: int | None = None) -> Iterator[Fact]:
    own = facts.messages() == row
    if not own.any():
        return
    columns = {name: facts.column(name)[own].tolist() for name in facts.further}
    for place, time_s in enumerate(facts.times_s()[own].tolist()):
        values = {name: column[place] for name, column in columns.items()}
        if kind == "delivered":
            values["delivery"] = place + 1
        yield Fact(time_s=time_s, kind=kind, group=group, values=values)
