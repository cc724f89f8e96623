"""What the keys of the consumers get wrong together."""

from __future__ import annotations

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
