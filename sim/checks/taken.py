"""What the chain of replicas assumes: when a message is taken in, and that it is safe from then on.

The first half is about who leads and who is in sync (`models.exact.replicas`); the second about
what could lose a message later, so that a message is lost where nobody takes it, and only there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.exact.replicas import Election
from sim.checks import assumptions as a
from sim.checks.outages import is_zero, sent_once

if TYPE_CHECKING:
    from sim.config import Experiment


def election(experiment: Experiment) -> Election:
    """Return who may lead next."""
    if experiment.broker.confirm_by == "majority":
        return Election.MAJORITY
    return Election.ANYBODY if experiment.broker.unclean_failover else Election.IN_SYNC


def counts_only(experiment: Experiment) -> bool:
    """Return whether messages are taken in exactly while `min_in_sync` replicas are up."""
    broker, chosen = experiment.broker, election(experiment)
    majority = chosen is Election.MAJORITY and broker.min_in_sync > broker.replicas // 2
    return is_zero(broker.failover) and (majority or chosen is Election.ANYBODY)


def fall_by_themselves(experiment: Experiment) -> list[str]:
    """Ask for several replicas, each of which falls and comes back by itself."""
    found = []
    if experiment.broker.replicas == 1:
        found.append("there is one replica (broker.replicas)")
    if len(experiment.faults) != 1 or experiment.faults[0].target != "broker":
        return [*found, "there must be one fault, of the broker"]
    fault = experiment.faults[0]
    if fault.correlated or fault.which is not None:
        found.append("each replica must fall by itself (faults.correlated, faults.which)")
    if fault.every is None:
        found.append("replicas fall at given times (faults.at)")
    return found


def in_sync_at_once(experiment: Experiment) -> list[str]:
    """Ask that who is back and told is in sync, where it matters who is."""
    broker = experiment.broker
    if broker.min_in_sync == 1 and election(experiment) is not Election.IN_SYNC:
        return []
    found = []
    if not is_zero(broker.replication_delay):
        found.append("who comes back is not in sync at once (broker.replication_delay)")
    if math.isfinite(broker.lag_timeout_s) and not is_zero(broker.failover):
        found.append("followers that are down may leave early (broker.lag_timeout)")
    if _written(experiment) and (
        broker.confirm_when == "synced" or not is_zero(experiment.disk.write)
    ):
        found.append("who comes back is in sync when it has written (broker.confirm_when, disk)")
    return found


def _written(experiment: Experiment) -> bool:
    return experiment.broker.durable and experiment.broker.persistent


def hands_over_at_once(experiment: Experiment) -> bool:
    """Return whether a message that is taken in is its consumer's that instant."""
    broker, consumer = experiment.broker, experiment.consumer
    how = broker.shape, broker.deliver_when, consumer.ack
    return how == ("queue", "stored", "auto") and is_zero(consumer.start)


def never_forgets(experiment: Experiment) -> bool:
    """Return whether whoever leads next has all that was taken in."""
    broker, chosen = experiment.broker, election(experiment)
    agreed = chosen is Election.IN_SYNC or (
        chosen is Election.MAJORITY and broker.min_in_sync > broker.replicas // 2
    )
    at_once = all(map(is_zero, (broker.failover, broker.replication_delay, experiment.disk.write)))
    survives = all(fault.kind == "process_crash" for fault in experiment.faults)
    return agreed and at_once and survives and _written(experiment)


def keeps_what_it_takes(experiment: Experiment) -> list[str]:
    """Ask that no message is lost that was taken in."""
    if hands_over_at_once(experiment) or never_forgets(experiment):
        return []
    reason = (
        "what is taken in may be lost later: neither is it handed over at once (consumer.ack = "
        '"auto", broker.deliver_when = "stored"), nor has whoever leads next all of it for sure'
    )
    return [reason]


def done_in_the_end(experiment: Experiment) -> list[str]:
    """Ask for all that a broker alone, and always up, would be asked for, and for steady readers.

    Readers of a log go on from where they said they were, so that they must say so after the work.
    """
    consumer, shape = experiment.consumer, experiment.broker.shape
    kept = "queue" if shape == "log" else shape
    alone = experiment.broker.model_copy(update={"replicas": 1, "shape": kept})
    found = a.safe_consumption(experiment.model_copy(update={"broker": alone, "faults": ()}))
    if experiment.producer.idempotent:
        found.append("messages wait for those before them (producer.idempotent)")
    if shape == "log":
        if not consumer.acknowledges_effects:
            found.append(f'records are read before they are done (consumer.ack = "{consumer.ack}")')
        if consumer.failure or consumer.crash_before_effect or consumer.crash_after_effect:
            found.append("readers fail (consumer.failure, crash_before_effect, crash_after_effect)")
    return found


TAKEN = (
    *(fall_by_themselves, done_in_the_end, a.poisson, sent_once, a.instant_accept),
    *(in_sync_at_once, keeps_what_it_takes),
)
"""What a closed form and the chain ask for alike."""
