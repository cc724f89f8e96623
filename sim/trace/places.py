"""Where each fact of a message happened: the lane it belongs to, if that can be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.ledger import Cause
from sim.trace.facts import BEGUN, CRASH
from sim.trace.packets import Double, Packets
from sim.trace.scene import Lane, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.trace.facts import Fact
    from sim.trace.scene import Scene

OF_DELIVERIES = (BEGUN, "effected", "raised", "skipped")
"""Facts about one hand-over of a copy, at its consumer."""

_AT_PRODUCER = ("created", "keyed", "ranked", "sent", "confirmed", "failed", "unknown")
_OF_DISK = (Cause.PAGE_CACHE, Cause.TORN_WRITE, Cause.DISK_LOSS, Cause.WRITE_ERROR)
_OF_PRODUCER = (Cause.PRODUCER_CRASH, Cause.PRODUCER_BUFFER)
_OF_NETWORK = (Cause.NETWORK, Cause.CONNECTION_CUT)
_OF_CONSUMER = (Cause.AUTO_ACK, Cause.EARLY_ACK, Cause.COMMIT, Cause.HANDLER_ERROR)


class Places:
    """Knows who has what: whose the facts of a message of *producer* are, and its deliveries.

    `broker` is who takes the messages in, `before_broker` the lane they come by.
    """

    def __init__(self, facts: Sequence[Fact], scene: Scene, producer: int) -> None:
        self._facts = facts
        self._scene = scene
        self.packets = Packets(facts, scene)
        self.producer = Lane(Part.PRODUCER, producer)
        self.broker = Lane(Part.BROKER)
        self.before_broker = Lane(Part.PUBLISH) if scene.has_broker else self.broker
        self._to_consumers = Lane(Part.PUBLISH if scene.shape == "none" else Part.DELIVER)
        self.given = {
            (fact.group, fact.values["delivery"]): place
            for place, fact in enumerate(facts)
            if fact.kind == "delivered"
        }

    def lane(self, place: int, fact: Fact) -> Lane:
        """Return the lane of *fact*, which is at *place*."""
        if fact.kind in _AT_PRODUCER:
            return self.producer
        if fact.kind in OF_DELIVERIES:
            return self.consumer(fact)
        match fact.kind:
            case "written" | "synced":
                return Lane(Part.DISK)
            case "doubled":
                return self._lane_of_double(place, fact)
            case "dropped":
                return self._lane_of_drop(place, fact)
            case "crash" | "restart":
                return self._scene.lane_of(str(fact.values["component"]))
            case _:
                return self.broker

    def consumer(self, fact: Fact) -> Lane:
        """Return whose delivery *fact* speaks of."""
        given = self.given.get((fact.group, fact.values["delivery"]))
        if given is None:
            return self.broker
        return Lane(Part.CONSUMER, int(self._facts[given].values["consumer"]))

    def _lane_of_double(self, place: int, fact: Fact) -> Lane:
        match self.packets.doubles[place]:
            case Double.DELIVERY:
                return self._to_consumers
            case Double.AGAIN:
                failed = (one for one in self.at(fact.time_s) if one.kind == "raised")
                return self.consumer(next(failed))
            case _:
                return self.before_broker

    def _lane_of_drop(self, place: int, fact: Fact) -> Lane:
        cause = fact.values["cause"]
        if cause in _OF_DISK:
            return Lane(Part.DISK)
        if cause in _OF_PRODUCER:
            return self.broker if self._scene.shape == "none" else self.producer
        if cause in _OF_NETWORK:
            on_its_way = place in self.packets.origins
            return self.before_broker if on_its_way else self._to_consumers
        return self._holder(fact) if cause in _OF_CONSUMER else self.broker

    def _holder(self, fact: Fact) -> Lane:
        """Return the consumer with whom a copy has ended, if only one can be meant."""
        had = self.consumers(fact)
        fallen = {
            self._scene.lane_of(str(one.values["component"]))
            for one in self.at(fact.time_s)
            if one.kind == CRASH
        }
        meant = had & fallen or had
        return meant.pop() if len(meant) == 1 else self.broker

    def consumers(self, fact: Fact) -> set[Lane]:
        """Return who was handed a copy of the group of *fact* up to then."""
        return {
            self.consumer(one)
            for one in self._facts
            if one.kind == "delivered" and one.group == fact.group and one.time_s <= fact.time_s
        }

    def at(self, time_s: float) -> list[Fact]:
        """Return what happened at *time_s*."""
        return [fact for fact in self._facts if fact.time_s == time_s]
