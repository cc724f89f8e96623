"""How records reach a reader: it asks for a batch, and gets one as soon as there is any.

A batch has up to `prefetch` records (0: all there are; Kafka's `max.poll.records`). It takes what
there is from the reader's partitions in turn, beginning behind the one with which the last batch
was full. Whoever asks when there is nothing waits at the broker for the next record (a long poll;
Kafka's `fetch.min.bytes` is 1).

The question takes no time, as if it had been sent ahead; the batch takes the link's delay, one for
all its records. A batch that is lost is asked for again after `ack_timeout`, with new luck for the
way; to the ledger it is the same delivery, late. Kafka's clients ask again after
`request.timeout.ms`. A double of a batch would be known by its offsets: there are none here.

With automatic acknowledgement, the position is committed as the records are handed out: whoever
dies before their effect has lost them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.calls import NORMAL, Call
from models.consumer import AckMode
from models.ledger import Cause
from models.log.partition import Reading
from models.message import WAITING

if TYPE_CHECKING:
    import simpy

    from models.broker.store import Store
    from models.ledger import Ledger
    from models.log.member import Member
    from models.log.partition import Record

_TRIES = 32  # a batch that is asked for again has a name of its own: its try, above so many bits


class Batch(Call):
    """Records on their way to *member*, for the first time if `tries` is 0."""

    __slots__ = ("member", "readings", "tries")

    def __init__(self, member: Member, readings: list[Reading]) -> None:
        self.member = member
        self.readings = readings
        self.tries = 0


class Fetches:
    """Hands out records of *store*, over the lines of their readers."""

    def __init__(
        self,
        env: simpy.Environment,
        *,
        ack: AckMode,
        prefetch: int,
        ask_again_s: float,
        store: Store,
        ledger: Ledger,
    ) -> None:
        self._env = env
        self._auto = ack is AckMode.AUTO
        self._most = prefetch or math.inf
        self._ask_again_s = ask_again_s
        self._store = store
        self._delivered = ledger.delivered.add

    def hand_out(self, member: Member, now_s: float) -> None:
        """Give *member*, who asks, what there is for it."""
        partitions, readings = member.partitions, list[Reading]()
        for _ in range(len(partitions)):
            partition = partitions[0]
            partitions.rotate(-1)
            fresh = partition.fresh
            while fresh and len(readings) < self._most:
                readings.append(self._give(fresh.popleft(), member, now_s))
            if len(readings) >= self._most:
                break
        if readings:
            member.asking = False
            self._send(Batch(member, readings))

    def again(self, reading: Reading, now_s: float) -> None:
        """Give *reading* to its reader once more, who has kept the record."""
        message = reading.record.message
        reading.number = message.deliveries = message.deliveries + 1
        reading.record.deliveries += 1
        reading.given_s = now_s
        reading.phase = WAITING
        reading.accepted = True
        reading.returned = False
        self._delivered(message.row, now_s, reading.session.consumer.index, True)

    def _give(self, record: Record, member: Member, now_s: float) -> Reading:
        message, index = record.message, member.consumer.index
        number = message.deliveries = message.deliveries + 1
        record.deliveries += 1
        record.ready = False
        record.holder = index
        record.passed = None
        reading = Reading(record, member, number, now_s)
        self._delivered(message.row, now_s, index, record.deliveries > 1)
        if self._auto:
            self._store.acknowledge(record, reading, Cause.COMMIT, now_s)
        else:
            record.partition.given.append(reading)
        return reading

    def _send(self, batch: Batch) -> None:
        first, consumer = batch.readings[0], batch.member.consumer
        key, attempt = first.record.message.key, first.number | batch.tries << _TRIES
        line = consumer.line
        if line.lost is not None and line.lost(key, attempt):
            if math.isfinite(self._ask_again_s):
                batch.callbacks = (self._ask_again,)
                self._env.schedule(batch, NORMAL, self._ask_again_s)
        elif line.instant:
            consumer.take(batch)
        else:
            line.carry(batch, consumer.hear_batch, key, attempt)

    def _ask_again(self, batch: Batch) -> None:
        if batch.member.open:
            batch.tries += 1
            self._send(batch)
        else:
            batch.member.consumer.forget(batch)
