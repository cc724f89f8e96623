"""Which packet is which: a ledger tells when packets left and when some came, not which ones.

Where only one packet can have arrived, or vanished, it is known. Where several were on their way at
once, each may have been the one, and no arrow is drawn from any of them.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from models.ledger import Cause
from sim.trace.facts import CRASH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.trace.facts import Fact
    from sim.trace.scene import Scene


class Double(Enum):
    """What a `doubled` fact is about."""

    PACKET = 1  # doubled by the network on its way to the broker
    DELIVERY = 2  # doubled on its way to a consumer
    AGAIN = 3  # published again by its consumer
    UNCLEAR = 4  # any of these, as far as the ledger tells


_SOURCES = (Double.PACKET, Double.AGAIN, Double.UNCLEAR)


def double(fact: Fact, facts: Sequence[Fact], scene: Scene) -> Double:
    """Return what *fact*, one more packet or delivery, is about: by what happened just then."""
    if scene.groups > 1 and fact.group is None:
        return Double.PACKET
    now = {other.kind for other in facts if other.time_s == fact.time_s}
    may_be = [
        Double.PACKET if "sent" in now and scene.has_broker and scene.groups == 1 else None,
        Double.DELIVERY if "delivered" in now else None,
        Double.AGAIN if "raised" in now else None,
    ]
    known = [one for one in may_be if one is not None]
    return known[0] if len(known) == 1 else Double.UNCLEAR


class Packets:
    """What left for the broker and how it ended, as far as it can be known.

    `origins` says of the place of an end in *facts* (an arrival, a loss on the way) the place of
    what left; None if it may have been any of several. What is not in it ended nothing on its way.
    """

    def __init__(self, facts: Sequence[Fact], scene: Scene) -> None:
        self._facts = facts
        self._scene = scene
        self.origins: dict[int, int | None] = {}
        self.doubles = {
            place: double(fact, facts, scene)
            for place, fact in enumerate(facts)
            if fact.kind == "doubled"
        }
        self._away: list[int] = []  # on their way, and `_gone` of them not any more
        self._gone = 0
        self._unsure = False
        for place, fact in enumerate(facts):
            self._follow(place, fact)

    def _follow(self, place: int, fact: Fact) -> None:
        if fact.kind == "sent" or self.doubles.get(place) in _SOURCES:
            self._unsure |= self.doubles.get(place) is Double.UNCLEAR
            self._away.append(place)
        elif fact.kind == "arrived" or (fact.kind == "dropped" and self._on_the_way(fact)):
            self._end(place, fact)

    def _end(self, place: int, fact: Fact) -> None:
        away = self._away
        left_now = [one for one in away if self._facts[one].time_s == fact.time_s]
        if _lost(fact) and len(left_now) == 1 and not self._unsure:
            self.origins[place] = left_now[0]
            away.remove(left_now[0])
            self._settle()
        elif len(away) == 1 and not self._gone and not self._unsure:
            self.origins[place] = away.pop()
        elif away:
            self.origins[place] = None
            self._gone += 1
            self._settle()

    def _settle(self) -> None:
        if self._gone >= len(self._away):
            self._away.clear()
            self._gone = 0

    def _on_the_way(self, fact: Fact) -> bool:
        """Return whether a drop took a packet that has not come to the broker."""
        if not self._away or (self._scene.groups > 1 and fact.group is not None):
            return False
        cause, now = fact.values["cause"], self._at(fact.time_s)
        if cause == Cause.NETWORK:
            return self._scene.has_broker and self._left_and_stayed_out(now)
        if cause == Cause.CONNECTION_CUT:
            return self._scene.has_broker and not any(_is_cut(one, "deliver") for one in now)
        # A socket may turn away what it has not taken in.
        no_copy = not any(one.values.get("reason") == cause for one in now)
        return cause == Cause.BROKER_DOWN or (not self._scene.has_broker and no_copy)

    def _left_and_stayed_out(self, now: Sequence[Fact]) -> bool:
        """Return whether more has left *now* than has arrived at once."""
        left = sum(one.kind == "sent" or self._published_again(one) for one in now)
        earlier = any(self._facts[place].time_s < now[0].time_s for place in self._away)
        return left > (0 if earlier else sum(one.kind == "arrived" for one in now))

    def _published_again(self, fact: Fact) -> bool:
        if fact.kind != "doubled":
            return False
        return double(fact, self._facts, self._scene) is Double.AGAIN

    def _at(self, time_s: float) -> list[Fact]:
        return [fact for fact in self._facts if fact.time_s == time_s]


def _is_cut(fact: Fact, link: str) -> bool:
    return fact.kind == CRASH and str(fact.values["component"]).startswith(link)


def _lost(fact: Fact) -> bool:
    return fact.kind == "dropped" and fact.values["cause"] == Cause.NETWORK
