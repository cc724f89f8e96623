"""Experiments that would never end, since messages can stay undecided for ever.

A run ends when every measured message is decided, or at the horizon: there, a horizon is asked for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from models.arrivals import Trace
from sim.config import consumer_checks, link_checks
from sim.config.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.config.experiment import Experiment

_HORIZON = "set run.horizon"
_DEATHS = "disconnects"
_MOST_MESSAGES = 1e9  # that may pile up before the first consumer comes


def trace_too_short(experiment: Experiment, _written: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find a recording that ends before enough messages are created."""
    arrivals, run = experiment.producer.arrivals, experiment.run
    if not isinstance(arrivals, Trace) or not math.isinf(run.horizon_s):
        return None
    if _producers_crash(experiment):
        message = (
            'producer.arrivals.law = "trace" with producers that crash may create fewer than '
            f"run.messages = {run.messages}: the run might never end"
        )
        return message, _HORIZON
    each = sum(time_s >= run.warmup_s for time_s in arrivals.recorded_s)
    created = each * experiment.producer.instances
    if created >= run.messages:
        return None
    message = (
        f"run.messages must be <= {created}, the messages that producer.arrivals creates after "
        f"run.warmup, got {run.messages}"
    )
    return message, f"set run.messages, or {_HORIZON}"


def _producers_crash(experiment: Experiment) -> bool:
    if experiment.broker.shape == "bus":  # in one process with its handlers
        consumer = experiment.consumer
        by_hand = consumer.crash_before_effect > 0 or consumer.crash_after_effect > 0
        return by_hand or bool(experiment.faults)
    return any(fault.target == "producer" for fault in experiment.faults)


