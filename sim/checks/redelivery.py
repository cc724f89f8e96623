"""The documents' P(T): what redelivery repairs, and where a limit gives up.

A delivery fails with probability r (lost on its way, or processing raises), and an effect's
acknowledgement is lost with probability q; M deliveries are allowed. The deliveries of one copy are
then the attempts of one message again, with p -> r and n -> M. Of a poison message every delivery
fails, r = 1: with some of them (`consumer.poison`) each form is the mean over both kinds.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from models.formulas.redelivery import Redelivery, redelivery
from sim.checks import assumptions as a
from sim.checks.form import Form, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment

SOURCE = "document 004 (redelivery, P(T)); deliveries as stop-and-wait ARQ with M attempts"
_cached = lru_cache(maxsize=32)(redelivery)


def failure(experiment: Experiment) -> float:
    """Return the probability that a delivery comes to nothing: lost, or processing raises.

    Nor does one whose commit is lost have an effect.
    """
    link, raised = experiment.network.deliver, experiment.consumer.failure
    unheard = link.ack_loss if experiment.consumer.transactional else 0.0
    return 1.0 - (1.0 - link.loss) * (1.0 - raised) * (1.0 - unheard)


def deliveries(experiment: Experiment, *, poison: bool = False) -> Redelivery:
    """Return the closed form of one copy's deliveries, of a *poison* message or another."""
    return _cached(
        failure=1.0 if poison else failure(experiment),
        ack_loss=0.0 if experiment.consumer.transactional else experiment.network.deliver.ack_loss,
        deliveries=experiment.broker.redelivery.limit or math.inf,
    )


def mean(experiment: Experiment, attribute: str) -> float:
    """Return the mean of *attribute* over all messages, poison and others."""
    poison = experiment.consumer.poison
    others = float(getattr(deliveries(experiment), attribute)) if poison < 1 else 0.0
    poisoned = float(getattr(deliveries(experiment, poison=True), attribute)) if poison else 0.0
    if attribute == "redelivered":  # given that the first delivery failed
        fails = (1.0 - poison) * failure(experiment)
        return others * fails / (fails + poison)
    return (1.0 - poison) * others + poison * poisoned


def acknowledges_after(experiment: Experiment) -> list[str]:
    """Ask for acknowledgements after the effect, and failures that bring the message back."""
    consumer = experiment.consumer
    found = []
    if not consumer.acknowledges_effects:
        found.append(f'consumer.ack = "{consumer.ack}", so nothing is delivered again')
    if consumer.ack == "batch":
        found.append('acknowledgements wait for others (consumer.ack = "batch")')
    if consumer.dedup and experiment.network.deliver.ack_loss:
        found.append("what is delivered again is skipped (consumer.dedup)")
    if (consumer.failure or consumer.poison) and consumer.on_failure == "reject":
        found.append("failed messages are rejected, not redelivered (consumer.on_failure)")
    if math.isfinite(experiment.broker.ttl_s):
        found.append("messages expire (broker.ttl)")
    if experiment.network.deliver.duplication:
        found.append("the network doubles deliveries (network.deliver.duplication)")
    return found


def all_count(experiment: Experiment) -> list[str]:
    """Ask for a limit that counts every delivery which comes to nothing."""
    redelivery, link = experiment.broker.redelivery, experiment.network.deliver
    if not redelivery.limit or redelivery.counts == "all":
        return []
    only_refused = experiment.consumer.on_failure == "requeue" and not (link.loss or link.ack_loss)
    if redelivery.counts == "refusals" and only_refused:
        return []
    return [f'not every delivery counts (broker.redelivery.counts = "{redelivery.counts}")']


def can_fail(experiment: Experiment) -> list[str]:
    """Ask that some deliveries fail."""
    if failure(experiment) > 0 or experiment.consumer.poison:
        return []
    return ["no delivery fails before its effect"]


def repeats(experiment: Experiment) -> list[str]:
    """Ask that some delivery is repeated."""
    if not can_fail(experiment) or experiment.network.deliver.ack_loss:
        return []
    return ["no delivery fails and no acknowledgement is lost"]


def is_limited(experiment: Experiment) -> list[str]:
    """Ask for a limit of deliveries."""
    return [] if experiment.broker.redelivery.limit else ["deliveries are not limited"]


def parks(experiment: Experiment) -> list[str]:
    """Ask for a dead-letter queue."""
    return [] if experiment.broker.redelivery.dead_letter else ["there are no dead letters"]


def drops(experiment: Experiment) -> list[str]:
    """Ask for a limit that drops."""
    return ["the limit parks, it does not drop"] if experiment.broker.redelivery.dead_letter else []


def room(experiment: Experiment) -> list[str]:
    """Ask for a queue without bounds."""
    return ["the queue can be full (broker.capacity)"] if experiment.broker.capacity else []


BASE = (
    acknowledges_after,
    all_count,
    a.whole_run,
    a.handed_out,
    a.one_copy,
    a.timely_acks,
    a.steady_consumers,
    room,
)


def _value(
    name: str,
    estimate: str,
    formula: str,
    attribute: str,
    *needs: Callable[[Experiment], list[str]],
) -> Value:
    return Value(
        name=name,
        estimate=estimate,
        formula=formula,
        source=SOURCE,
        needs=(*BASE, *needs),
        predict=lambda experiment: mean(experiment, attribute),
    )


REDELIVERY: tuple[Form, ...] = (
    _value("P(T)", "redelivered", "1 - r^(M-1)", "redelivered", can_fail),
    _value("P_parked", "parked", "(1 - (1-r)(1-q))^M", "parked", is_limited, parks),
    _value("P_dead_lettered", "dead_lettered", "r^M", "dead_lettered", is_limited, parks),
    _value("P_limit_lost", "lost", "r^M", "dead_lettered", is_limited, drops),
    _value(
        "E[deliveries]",
        "deliveries_per_message",
        "(1 - f^M) / (1 - f)",
        "deliveries_per_message",
        repeats,
    ),
    _value(
        "E[effects]", "effects_per_message", "(1-r) E[deliveries]", "effects_per_message", repeats
    ),
    _value("P_duplicated", "duplicated", "1 - r^M - P(one effect)", "duplicated", repeats),
)
"""The forms of a copy's deliveries; f = 1 - (1-r)(1-q)."""
