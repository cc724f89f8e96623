"""Mechanisms that no closed form here describes: with one of them on, none is compared.

Where a closed form does hold with a mechanism, the mechanism does not stand here but among the
assumptions of the other forms (`sim.checks.assumptions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.options import link_options, what_breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment

    Has = Callable[[Experiment], bool]


def _link(name: Literal["publish", "deliver"]) -> tuple[tuple[Has, str], ...]:
    """Return what a link can do that is not each packet's own luck."""
    link = f"network.{name}"
    return (
        (
            lambda e: not link_options(e, name).plain,
            f"packets share luck, order or wire ({link}.bursts, connection, bandwidth)",
        ),
        (lambda e: any(fault.target == name for fault in e.faults), f"the link fails ({link})"),
    )


def _written(experiment: Experiment) -> bool:
    return experiment.broker.durable and experiment.broker.persistent


def _fails_and(experiment: Experiment, *on_failure: str) -> bool:
    consumer = experiment.consumer
    return (consumer.failure > 0 or consumer.poison > 0) and consumer.on_failure in on_failure


def waits_in_line(experiment: Experiment) -> bool:
    """Return whether messages of an idempotent producer are refused, or wait for one another."""
    broker, link = experiment.broker, experiment.network.publish
    steady = all(law.is_constant for law in (link.delay, link.ack_delay))
    lost = link.loss or link.ack_loss or broker.capacity or experiment.faults
    return experiment.producer.idempotent and bool(lost or not steady)


BEYOND: tuple[tuple[Has, str], ...] = (
    *_link("publish"),
    *_link("deliver"),
    (lambda e: e.disk.failure > 0 and _written(e), "writes are refused (disk.failure)"),
    (
        lambda e: any(fault.target == "disk" for fault in e.faults),
        "the disk is slow or full at times (faults)",
    ),
    (lambda e: e.groups > 1, "several groups get every message (broker.routing)"),
    (
        lambda e: e.consumer.subscription != "durable",
        "a subscription exists only at times (consumer.subscription)",
    ),
    (lambda e: e.broker.shape == "none", 'there is no broker (broker.shape = "none")'),
    (
        lambda e: e.broker.shape == "bus" and bool(what_breaks(e)),
        "bus, producers and handlers die together (broker.shape)",
    ),
    (
        lambda e: e.broker.shape == "bus" and _fails_and(e, "ignore"),
        'errors are swallowed (consumer.on_failure = "ignore" with broker.shape = "bus")',
    ),
    (
        lambda e: e.broker.confirm_when == "processed",
        'confirms wait for the consumers (broker.confirm_when = "processed")',
    ),
    (lambda e: e.broker.replicas > 1, "several replicas agree (broker.replicas)"),
    (
        lambda e: _fails_and(e, "republish", "crash"),
        "what fails is published again, or kills its consumer (consumer.on_failure)",
    ),
    (waits_in_line, "messages wait for those before them (producer.idempotent)"),
)
"""Whether an experiment has it, and what it is."""


def beyond_closed_forms(experiment: Experiment) -> list[str]:
    """Return the mechanisms of *experiment* that no closed form describes."""
    return [reason for has, reason in BEYOND if has(experiment)]
