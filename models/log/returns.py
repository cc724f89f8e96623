"""Records that come back: they failed, lost their reader, or outlived a crash of the broker.

A record that failed is tried again in place, after the delay of redeliveries. What a reader had and
did not commit is read again without a delay, by whoever has its partition next, unless that is the
same reader, which has done it (`positions`). Either way its deliveries count, and when it has had
them all, it goes to the dead letters instead.

Nor is it read again once it is too old: time to live is retention here. A record that is too old is
gone, read or not, and nobody parks it (cause `expired`). Whoever has it in hand may finish. While
the broker is down nothing is looked at.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from models.broker.redelivery import Counts
from models.calls import LATE, Call
from models.ledger import Cause
from models.message import FAILED, WAITING, WORKING
from models.timers import Timers

if TYPE_CHECKING:
    import simpy

    from models.broker.redelivery import RedeliveryOptions
    from models.broker.store import Store
    from models.draws import Draws
    from models.ledger import Ledger
    from models.log.partition import Reading, Record
    from models.message import Delivery


class Returns:
    """Takes records back to their partitions, or out of *store*; `up` if the broker is.

    *name* names the luck of the delays.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: RedeliveryOptions,
        *,
        ttl_s: float,
        store: Store,
        ledger: Ledger,
        draws: Draws,
        name: str,
    ) -> None:
        self._env = env
        self._options = replace(options, counts=Counts.ALL)
        self._ttl_s = ttl_s
        self._store = store
        self._returned = ledger.returned.add
        self._jitter = draws.uniform(name, "redelivery")
        self._expiry = Timers(env, ttl_s, self._expired)
        self.up = True

    def age(self, record: Record) -> None:
        """Let go of *record* when it is too old."""
        if not self._expiry.endless:
            self._expiry.start(record)

    def age_on(self, record: Record) -> None:
        """Let go of *record*, which is back, when it is too old; its timer may be dropped."""
        end_s = record.stored_s + self._ttl_s
        if self._env.now < end_s < math.inf:
            call = Call(lambda _call: self._expired(record))
            self._env.schedule(call, LATE, end_s - self._env.now)

    def pause_s(self, reading: Reading) -> float | None:
        """Return how long to wait before *reading*, which failed, is tried again; None: never."""
        record, delay = reading.record, self._options.delay
        if self._options.exhausted(record):
            return None
        message = record.message
        reading.returned = True
        self._returned(message.row, self._env.now)
        u = self._jitter(message.key, reading.number) if delay.needs_draw else 0.0
        record.pause_s = delay.pause_s(record.deliveries, u, record.pause_s)
        return record.pause_s

    def is_there(self, reading: Reading) -> bool:
        """Return whether the record of *reading*, which was to be tried again, still is."""
        record = reading.record
        if record.pending and self._too_old(record):
            record.partition.given.remove(reading)
            self._store.drop(record, Cause.EXPIRED)
        return record.pending

    def take_back(self, reading: Reading) -> None:
        """Have the record of *reading*, whose tenure is over, read again."""
        self.void(reading)
        record = reading.record
        if not (reading.returned or self._options.exhausted(record)):
            self._returned(record.message.row, self._env.now)
        self.take_in(record)

    def take_in(self, record: Record) -> None:
        """Put *record* at the end of its partition, if it may still be read."""
        if self._options.exhausted(record):
            self._store.discard(record, Cause.DELIVERY_LIMIT)
        elif self._too_old(record):
            self._store.drop(record, Cause.EXPIRED)
        else:
            record.partition.put_back(record)

    def void(self, delivery: Delivery) -> None:
        """Wait no longer for *delivery*; its reader may be working on it all the same."""
        if delivery.phase is WAITING:
            delivery.phase = FAILED
        elif delivery.phase is WORKING:
            delivery.counted = True
            delivery.copy.message.open += 1

    def _too_old(self, record: Record) -> bool:
        return float(self._env.now) >= record.stored_s + self._ttl_s

    def _expired(self, record: Record) -> None:
        # What somebody has in hand, or a broker that is down, is looked at when it comes back.
        if record.ready and record.pending and self.up:
            record.partition.take_out(record)
            self._store.drop(record, Cause.EXPIRED)
