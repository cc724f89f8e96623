"""What a broker promises: its options, in one value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.broker.confirms import ConfirmWhen
from models.broker.dedup import DedupOptions
from models.broker.group import Subscription
from models.broker.intake import Overflow
from models.checks import at_least, positive
from models.ledger import Cause

if TYPE_CHECKING:
    from models.broker.redelivery import RedeliveryOptions
    from models.disk import DiskOptions
    from models.laws import Law
    from models.log import LogOptions
    from models.replication import ReplicationOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOptions:
    """What a broker promises. `capacity` in messages ready and waiting, 0 for no bound.

    Of `priorities` levels the higher go first; `ordered`: one message of each producer and key, of
    `keys`, is out at a time.

    `groups` are the consumer groups, each of which gets every message if its `subscription` exists.
    `in_vain` is what is to blame for a copy that was acknowledged although it had no effect.
    A broker with a `log` is of that shape, any other is a queue. Without `replication` it is alone.
    """

    accept: Law
    capacity: int = 0
    overflow: Overflow = Overflow.REJECT
    ttl_s: float = math.inf
    durable: bool = True
    persistent: bool = True
    confirm_when: ConfirmWhen = ConfirmWhen.SYNCED
    redelivery: RedeliveryOptions
    disk: DiskOptions
    priorities: int = 1
    ordered: bool = False
    keys: int = 1
    groups: int = 1
    subscription: Subscription = Subscription.DURABLE
    in_vain: Cause = Cause.EARLY_ACK
    dedup: DedupOptions = DedupOptions()  # noqa: RUF009 - a frozen value
    log: LogOptions | None = None
    replication: ReplicationOptions | None = None

    def __post_init__(self) -> None:
        at_least(1, priorities=self.priorities, keys=self.keys)
        at_least(0, capacity=self.capacity)
        at_least(1, groups=self.groups)
        positive(ttl_s=self.ttl_s)
        if self.log is not None and self.capacity:
            raise ValueError(f"capacity must be 0 with a log, got {self.capacity}")

    @property
    def to_disk(self) -> bool:
        """Whether copies are written to the disk."""
        return self.durable and self.persistent

    @property
    def confirm_point(self) -> ConfirmWhen:
        """How deep a copy must be to be confirmed; never written, it is so when it is received."""
        if self.to_disk or self.confirm_when is ConfirmWhen.PROCESSED:
            return self.confirm_when
        return ConfirmWhen.RECEIVED

    @property
    def hides(self) -> bool:
        """Whether consumers get a copy only when it is committed."""
        return self.replication is not None and self.replication.delivers_replicated

    @property
    def plain(self) -> bool:
        """Whether one group gets all that arrives."""
        return self.groups == 1 and self.subscription is Subscription.DURABLE

    @property
    def not_one_queue(self) -> str | None:
        """Why this is more than one queue that gets all that arrives; None if it is just that."""
        if self.log is not None:
            return "consumers read a log (broker.shape)"
        if self.replication is not None:
            return "several replicas keep what is stored (broker.replicas)"
        if not self.plain:
            return "not one group gets all that arrives (broker.routing, consumer.subscription)"
        return None