def never_given_out_again(
    experiment: Experiment, _written: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Find deliveries that vanish while nothing but the consumer's death brings them back.

    Where nobody sees that, not even the death does.
    """
    consumer, redelivery = experiment.consumer, experiment.broker.redelivery
    if _ends_anyway(experiment) or not math.isinf(redelivery.ack_timeout_s):
        return None
    if not redelivery.on_disconnect:
        causes = consumer_checks.goes_unseen(experiment)
        if causes:
            setting = 'broker.redelivery.ack_timeout = "inf" and on_disconnect = false'
            return _undecided(setting, causes[:1], "stay with it for good")
    dies = any(f.target == "consumer" and f.every is not None for f in experiment.faults)
    if dies and consumer.ack != "auto":
        return None  # the consumer dies again and again
    if experiment.broker.shape == "bus":
        return None  # which takes an error for an end
    # A lost commit is repeated by the next.
    log = experiment.broker.shape == "log"
    causes = link_checks.vanishing(experiment, answers=not log)
    if consumer.acknowledges_effects and consumer.on_failure == "ignore" and not log:
        chances = _set(("failure", consumer.failure), ("poison", consumer.poison))
        causes += [f'consumer.on_failure = "ignore" with {chance}' for chance in chances]
    return _undecided('broker.redelivery.ack_timeout = "inf"', causes[:1], "vanish for good")


def never_acknowledged(
    experiment: Experiment, _written: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Find deliveries that can never be acknowledged, given out again without end."""
    consumer, broker = experiment.consumer, experiment.broker
    if _ends_anyway(experiment) or math.isfinite(broker.ttl_s):
        return None
    # With what else the limit must count to end it; poison is for ever in any dose.
    chances: list[tuple[str, float, str]] = []
    # A log goes on when a failure is ignored, and so does a bus.
    returning = ["requeue", "ignore", "crash"] if broker.shape == "queue" else ["requeue"]
    if consumer.acknowledges_effects:
        bus = broker.shape == "bus"
        if consumer.on_failure in returning:
            counts = {"requeue": "refusals", "crash": _DEATHS}.get(consumer.on_failure, "")
            chances.append(("consumer.failure", consumer.failure, counts))
            chances.append(("consumer.poison", consumer.poison, counts))
        if not bus:  # which dies with its handlers
            chances.append(("consumer.crash_before_effect", consumer.crash_before_effect, _DEATHS))
        if not (bus or consumer.transactional or consumer.dedup):
            chances.append(("consumer.crash_after_effect", consumer.crash_after_effect, _DEATHS))
    # Of a log's link no limit makes an end (`log_checks`).
    ended = _limited(experiment, "") or broker.shape == "log"
    causes = [] if ended else link_checks.always_lost(experiment)
    causes += [
        f"{name} = {chance:g}"
        for name, chance, counts in chances
        if (chance == 1 or (chance and name == "consumer.poison"))
        and not _limited(experiment, counts)
    ]
    setting = f"broker.redelivery.limit = {broker.redelivery.limit}"
    if broker.redelivery.limit:
        setting += f' with counts = "{broker.redelivery.counts}"'
    return _undecided(setting, causes[:1], "be given out again for ever")


def starts_too_late(experiment: Experiment, _written: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find a consumer that connects only after more messages than a run can hold."""
    producer, start_s = experiment.producer, experiment.consumer.start.mean_s
    created = start_s * producer.arrivals.rate_per_s * producer.instances
    if math.isfinite(experiment.run.horizon_s) or not created > _MOST_MESSAGES:
        return None
    message = (
        f"consumer.start with a mean of {format_duration(start_s)} comes after "
        f"{created:.2g} messages: the run might never end"
    )
    return message, _HORIZON


def endless_instant(experiment: Experiment, _written: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find deliveries that fail for ever without any time going by: no horizon would come."""
    consumer, redelivery = experiment.consumer, experiment.broker.redelivery
    always = consumer.failure == 1 or consumer.poison > 0
    fails = always and consumer.on_failure == "requeue" and not _limited(experiment, "refusals")
    link, log = experiment.network.deliver, experiment.broker.shape == "log"
    # A reader of a log tries again in place, and has what it lost with its life without delay.
    laws = [consumer.service, *([] if log else [link.delay, link.ack_delay])]
    pauses_s = redelivery.delay.bounds_s(1)[1]
    dies = consumer.crash_before_effect == 1 or (always and consumer.on_failure == "crash")
    # A death that nobody sees brings nothing back before the timer does.
    if dies and experiment.broker.shape != "bus" and redelivery.on_disconnect:
        fails = not _limited(experiment, _DEATHS)
        laws += [consumer.detect, consumer.restart, consumer.rebalance, link.delay]
        pauses_s = 0.0 if log or redelivery.counts == "refusals" else pauses_s
    takes_time = pauses_s > 0 or any(law.bounds_s[1] > 0 for law in laws)
    if not consumer.acknowledges_effects or takes_time or not fails:
        return None
    if experiment.broker.shape == "none":
        return None
    if math.isinf(experiment.run.horizon_s) and math.isinf(experiment.broker.ttl_s):
        return None  # refused for that already
    message = (
        "consumer.service = 0 s with deliveries that always fail gives them out again for ever "
        "at one instant: the run would never end"
    )
    return message, "set consumer.service, broker.redelivery.delay or broker.redelivery.limit"


def _limited(experiment: Experiment, counts: str) -> bool:
    """Return whether the limit ends deliveries of a kind that, besides "all", *counts* counts."""
    redelivery = experiment.broker.redelivery
    if counts == _DEATHS and not redelivery.on_disconnect:
        counts = ""  # nobody sees them
    return redelivery.limit > 0 and redelivery.counts in ("all", counts)


def _ends_anyway(experiment: Experiment) -> bool:
    # Acknowledged when it is given out, a delivery is never waited for, except by a log's reader;
    # and without a broker nothing is given out again.
    shape = experiment.broker.shape
    forgets = shape == "none" or (experiment.consumer.ack == "auto" and shape != "log")
    return math.isfinite(experiment.run.horizon_s) or forgets


def _set(*chances: tuple[str, float]) -> list[str]:
    return [f"{name} = {chance:g}" for name, chance in chances if chance > 0]


def _undecided(setting: str, causes: list[str], fate: str) -> tuple[str, str] | None:
    if not causes:
        return None
    return f"{setting} with {causes[0]} lets messages {fate}: the run might never end", _HORIZON
