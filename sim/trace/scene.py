"""The scene of a trace: which lanes there are, from left to right, and who plays on each.

A lane is one component, as far as the ledger tells them apart. Which replica has a copy, and whose
disk, it does not tell: copies lie on the lane of the broker as a whole, and a replica has a lane
of its own only for its crashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.config import Experiment


class Part(StrEnum):
    """What a lane stands for."""

    PRODUCER = "producer"
    PUBLISH = "publish"  # the network between producer and broker
    BROKER = "broker"  # or the bus, or the producer's socket
    REPLICA = "replica"
    DISK = "disk"
    DELIVER = "deliver"  # the network between broker and consumer
    CONSUMER = "consumer"


NETWORKS = (Part.PUBLISH, Part.DELIVER)

_FROM_LEFT = tuple(Part)
_WITHOUT_BROKER = (Part.PRODUCER, Part.BROKER, Part.PUBLISH, Part.CONSUMER)


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """One component: a part of the system, and which one of its kind."""

    part: Part
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a system is made of: its `shape`, and `consumers` that share a producer's messages."""

    shape: str = "queue"
    consumers: int = 1
    groups: int = 1

    @property
    def has_broker(self) -> bool:
        """Whether there is a network between producers and whoever takes their messages in."""
        return self.shape in ("queue", "log")

    def in_order(self, lanes: Iterable[Lane]) -> tuple[Lane, ...]:
        """Return *lanes* from left to right."""
        parts = _WITHOUT_BROKER if self.shape == "none" else _FROM_LEFT
        return tuple(sorted(set(lanes), key=lambda lane: (parts.index(lane.part), lane.index)))

    def heading(self, lane: Lane) -> tuple[str, str]:
        """Return what stands above *lane*: two short words."""
        match lane.part:
            case Part.PUBLISH | Part.DELIVER:
                return "network", str(lane.part)
            case Part.BROKER:
                return {"bus": ("event", "bus"), "none": ("socket", "")}.get(
                    self.shape, ("broker", self.shape)
                )
            case Part.DISK:
                return "disk", ""
            case Part.CONSUMER if self.shape == "bus":
                return "handler", str(lane.index)
            case _:
                return str(lane.part), str(lane.index)

    def name(self, lane: Lane) -> str:
        """Return what *lane* is called in a sentence."""
        first, second = self.heading(lane)
        if lane.part in NETWORKS:
            return f"network.{second}"
        return (
            first if lane.part is Part.BROKER and self.has_broker else f"{first} {second}".strip()
        )

    def lane_of(self, component: str) -> Lane:
        """Return the lane of a *component* as crashes and restarts name it: "consumer 2"."""
        words = component.split()
        number = int(words[-1]) if words[-1].isdigit() else 0
        match words[0]:
            case "broker" if len(words) > 1:
                return Lane(Part.REPLICA, number)
            case "producer" | "consumer":
                return Lane(Part(words[0]), number)
            case _:
                return Lane(Part(words[0]))

    def concerns(self, component: str, producer: int, consumers: set[int]) -> bool:
        """Return whether *component* is on the way of a message of *producer* to *consumers*."""
        words = component.split()
        number = int(words[-1]) if words[-1].isdigit() else 0
        match words[0]:
            case "producer":
                return number == producer
            case "consumer" | "deliver":
                return number in consumers
            case "publish" if self.shape == "none" and self.groups == 1:
                sender, consumer = divmod(number, self.consumers)
                return sender == producer and (consumer in consumers or not consumers)
            case "publish":
                return number == producer
            case _:
                return True


def scene_of(experiment: Experiment) -> Scene:
    """Return the scene of *experiment*, one point."""
    return Scene(
        shape=experiment.broker.shape,
        consumers=experiment.consumer.instances,
        groups=experiment.groups,
    )
