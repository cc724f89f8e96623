"""What can go wrong in a system, whether an experiment has it, and how to bring it about.

A hazard that the experiment has not may still come in the real system. So a weakness is told for
every hazard, as what does break a guarantee here, or as what would.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.config import Experiment
    from sim.config.network import Link


class Hazard(StrEnum):
    """One kind of bad luck, in words that end the sentence "... happens"."""

    OPERATION = "ordinary operation"
    PUBLISH_LOSS = "a packet to the broker is lost"
    PUBLISH_ACK_LOSS = "a confirmation is lost"
    PUBLISH_DOUBLE = "the network doubles a packet to the broker"
    PUBLISH_CUT = "the connection to the broker is cut"
    DELIVER_LOSS = "a delivery is lost"
    DELIVER_ACK_LOSS = "a consumer's acknowledgement is lost"
    DELIVER_DOUBLE = "the network doubles a delivery"
    DELIVER_CUT = "the connection to a consumer is cut"
    FAILURE = "processing fails"
    CONSUMER_CRASH = "a consumer dies"
    PRODUCER_CRASH = "a producer dies"
    PROCESS_CRASH = "the broker's process dies"
    POWER_LOSS = "the broker loses power"
    DISK_LOSS = "the broker loses its disk"
    REPLICA_CRASH = "the process of one replica dies"
    REPLICA_POWER = "one replica loses power"
    REPLICA_DISK = "one replica loses its disk"
    DISK_TROUBLE = "the disk refuses writes"
    SLOW_DISK = "the disk is slow for a while"


REPLICA_FALLS = frozenset({Hazard.REPLICA_CRASH, Hazard.REPLICA_POWER, Hazard.REPLICA_DISK})
"""What befalls one of several replicas, always the same one, while the others go on."""

BROKER_FALLS = REPLICA_FALLS | {Hazard.PROCESS_CRASH, Hazard.POWER_LOSS, Hazard.DISK_LOSS}
"""What ends everything that the broker had only begun; of replicas, all may fall at once."""


_OF_PEERS = {Hazard.OPERATION, Hazard.FAILURE, Hazard.CONSUMER_CRASH, Hazard.PRODUCER_CRASH}
_POSSIBLE = {
    "bus": frozenset({*_OF_PEERS, Hazard.PROCESS_CRASH, Hazard.POWER_LOSS}),
    "none": frozenset(
        {
            *_OF_PEERS,
            *(Hazard.PUBLISH_LOSS, Hazard.PUBLISH_ACK_LOSS),
            *(Hazard.PUBLISH_DOUBLE, Hazard.PUBLISH_CUT),
        }
    ),
}


def possible(experiment: Experiment) -> frozenset[Hazard]:
    """Return the hazards that there can be at all with the shape of *experiment*'s broker."""
    everything = frozenset(Hazard)
    if experiment.broker.replicas == 1:
        everything -= REPLICA_FALLS
    return _POSSIBLE.get(experiment.broker.shape, everything)


def active(experiment: Experiment) -> frozenset[Hazard]:
    """Return the hazards that *experiment* itself contains."""
    found = {Hazard.OPERATION, *_of_network(experiment), *_of_faults(experiment)}
    consumer = experiment.consumer
    if consumer.failure or consumer.poison:
        found.add(Hazard.FAILURE)
        if consumer.on_failure == "crash":
            found.add(Hazard.CONSUMER_CRASH)
    if consumer.crash_before_effect or consumer.crash_after_effect:
        found.add(Hazard.CONSUMER_CRASH)
    if experiment.disk.failure:
        found.add(Hazard.DISK_TROUBLE)
    together = {Hazard.CONSUMER_CRASH, Hazard.PRODUCER_CRASH, Hazard.PROCESS_CRASH}
    if experiment.broker.shape == "bus" and found & {*together, Hazard.POWER_LOSS}:
        found |= together  # they are one process
    return frozenset(found)


def _of_network(experiment: Experiment) -> set[Hazard]:
    found: set[Hazard] = set()
    publish, deliver = experiment.network.publish, experiment.network.deliver
    if _loses(publish):
        found.add(Hazard.PUBLISH_LOSS)
    if _loses_acks(publish):
        found.add(Hazard.PUBLISH_ACK_LOSS)
    if publish.duplication:
        found.add(Hazard.PUBLISH_DOUBLE)
    if _loses(deliver):
        found.add(Hazard.DELIVER_LOSS)
    if _loses_acks(deliver):
        found.add(Hazard.DELIVER_ACK_LOSS)
    if deliver.duplication:
        found.add(Hazard.DELIVER_DOUBLE)
    return found


