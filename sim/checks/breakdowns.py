"""Queues whose consumers break down, or whose broker falls, beside the chain that they are.

The chain is `models.exact.station`; what it says of restarts, of work that was for nothing and of
what comes back is what the models do. It also knows several servers behind a bounded queue, and a
queue that drops its oldest, which no closed form here does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.exact.queue import Steady, steady
from models.exact.station import Station
from models.laws import Exponential
from sim.checks import assumptions as a
from sim.checks.form import Form, Value, broken
from sim.checks.load import reaching_rate_per_s, servers
from sim.checks.outages import (
    CHAIN_SOURCE,
    faults_of,
    is_zero,
    long_enough,
    memoryless,
    rates_per_s,
    sent_once,
)
from sim.checks.queueing import (
    any_server_for_any,
    arrives_once,
    never_gives_up,
    serves_directly,
    works,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment


def keeps(experiment: Experiment) -> bool:
    """Return whether messages are written where a broker that falls can find them."""
    return experiment.broker.durable and experiment.broker.persistent


def station(experiment: Experiment) -> Station:
    """Return the queue of *experiment*."""
    broker, consumer = experiment.broker, experiment.consumer
    rates: dict[str, float] = {}
    for fault in faults_of(experiment, "consumer"):
        rates["breakdowns"], rates["repairs"] = rates_per_s(experiment, fault)
    for fault in faults_of(experiment, "broker"):
        rates["falls"], rates["rises"] = rates_per_s(experiment, fault)
    dying = faults_of(experiment, "consumer")
    return Station(
        arrivals=reaching_rate_per_s(experiment),
        service=1.0 / consumer.service.mean_s,
        failure=consumer.failure,
        consumers=consumer.instances,
        hands=consumer.concurrency,
        room=broker.capacity or None,
        mortal=sum(len(range(consumer.instances)[fault.befalls]) for fault in dying),
        together=any(fault.correlated for fault in dying),
        keeps=keeps(experiment),
        **rates,
    )


def beyond_formulas(experiment: Experiment) -> list[str]:
    """Ask for something that no closed form knows."""
    broker = experiment.broker
    turns_away = broker.overflow in ("reject", "drop_new")
    one = servers(experiment) == 1 and turns_away
    if experiment.faults or (broker.capacity and not one):
        return []
    return ["nothing breaks down (faults), and closed forms say the same"]


def comes_once(experiment: Experiment) -> list[str]:
    """Ask that no message reaches the broker twice, whether that is up or not."""
    if faults_of(experiment, "broker"):
        return sent_once(experiment)
    return [*arrives_once(experiment), *a.sends_at_once(experiment)]


def served_at_random(experiment: Experiment) -> list[str]:
    """Ask for exponential work, which may begin again at any time and be as long as before."""
    consumer = experiment.consumer
    found = [*a.processable(experiment)]
    if not isinstance(consumer.service, Exponential):
        found.append("service must be exponential (consumer.service)")
    if consumer.crash_before_effect or consumer.crash_after_effect:
        found.append("consumers die of their work (consumer.crash_before_effect, ...)")
    if experiment.broker.capacity and consumer.prefetch != consumer.concurrency:
        found.append("deliveries wait in the consumer, where they are not counted (prefetch)")
    if experiment.broker.capacity and experiment.broker.overflow == "block":
        found.append("a full queue blocks its producers")
    return found


def given_back(experiment: Experiment) -> list[str]:
    """Ask that what a consumer had that broke down is there for the others at once."""
    redelivery = experiment.broker.redelivery
    found: list[str] = []
    if not faults_of(experiment, "consumer"):
        return found
    if not is_zero(experiment.consumer.detect):
        found.append("a death is seen late (consumer.detect)")
    if not redelivery.on_disconnect:
        found.append("nobody sees a death (broker.redelivery.on_disconnect)")
    if redelivery.delay.needs_draw or redelivery.delay.bounds_s(1)[1] > 0:
        found.append("messages come back after a delay (broker.redelivery.delay)")
    return found


def falls_simply(experiment: Experiment) -> list[str]:
    """Ask, of a broker that falls, that it keeps all or nothing, and for one consumer."""
    found: list[str] = []
    consumer, limit_s = experiment.consumer, experiment.broker.redelivery.ack_timeout_s
    for fault in faults_of(experiment, "broker"):
        if consumer.instances > 1:
            found.append("who is given messages may be busy with stale work (consumer.instances)")
        if consumer.transactional or consumer.dedup:
            found.append("stale work may be for nothing (consumer.transactional, consumer.dedup)")
        if a.exceeds([consumer.service, consumer.service], limit_s):
            found.append("a delivery may wait for stale work beyond broker.redelivery.ack_timeout")
        if keeps(experiment) and (
            fault.kind != "process_crash" or not is_zero(experiment.disk.write)
        ):
            found.append(f"what is left depends on the disk (faults.kind = {fault.kind})")
    return found


STRUCTURE = (
    *(a.whole_run, a.handed_out, a.poisson, comes_once, a.instant_accept, memoryless),
    *(serves_directly, any_server_for_any, never_gives_up, a.timely_acks, works),
    *(served_at_random, given_back, falls_simply, beyond_formulas),
)


def in_the_long_run(experiment: Experiment) -> list[str]:
    """Ask for states few enough to be written down, and for a run that is long enough."""
    if broken(STRUCTURE, experiment):
        return []  # there is no chain
    found = steady(station(experiment))
    if found is None:
        return ["the queue grows for ever, or has too many states to be written down"]
    outages = {"breakdowns": found.breakdowns_per_s, "falls of the broker": found.falls_per_s}
    return long_enough(experiment, found.settling_s, outages)


def can_lose(experiment: Experiment) -> list[str]:
    """Ask for something that loses messages."""
    if experiment.broker.capacity or faults_of(experiment, "broker"):
        return []
    return ["nothing is lost: the queue is not bounded (broker.capacity), the broker never falls"]


def _steady(experiment: Experiment) -> Steady:
    found = steady(station(experiment))
    if found is None:
        raise AssertionError("a queue that grows for ever has no form")
    return found


def _lost(experiment: Experiment) -> float:
    arrives = 1.0 - experiment.network.publish.loss
    return 1.0 - arrives * (1.0 - _steady(experiment).lost)


def _value(
    name: str,
    estimate: str,
    predict: Callable[[Experiment], float],
    *needs: Callable[[Experiment], list[str]],
) -> Value:
    return Value(
        name=name,
        estimate=estimate,
        formula="pi G = 0 over (messages, consumers and broker up)",
        source=CHAIN_SOURCE,
        needs=(*STRUCTURE, *needs, in_the_long_run),
        predict=predict,
    )


BREAKDOWNS: tuple[Form, ...] = (
    _value("exact L", "queue_length", lambda experiment: _steady(experiment).number),
    _value("exact P_lost", "lost", _lost, can_lose),
    _value("exact throughput", "throughput", lambda e: _steady(e).throughput_per_s),
)
"""The long run of M/M/c, bounded or not, whose consumers break down or whose broker falls."""
