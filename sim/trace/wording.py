"""What is said of one fact on its line of a trace, in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.ledger import ACKNOWLEDGED, Cause, Failed
from sim.numerals import seconds
from sim.trace.facts import BEGUN, RESTART
from sim.trace.packets import Double

if TYPE_CHECKING:
    from sim.trace.facts import Fact

_WORDS = {
    "created": "created",
    "keyed": "has ordering key {order_key}",
    "ranked": "has priority {priority}",
    "sent": "{packet} sent",
    "stored": "stored",
    "recovered": "back: its removal is undone",
    "written": "in the page cache",
    "synced": "on the disk",
    "removed": "removed: {reason}",
    "returned": "given back, to be redelivered",
    "parked": "dead-lettered: {reason}",
    "dropped": "dropped: {cause}",
    "confirmed": "confirmed",
    "failed": "given up: {reason}",
    "unknown": "its producer cannot know",
}
_DOUBLES = {
    Double.PACKET: "{packet}, made by the network",
    Double.DELIVERY: "doubled on its way to its consumer",
    Double.AGAIN: "published again: {packet}",
    Double.UNCLEAR: "one more: doubled, or published again",
}


def cause_name(code: float | str) -> str:
    """Return a cause as the vocabulary writes it: "page_cache"."""
    return Cause(int(code)).name.lower()


def reason_name(fact: Fact) -> str:
    """Return why a copy left, or why a producer gave up."""
    code = int(fact.values["reason"])
    if fact.kind == "failed":
        return Failed(code).name.lower()
    return "acknowledged" if code == ACKNOWLEDGED else cause_name(code)


def words_of(fact: Fact, packet: str = "") -> str:
    """Return what *fact* says; *packet* is what it calls a packet that has just left."""
    values = dict(fact.values)
    if "reason" in values:
        values["reason"] = reason_name(fact)
    if "cause" in values:
        values["cause"] = cause_name(values["cause"])
    return _WORDS[fact.kind].format(packet=packet, **values)


def double_words(double: Double, packet: str) -> str:
    """Return what is said of a `doubled` fact that is a *double* of this kind."""
    return _DOUBLES[double].format(packet=packet)


def arrival_words(packet: str | None, way_s: float, taker: str) -> str:
    """Return that *packet* (None: one of several) came to *taker*, on its way for *way_s* (s)."""
    if packet is None:
        return "one of the packets arrives"
    if taker != "broker":
        return f"{packet} is in the {taker}"
    return f"{packet} arrives" + (f" ({seconds(way_s)})" if way_s else "")


def loss_words(packet: str | None, cause: str) -> str:
    """Return how *packet* (None: one of several) was lost on its way."""
    return f"{packet or 'one of the packets'} lost: {cause}"


def outage_words(fact: Fact, who: str) -> str:
    """Return that *who* falls, or is back."""
    if fact.kind == RESTART:
        return f"{who} is back"
    return f"{who}: {str(fact.values['fault']).replace('_', ' ')}"


def delivery_words(fact: Fact, consumer: str) -> str:
    """Return how a copy is handed to *consumer*."""
    again = ", redelivered" if fact.values["redelivered"] else ""
    return f"delivery {fact.values['delivery']} to {consumer}{again}"


def work_words(fact: Fact, *, only: bool) -> str:
    """Return how the work on a delivery began, or ended; *only* if there is one delivery."""
    of = "" if only else f" of delivery {fact.values['delivery']}"
    on = "" if only else f" on delivery {fact.values['delivery']}"
    if fact.kind == BEGUN:
        return f"work{on} begins"
    if fact.kind == "skipped":
        return f"work{on} skipped: known"
    service_s = float(fact.values["service_s"])
    after = f", {seconds(service_s)} of work" if service_s else ""
    return (f"effect{of}" if fact.kind == "effected" else f"work{on} fails") + after
