"""What the keys of the consumers get wrong together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.config.experiment import Experiment

Found = tuple[str, str] | None


def order_without_answer(experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find an order that waits for what is never waited for."""
    consumer = experiment.consumer
    if not consumer.ordered or consumer.ack != "auto":
        return None
    message = (
        'consumer.ordered = true needs consumer.ack other than "auto": what is acknowledged by '
        "being handed over keeps nobody waiting"
    )
    return message, "set consumer.ack, or leave consumer.ordered out"


def more_and_more_copies(experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find a run that ends only when failures stop, since each leaves one message more."""
    consumer = experiment.consumer
    if consumer.on_failure != "republish" or math.isfinite(experiment.run.horizon_s):
        return None
    for name, chance in (("failure", consumer.failure), ("poison", consumer.poison)):
        if chance:
            message = (
                f'consumer.on_failure = "republish" with {name} = {chance:g} leaves one message '
                "more after each failure: the run might never end"
            )
            return message, "set run.horizon"
    return None


def copies_at_one_instant(experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find copies of copies that take no time: no horizon would come."""
    consumer, link = experiment.consumer, experiment.network.deliver
    always = consumer.failure == 1 or consumer.poison > 0
    laws = (consumer.service, link.delay, link.ack_delay)
    if consumer.on_failure != "republish" or not always or any(law.bounds_s[1] for law in laws):
        return None
    message = (
        'consumer.service = 0 s with consumer.on_failure = "republish" and deliveries that always '
        "fail makes one copy of another for ever at one instant: the run would never end"
    )
    return message, "set consumer.service"


def republished_to_replicas(experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find transient copies in a queue that has none."""
    replicas = experiment.broker.replicas
    if experiment.consumer.on_failure != "republish" or replicas == 1:
        return None
    message = (
        f'consumer.on_failure = "republish" needs broker.replicas = 1, got {replicas}: what it '
        "publishes is transient, and a replicated queue keeps all it has on its replicas"
    )
    return message, 'set broker.replicas = 1, or consumer.on_failure = "requeue"'


def republished_to_all(experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find copies for one of several groups."""
    routing = experiment.broker.routing
    if experiment.consumer.on_failure != "republish" or routing == "competing":
        return None
    message = (
        f'consumer.on_failure = "republish" needs broker.routing = "competing", got "{routing}": '
        "it publishes to one queue"
    )
    return message, 'set consumer.on_failure = "requeue"'


def republished_in_transaction(experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find a transaction that would publish and not acknowledge."""
    consumer = experiment.consumer
    if consumer.on_failure != "republish" or not consumer.transactional:
        return None
    message = (
        'consumer.on_failure = "republish" needs consumer.transactional = false, got true: what '
        "fails is rolled back, and what it published with it"
    )
    return message, 'set consumer.on_failure = "requeue", or leave consumer.transactional out'


def goes_unseen(experiment: Experiment) -> list[str]:
    """Return what takes a consumer away from what it has, in words."""
    consumer = experiment.consumer
    chances = [
        ("consumer.crash_before_effect", consumer.crash_before_effect),
        ("consumer.crash_after_effect", consumer.crash_after_effect),
    ]
    if consumer.on_failure == "crash":
        chances += [("consumer.failure", consumer.failure), ("consumer.poison", consumer.poison)]
    found = [f"{name} = {chance:g}" for name, chance in chances if chance]
    ends = {("consumer", "crash"): 'a "crash"', ("deliver", "cut"): 'a "cut"'}
    link = experiment.network.deliver
    if link.connection and link.detect.bounds_s[1] > 0:  # it is noticed, and taken for a cut
        ends["deliver", "partition"] = 'a "partition"'
    for fault in experiment.faults:
        what = ends.get((fault.target, fault.kind))
        if what is not None:
            found.append(f'{what} of target "{fault.target}"')
    return found


def transaction_without_answer(experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find transactions of what was acknowledged before."""
    consumer = experiment.consumer
    if not consumer.transactional or consumer.acknowledges_effects:
        return None
    message = (
        f'consumer.transactional = true needs consumer.ack = "after" or "batch", got '
        f'"{consumer.ack}": there is nothing left to commit with the effect'
    )
    return message, "set consumer.ack, or leave consumer.transactional out"
