"""From facts to the lines of a trace: each fact gets one line, on its lane, with its arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.ledger import ACKNOWLEDGED, Cause, Failed
from sim.trace import wording
from sim.trace.facts import BEGUN, CRASH, RESTART
from sim.trace.packets import Double
from sim.trace.places import OF_DELIVERIES, Places
from sim.trace.scene import Lane, Part
from sim.trace.step import Arrow, Step, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.trace.facts import Fact
    from sim.trace.packets import Packets
    from sim.trace.scene import Scene

_TONES = {
    "effected": Tone.GOOD,
    "confirmed": Tone.GOOD,
    "raised": Tone.BAD,
    "parked": Tone.BAD,
    "failed": Tone.BAD,
    "dropped": Tone.BAD,
    CRASH: Tone.FAULT,
    RESTART: Tone.BACK,
}


def steps_of(facts: Sequence[Fact], scene: Scene, producer: int) -> list[Step]:
    """Return one step for each of *facts*, which are in order, of a message of *producer*."""
    stage = _Stage(facts, scene, producer)
    return [stage.step(place, fact) for place, fact in enumerate(facts)]


class _Stage:
    """Tells of each fact where it happened, what it says and where it came from."""

    def __init__(self, facts: Sequence[Fact], scene: Scene, producer: int) -> None:
        self._facts = facts
        self._scene = scene
        self._places = Places(facts, scene, producer)
        self._packets = self._places.packets
        self._names = _names(facts, self._packets)

    def step(self, place: int, fact: Fact) -> Step:
        """Return the step of *fact*, which is at *place*."""
        lane = self._places.lane(place, fact)
        words = self._words(place, fact)
        if fact.group is not None and self._scene.groups > 1:
            words = f"group {fact.group}: {words}"
        repeat = fact.kind == "dropped" and fact.values["cause"] == Cause.DEDUPLICATED
        return Step(
            time_s=fact.time_s,
            lane=lane,
            words=words,
            tone=Tone.PLAIN if repeat else _TONES.get(fact.kind, Tone.PLAIN),
            fact=None if fact.kind == BEGUN else fact,
            arrow=self._arrow(place, fact, lane),
            origin=self._origin(place, fact),
        )

    # What is said of it.

    def _words(self, place: int, fact: Fact) -> str:
        packet = self._names.get(place, "")
        if place in self._packets.origins:
            return self._end_of_way(place, fact)
        match fact.kind:
            case "doubled":
                return wording.double_words(self._packets.doubles[place], packet)
            case "arrived":
                return "arrives"
            case "delivered":
                return wording.delivery_words(fact, self._scene.name(self._places.consumer(fact)))
            case "crash" | "restart":
                return wording.outage_words(fact, self._fallen(fact))
            case "removed" if self._scene.shape == "none" and _is_acknowledged(fact):
                return "leaves the socket"
            case kind if kind in OF_DELIVERIES:
                return wording.work_words(fact, only=len(self._places.given) == 1)
            case _:
                return wording.words_of(fact, packet)

    def _fallen(self, fact: Fact) -> str:
        """Return what fell, or came back: of disks the ledger tells which."""
        component = str(fact.values["component"])
        lane = self._scene.lane_of(component)
        return component if lane.part is Part.DISK else self._scene.name(lane)

    def _end_of_way(self, place: int, fact: Fact) -> str:
        origin = self._packets.origins[place]
        packet = None if origin is None else self._names[origin]
        if fact.kind == "dropped":
            return wording.loss_words(packet, wording.cause_name(fact.values["cause"]))
        way_s = 0.0 if origin is None else fact.time_s - self._facts[origin].time_s
        taker = {"none": "socket", "bus": "bus"}.get(self._scene.shape, "broker")
        return wording.arrival_words(packet, way_s, taker)

    # Where it came from.

    def _arrow(self, place: int, fact: Fact, lane: Lane) -> Arrow | None:
        match fact.kind:
            case "sent" if self._scene.has_broker:
                return Arrow(start=lane, end=self._places.before_broker)
            case "arrived":
                known = self._packets.origins.get(place) is not None
                return Arrow(start=self._sender(place), end=lane, known=known)
            case "dropped" if place in self._packets.origins and lane.part is Part.BROKER:
                return Arrow(start=self._sender(place), end=lane)  # it came, and nobody was there
            case "delivered":
                return Arrow(start=lane, end=self._places.consumer(fact), known=False)
            case "confirmed":
                start = self._places.broker if self._scene.shape == "bus" else Lane(Part.PUBLISH)
                return Arrow(start=start, end=lane, known=False)
            case "failed" if fact.values["reason"] == Failed.REJECTED:
                return Arrow(start=self._places.before_broker, end=lane, known=False)
            case "removed" if _is_acknowledged(fact):
                return self._acknowledgement(fact)
            case _:
                return None

    def _sender(self, place: int) -> Lane:
        origin = self._packets.origins.get(place)
        if origin is not None and self._packets.doubles.get(origin) is Double.AGAIN:
            return self._places.lane(origin, self._facts[origin])
        return self._places.before_broker if self._scene.has_broker else self._places.producer

    def _acknowledgement(self, fact: Fact) -> Arrow | None:
        """Return the arrow of what a consumer said later than it was handed the copy."""
        had = self._places.consumers(fact)
        just_now = any(one.kind == "delivered" for one in self._places.at(fact.time_s))
        if len(had) != 1 or just_now or self._scene.shape == "none":
            return None
        return Arrow(start=had.pop(), end=self._places.broker, known=False)

    def _origin(self, place: int, fact: Fact) -> int | None:
        if place in self._packets.origins:
            return self._packets.origins[place]
        if fact.kind not in OF_DELIVERIES:
            return None
        begun = [
            there
            for there, one in enumerate(self._facts)
            if one.kind == BEGUN
            and fact.kind != BEGUN
            and one.group == fact.group
            and one.values["delivery"] == fact.values["delivery"]
            and one.values["end_s"] == fact.time_s
        ]
        return begun[0] if begun else self._places.given.get((fact.group, fact.values["delivery"]))


def _is_acknowledged(fact: Fact) -> bool:
    return fact.values["reason"] == ACKNOWLEDGED


def _names(facts: Sequence[Fact], packets: Packets) -> dict[int, str]:
    """Return what each packet that left is called, by the place of the fact."""
    names, attempts, copies = {}, 0, 0
    for place, fact in enumerate(facts):
        if fact.kind == "sent":
            attempts += 1
            names[place] = f"attempt {attempts}"
        elif packets.doubles.get(place) in (Double.PACKET, Double.AGAIN, Double.UNCLEAR):
            copies += 1
            names[place] = f"double {copies}"
    return names
