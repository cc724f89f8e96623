"""The table ``[consumer]``: who takes messages, and what can go wrong with them."""

import math
from typing import Annotated, Literal

from pydantic import Field, field_validator

from sim.config.laws import TimeLaw
from sim.config.quantities import Count, PositiveCount, PositiveSeconds, Probability
from sim.config.tables import Table, key, refusal


class Commit(Table):
    """When a batch is acknowledged."""

    every: PositiveCount = key(
        500,
        "Acknowledge when so many effects wait for it; a lower consumer.prefetch leaves it to "
        "the interval.",
    )
    interval_s: PositiveSeconds = key(
        "5 s", "Acknowledge so long after the first effect that waits for it.", name="interval"
    )


class Consumer(Table):
    """All consumer instances of each group; they are alike."""

    groups: PositiveCount = key(1, 'Consumer groups, with routing "fanout".')
    instances: PositiveCount = key(1, "Consumers per group.")
    subscription: Literal["durable", "from_start", "transient"] = key(
        "durable",
        "When a group's subscription exists: always, from its first connection, or while "
        "a consumer is connected. It never gets what is published at other times.",
    )
    service: TimeLaw = key("0 s", "Law of the processing time of one delivery.")
    concurrency: PositiveCount = key(1, "Messages processed at once, per instance.")
    prefetch: Count = key(
        1,
        "Unacknowledged deliveries held, per instance; 0 = unlimited. "
        'With broker.shape "bus": concurrency. With "log": records asked for at once.',
    )
    ack: Literal["auto", "before", "after", "batch"] = key(
        "after", 'Acknowledges on delivery ("auto"), before or after processing, or in batches.'
    )
    commit: Commit = key({}, 'With ack "batch".')
    failure: Probability = key(0.0, "Processing raises before its effect, per delivery.")
    poison: Probability = key(
        0.0, "A message is poison: processing it raises before its effect, whoever does it."
    )
    on_failure: Literal["requeue", "reject", "ignore", "republish", "crash"] = key(
        "requeue",
        'What it then tells the broker; "ignore": nothing at all. A bus takes that for an end. '
        '"republish": it publishes the message again, transient and at the end of the queue, and '
        'does not acknowledge the one it had. "crash": its process dies of it.',
    )
    crash_before_effect: Probability = key(0.0, "The process dies during processing, per delivery.")
    crash_after_effect: Probability = key(
        0.0, "The process dies between effect and acknowledgement, per delivery."
    )
    restart: TimeLaw = key("1 s", "Law of the time until a dead consumer is back.")
    detect: TimeLaw = key("0 s", "Law of the time until the broker sees it dead and redelivers.")
    rebalance: TimeLaw = key(
        "0 s", "Log shape: law of the time for which a group stands still when members come or go."
    )
    start: TimeLaw = key("0 s", "Law of the time of its first connection.")
    transactional: bool = key(
        False, "Effect and acknowledgement are one: both happen, or neither does."
    )
    dedup: Annotated[int, Field(ge=-1, le=2**63 - 1)] = key(
        0,
        "Ids that the consumers of a group remember together, to skip what they have done; "
        "0 = none, -1 = all.",
    )
    ordered: bool = key(
        False,
        "One message at a time of each producer and key, in order: those behind it wait until it "
        "is acknowledged.",
    )

    @property
    def acknowledges_effects(self) -> bool:
        """Whether a delivery is acknowledged when it has had its effect, and not before."""
        return self.ack in ("after", "batch")

    @field_validator("start", mode="before")
    @classmethod
    def _connects_at_last(cls, written: object) -> object:
        if written in ("inf", math.inf):
            never = "for a consumer that never connects, set run.horizon and a start beyond it"
            raise refusal("must be finite", suggestion=never)
        return written
