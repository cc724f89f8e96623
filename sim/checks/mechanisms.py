"""Mechanisms that no closed form here describes: with one of them on, none is compared.

Where a closed form does hold with a mechanism, the mechanism does not stand here but among the
assumptions of the other forms (`sim.checks.assumptions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment


def _written(experiment: Experiment) -> bool:
    return experiment.broker.durable and experiment.broker.persistent


BEYOND: tuple[tuple[Callable[[Experiment], bool], str], ...] = (
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
    (
        lambda e: e.broker.confirm_when == "processed",
        'confirms wait for the consumers (broker.confirm_when = "processed")',
    ),
)
"""Whether an experiment has it, and what it is."""


def beyond_closed_forms(experiment: Experiment) -> list[str]:
    """Return the mechanisms of *experiment* that no closed form describes."""
    return [reason for has, reason in BEYOND if has(experiment)]
