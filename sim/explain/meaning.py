"""What a confirmation means in a configuration, in one or two sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.explain.settings import point, written

if TYPE_CHECKING:
    from sim.config import Experiment

_PLACES = {
    "received": "in the memory of {who}",
    "written": "in the page cache of {who}, which outlives the process but not the power",
    "synced": "on the disk of {who}",
}


def confirmation(experiment: Experiment) -> str:
    """Return what it means that a producer's message is confirmed."""
    where = point(experiment)
    if where == "never":
        return (
            "Producers ask for no confirmation: they never learn what became of a message, "
            "and a loss is silent."
        )
    if where == "processed":
        return (
            "A confirmation comes from the consumers, end to end: the message has been "
            "acknowledged by a consumer of every group that got it."
        )
    if experiment.broker.shape == "bus":
        return "Publishing returns when the event is queued, in the memory of this one process."
    place = _PLACES[where].format(who=_who(experiment))
    sentence = f"A confirmation means: the message is {place}."
    if where == "received" and not written(experiment):
        sentence += " It is never written to a disk."
    return sentence


def _who(experiment: Experiment) -> str:
    broker = experiment.broker
    if broker.replicas == 1:
        return "the broker"
    if broker.confirm_by == "leader":
        return f"the leader, one of {broker.replicas} replicas"
    if broker.confirm_by == "majority":
        return f"{broker.replicas // 2 + 1} of {broker.replicas} replicas"
    return f"every replica in sync, which may be as few as {broker.min_in_sync}"


def acknowledgement(experiment: Experiment) -> str:
    """Return what it means that a consumer acknowledges."""
    log = experiment.broker.shape == "log"
    if experiment.broker.shape == "none":
        if experiment.producer.confirm:
            when = "before" if experiment.consumer.ack == "before" else "after"
            return f"A consumer acknowledges by its reply, {when} its effect."
        return "Nobody acknowledges a delivery: what was sent is the consumer's affair."
    match experiment.consumer.ack:
        case "auto":
            done = "committed" if log else "acknowledged"
            return f"A delivery counts as {done} the moment it is handed out."
        case "before":
            return "A consumer acknowledges before it processes."
        case "batch":
            every = experiment.consumer.commit.every
            return f"A consumer acknowledges in batches, of {every} messages at most, afterwards."
        case _:
            return "A consumer acknowledges each message after its effect."
