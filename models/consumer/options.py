"""What a consumer is told: how to work, when to acknowledge, and what goes wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from models.checks import at_least, finite, positive, probability

if TYPE_CHECKING:
    from models.laws import Law


class AckMode(StrEnum):
    """When a delivery is acknowledged."""

    AUTO = "auto"  # by being handed over
    BEFORE = "before"  # by the consumer, before processing
    AFTER = "after"  # by the consumer, after the effect
    BATCH = "batch"  # by the consumer, after the effects of several


class OnFailure(StrEnum):
    """What a consumer does when processing raised."""

    REQUEUE = "requeue"
    REJECT = "reject"
    IGNORE = "ignore"
    SWALLOW = "swallow"  # acknowledges, as if nothing had happened
    REPUBLISH = "republish"  # publishes the message again, and does not acknowledge this one
    CRASH = "crash"  # nothing catches the error: the process dies


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitOptions:
    """When several are acknowledged at once: when there are `every`, or `interval_s` is over."""

    every: int = 500
    interval_s: float = 5.0

    def __post_init__(self) -> None:
        at_least(1, every=self.every)
        positive(interval_s=self.interval_s)
        finite(interval_s=self.interval_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerOptions:
    """How a consumer works. Laws in seconds, probabilities per delivery, `poison` per message.

    With batches, `commit` says when they are acknowledged. A `transactional` consumer must
    acknowledge after its effects.
    """

    service: Law
    concurrency: int = 1
    ack: AckMode = AckMode.AFTER
    commit: CommitOptions = CommitOptions()
    transactional: bool = False
    failure: float = 0.0
    poison: float = 0.0
    on_failure: OnFailure = OnFailure.REQUEUE
    crash_before_effect: float = 0.0
    crash_after_effect: float = 0.0
    restart: Law
    detect: Law
    start: Law

    def __post_init__(self) -> None:
        at_least(1, concurrency=self.concurrency)
        if self.transactional and not self.acknowledges_effects:
            raise ValueError(f"transactional needs ack to be after or batch, got {self.ack.value}")
        if self.transactional and self.on_failure in (OnFailure.SWALLOW, OnFailure.REPUBLISH):
            raise ValueError(
                f"transactional rolls back what failed, and cannot {self.on_failure.value} it"
            )
        probability(
            failure=self.failure,
            poison=self.poison,
            crash_before_effect=self.crash_before_effect,
            crash_after_effect=self.crash_after_effect,
        )

    @property
    def acknowledges_effects(self) -> bool:
        """Whether a delivery is acknowledged when it has had its effect, and not before."""
        return self.ack in (AckMode.AFTER, AckMode.BATCH)

    @property
    def can_fail(self) -> bool:
        """Whether processing ever raises."""
        return self.failure > 0 or self.poison > 0
