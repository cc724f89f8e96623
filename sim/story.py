"""The story of one publication: all facts of a ledger about it, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.ledger import ACKNOWLEDGED, Cause, Failed

if TYPE_CHECKING:
    from models.ledger import Facts, Ledger

_WORDS = {
    "created": "created",
    "sent": "sent to the broker",
    "doubled": "one more: doubled by the network, or published again by its consumer",
    "arrived": "arrived at the broker",
    "stored": "stored in the queue",
    "recovered": "back in the queue: a crash undid its removal",
    "written": "in the page cache",
    "synced": "on the disk",
    "delivered": "handed to consumer {consumer}",
    "effected": "effect of delivery {delivery}",
    "raised": "processing of delivery {delivery} failed",
    "skipped": "recognised by the consumer, no effect",
    "removed": "removed from the queue: {reason}",
    "returned": "given back for redelivery",
    "parked": "parked with the dead letters: {reason}",
    "dropped": "dropped: {cause}",
    "confirmed": "confirmed: the producer believes it is safe",
    "failed": "given up by its producer: {reason}",
    "unknown": "its producer does not know",
}
_ORDER = {kind: place for place, kind in enumerate(_WORDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact: `kind` as in the ledger, or "crash" and "restart" of a component."""

    time_s: float
    kind: str
    words: str


def story(ledger: Ledger, row: int, group: int = 0) -> tuple[Event, ...]:
    """Return what happened to message *row* as *group* saw it, and the crashes meanwhile."""
    own = ledger.groups[group]
    sources = [(kind, facts) for kind, facts in own.kinds.items() if kind in _WORDS]
    if own.whole is not None:
        sources += [(kind, own.whole.kinds[kind]) for kind in ("doubled", "dropped")]
    events = [event for kind, facts in sources for event in _events(kind, facts, row)]
    if events:
        begin_s = min(event.time_s for event in events)
        end_s = max(event.time_s for event in events)
        events += [event for event in _outages(ledger) if begin_s <= event.time_s <= end_s]
    return tuple(sorted(events, key=lambda e: (e.time_s, _ORDER.get(e.kind, len(_ORDER)))))


def _events(kind: str, facts: Facts, row: int) -> list[Event]:
    own = facts.messages() == row
    if not own.any():
        return []
    columns = {name: facts.column(name)[own].tolist() for name in facts.further}
    told = []
    for place, time_s in enumerate(facts.times_s()[own].tolist()):
        values = {name: column[place] for name, column in columns.items()}
        told.append(Event(time_s=time_s, kind=kind, words=_words(kind, values)))
    return told


def _words(kind: str, values: dict[str, int]) -> str:
    words: dict[str, object] = dict(values)
    if kind == "failed":
        words["reason"] = Failed(values["reason"]).name.lower()
    elif "reason" in values:
        code = values["reason"]
        words["reason"] = "acknowledged" if code == ACKNOWLEDGED else Cause(code).name.lower()
    if "cause" in values:
        words["cause"] = Cause(values["cause"]).name.lower()
    return _WORDS[kind].format(**words)


def _outages(ledger: Ledger) -> list[Event]:
    falls = [
        Event(time_s=time_s, kind="crash", words=f"{who}: {kind.replace('_', ' ')}")
        for time_s, who, kind in ledger.crashes
    ]
    returns = [
        Event(time_s=time_s, kind="restart", words=f"{who} is back")
        for time_s, who in ledger.restarts
    ]
    return falls + returns
