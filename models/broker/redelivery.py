"""Redelivery: when a copy is given out again, and when the broker has had enough of it.

A copy comes back when its consumer refuses it, is seen to die, or does not acknowledge within
`ack_timeout_s`. Where consumers ask for what they get, nobody sees one die (`on_disconnect`), and
what it had comes back by the timer alone. A copy has a limited number of deliveries (0: no limit);
beyond that, or when a consumer rejects it, or when it expires, it is parked in the dead-letter
queue, or dropped if there is none.

Which deliveries count against the limit, and for the pause before the next, is for the broker to
say (`Counts`): a copy that was merely prefetched when its consumer died may have burned an attempt
or not. Where refusals count, they alone are followed by a pause, since count and pause are the
client's then, and a client that is gone makes none.

A crash of the broker keeps the number of deliveries with the copy, and ends every delay. What has
had its deliveries, or has expired meanwhile, goes to the dead letters when the broker is back. The
crash itself is no consumer's doing: it counts only where every delivery does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import partial
from typing import TYPE_CHECKING

from models.calls import NORMAL, Call
from models.checks import at_least, positive
from models.ledger import Cause, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.store import Store
    from models.draws import Draws
    from models.message import Copy
    from models.policies.backoff import Backoff


class Counts(StrEnum):
    """Which deliveries count against the limit.

    All: NATS JetStream (`MaxDeliver`), SQS (`maxReceiveCount`). Refusals: ActiveMQ Classic, whose
    clients count what they roll back, and wait before they go on (`RedeliveryPolicy`, in
    `ActiveMQMessageConsumer.java`), while a closed connection counts nothing and makes nobody wait.
    Disconnects: RabbitMQ's quorum queues since 4.3, where a client that died or lost its connection
    counts, and neither a `basic.nack` nor a consumer timeout does
    (www.rabbitmq.com/docs/quorum-queues, "When is delivery count incremented?").
    """

    ALL = "all"
    REFUSALS = "refusals"
    DISCONNECTS = "disconnects"


class End(IntEnum):
    """Why a delivery came to nothing."""

    REFUSED = 0  # by its consumer, which wants it delivered again
    TIMED_OUT = 1
    DISCONNECTED = 2  # its consumer was seen to die


REFUSED, TIMED_OUT, DISCONNECTED = End  # looked up once: members cost more than names

_COUNTED = {
    Counts.ALL: frozenset(End),
    Counts.REFUSALS: frozenset({REFUSED}),
    Counts.DISCONNECTS: frozenset({DISCONNECTED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeliveryOptions:
    """When and how often a copy is given out again.

    `limit` is the number of deliveries of a copy that may come to nothing, of those that count.
    Without `on_disconnect` what a consumer had that died or was cut off stays out until
    `ack_timeout_s` (s): `AckWait` of NATS JetStream, the visibility timeout of SQS, the idle time
    that XAUTOCLAIM of Redis asks for.
    """

    ack_timeout_s: float = math.inf
    limit: int = 0
    counts: Counts = Counts.ALL
    dead_letter: bool = True
    delay: Backoff
    to_other: bool = False
    on_disconnect: bool = True

    def __post_init__(self) -> None:
        positive(ack_timeout_s=self.ack_timeout_s)
        at_least(0, limit=self.limit)

    def attempts(self, copy: Copy) -> int:
        """Return how many deliveries of *copy* count so far."""
        return copy.deliveries if self.counts is Counts.ALL else copy.charged

    def exhausted(self, copy: Copy) -> bool:
        """Return whether *copy* may not be delivered again."""
        return 0 < self.limit <= self.attempts(copy)


class Returns:
    """Takes copies back; *offer* hears when one is ready again after its delay.

    *name* names the luck of the delays.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: RedeliveryOptions,
        *,
        ttl_s: float,
        store: Store,
        offer: Callable[[float], None],
        ledger: Ledger,
        draws: Draws,
        name: str,
    ) -> None:
        self._env = env
        self._options = options
        self._ttl_s = ttl_s
        self._store = store
        self._offer = offer
        self._counted = _COUNTED[options.counts]
        self._returned = ledger.returned.add
        self._jitter = draws.uniform(name, "redelivery")
        self._delayed: dict[Copy, Call] = {}

    def give_back(self, copy: Copy, number: int, end: End) -> None:
        """Take *copy* back from delivery *number* of its message; *end* is what became of that.

        It is ready again after a pause, or at once if the pause is a client's that refused nothing.
        """
        copy.charged += end in self._counted
        if self._options.exhausted(copy):
            self._store.discard(copy, Cause.DELIVERY_LIMIT)
            return
        message = copy.message
        self._returned(message.row, self._env.now)
        if self._options.counts is Counts.REFUSALS and end is not REFUSED:
            self.put_back(copy)
            return
        delay = self._options.delay
        u = self._jitter(message.key, number) if delay.needs_draw else 0.0
        attempts = max(1, self._options.attempts(copy))
        copy.pause_s = delay.pause_s(attempts, u, copy.pause_s)
        if copy.pause_s > 0.0:
            call = self._delayed[copy] = Call(partial(self._waited, copy))
            self._env.schedule(call, NORMAL, copy.pause_s)
        else:
            self.put_back(copy)

    def put_back(self, copy: Copy) -> None:
        """Make *copy* ready again, unless it has expired meanwhile."""
        if self._env.now >= copy.stored_s + self._ttl_s:
            self._store.discard(copy, Cause.EXPIRED)
        else:
            self._store.queue.put_back(copy)

    def recover(self, copy: Copy) -> None:
        """Make a *copy* that survived a crash ready again, if it may be delivered once more."""
        if self._options.exhausted(copy):
            self._store.discard(copy, Cause.DELIVERY_LIMIT)
        else:
            self.put_back(copy)

    def take_out(self, copy: Copy) -> bool:
        """Give up the delay of *copy*; return whether it was delayed at all."""
        return self._delayed.pop(copy, None) is not None

    def take_all(self) -> list[Copy]:
        """Give up every delay; return the copies that waited for its end."""
        copies = list(self._delayed)
        self._delayed.clear()
        return copies

    def _waited(self, copy: Copy, call: Call) -> None:
        if self._delayed.get(copy) is call:  # and not a delay that a crash has ended
            del self._delayed[copy]
            self.put_back(copy)
            self._offer(self._env.now)