def _loses(link: Link) -> bool:
    # What a connection loses it sends again by itself: loss is only delay there.
    bursts = link.bursts is not None and link.bursts.bad_loss and link.bursts.good_to_bad
    return not link.connection and bool(link.loss or bursts)


def _loses_acks(link: Link) -> bool:
    bursts = link.bursts is not None and link.bursts.bad_loss and link.bursts.good_to_bad
    return not link.connection and bool(link.ack_loss or bursts)


_BY_FAULT: dict[tuple[str, str], tuple[Hazard, ...]] = {
    ("broker", "process_crash"): (Hazard.PROCESS_CRASH,),
    ("broker", "power_loss"): (Hazard.POWER_LOSS,),
    ("broker", "disk_loss"): (Hazard.DISK_LOSS,),
    ("disk", "full"): (Hazard.DISK_TROUBLE,),
    ("disk", "slow"): (Hazard.SLOW_DISK,),
    ("producer", "crash"): (Hazard.PRODUCER_CRASH,),
    ("consumer", "crash"): (Hazard.CONSUMER_CRASH,),
    ("publish", "partition"): (Hazard.PUBLISH_LOSS, Hazard.PUBLISH_ACK_LOSS),
    ("publish", "cut"): (Hazard.PUBLISH_CUT,),
    ("deliver", "partition"): (Hazard.DELIVER_LOSS, Hazard.DELIVER_ACK_LOSS),
    ("deliver", "cut"): (Hazard.DELIVER_CUT,),
}


def _of_faults(experiment: Experiment) -> set[Hazard]:
    kinds = {(fault.target, fault.kind) for fault in experiment.faults}
    found = {hazard for kind in kinds for hazard in _BY_FAULT.get(kind, ())}
    for target in ("publish", "deliver"):
        link: Link = getattr(experiment.network, target)
        missed = link.connection and link.detect.bounds_s[1] > 0  # then its ends give it up
        if missed and (target, "partition") in kinds:
            found.update(_BY_FAULT[target, "cut"])
    if experiment.broker.replicas == 1:
        return found
    of_one = {_OF_ONE[hazard] for hazard in found if hazard in _OF_ONE}
    falls = [fault for fault in experiment.faults if fault.target == "broker"]
    if len(falls) == 1 and falls[0].which is not None:
        return (found - _OF_ONE.keys()) | of_one
    # Each by itself, they fall at the same time sooner or later.
    return found | of_one


_OF_ONE = {
    Hazard.PROCESS_CRASH: Hazard.REPLICA_CRASH,
    Hazard.POWER_LOSS: Hazard.REPLICA_POWER,
    Hazard.DISK_LOSS: Hazard.REPLICA_DISK,
}
"""The same, of one replica only."""

_SETTINGS: dict[Hazard, dict[str, Any]] = {
    Hazard.PUBLISH_LOSS: {"network": {"publish": {"loss": 0.2}}},
    Hazard.PUBLISH_ACK_LOSS: {"network": {"publish": {"ack_loss": 0.2}}},
    Hazard.PUBLISH_DOUBLE: {"network": {"publish": {"duplication": 0.2}}},
    Hazard.DELIVER_LOSS: {"network": {"deliver": {"loss": 0.2}}},
    Hazard.DELIVER_ACK_LOSS: {"network": {"deliver": {"ack_loss": 0.2}}},
    Hazard.DELIVER_DOUBLE: {"network": {"deliver": {"duplication": 0.2}}},
    Hazard.FAILURE: {"consumer": {"failure": 0.2}},
    Hazard.DISK_TROUBLE: {"disk": {"failure": 0.2}},
}
_FAULTS = {hazard: kind for kind, hazards in _BY_FAULT.items() for hazard in hazards[:1]}


def bring_about(hazard: Hazard, written: Mapping[str, Any], times_s: list[float]) -> dict[str, Any]:
    """Return the experiment file *written* with *hazard* in it; faults strike at *times_s* (s)."""
    made = dict(written)
    if hazard in _SETTINGS:
        return _merged(made, _SETTINGS[hazard])
    everywhere = next((many for many, one in _OF_ONE.items() if one is hazard), hazard)
    if everywhere in _FAULTS:
        target, kind = _FAULTS[everywhere]
        fault: dict[str, Any] = {"target": target, "kind": kind, "at": times_s}
        if everywhere is not hazard:
            fault["which"] = 0
        if target != "consumer":  # who comes back as after any other death
            fault["lasts"] = "1 s"
        made["faults"] = [*made.get("faults", ()), fault]
    return made


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(one)
    for key, value in other.items():
        below = made.get(key)
        made[key] = _merged(below or {}, value) if isinstance(value, dict) else value
    return made
