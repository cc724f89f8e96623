"""Positions: a reader knows by itself how far it has come, also while the broker is down.

A broker that falls forgets who reads what, and knows of each partition the committed position. Its
readers know more. One that gets the same partition back goes on from its own position: what it has
passed and not committed yet (it was processed, or failed and was ignored) is not handed out again.
It counts as given and done, and is committed as soon as the reader has the partition. What the
reader was at work on when the broker fell it goes on with; that is committed likewise if it is done
by then, and otherwise as any other record, when it is done.

So are Kafka's clients: a position is theirs (clients/…/consumer/internals/SubscriptionState.java,
`position`), and stays with a partition that stays theirs (`assignFromSubscribed`). They ask for the
committed position only where they have none (ConsumerCoordinator.java,
`initWithCommittedOffsetsIfNeeded`), and commit their own later (`allConsumed`). The group outlives
the broker too, since its coordinator is loaded elsewhere, from `__consumer_offsets`. Here its
members join anew, which takes a rebalance and, as a rule, changes nothing.

A position reaches as far as all records before it are passed. From the first one on that is not,
the reader reads again: one that was not begun, that failed and waited to be tried again, that was
to be parked, or that was in hand when the broker fell, and raised. A record that a crash took is
gone. If it took commits only, which come back as records to be read, the reader has them behind it
all the same, and its next commit covers them. So it is with what the next leader does not know to
be committed (`models.replication`).

A position ends with its process, and when its partition gets another reader: that one begins at the
committed position. It also ends with a connection that is broken when the broker is back, or breaks
later. With automatic acknowledgement there is no position but the broker's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.log.partition import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.log.member import Member
    from models.log.partition import Partition, Record


class Positions:
    """How far one reader has come in each of its partitions, in its own memory."""

    def __init__(self) -> None:
        self._next: dict[Partition, int] = {}  # the offset behind the last record passed

    def move(self, reading: Reading) -> None:
        """Be behind *reading*, which is done, or failed and was accepted."""
        record = reading.record
        record.passed = reading.phase
        self._next[record.partition] = record.order + 1

    def passed(self, record: Record) -> bool:
        """Return whether the position is behind *record*, and rightly."""
        return record.passed is not None and record.order < self._next.get(record.partition, 0)

    def forget(self, partition: Partition) -> None:
        """Have no position in *partition*."""
        self._next.pop(partition, None)

    def clear(self) -> None:
        """Have no position anywhere."""
        self._next.clear()


class Continuations:
    """Lets readers go on where they were. *take_in* puts back what is to be read, if it may be."""

    def __init__(self, env: simpy.Environment, take_in: Callable[[Record], None]) -> None:
        self._env = env
        self._take_in = take_in
        self._unsure: set[Partition] = set()  # their readers may have passed what is fresh there

    def take_in(self, record: Record) -> None:
        """Put *record* at the end of its partition, if somebody has done it or may read it."""
        partition = record.partition
        if partition.reader is not None and partition.reader.has(record):
            self._unsure.add(partition)
            partition.put_back(record)
        else:
            self._take_in(record)

    def take_up(self, member: Member) -> list[Reading]:
        """Take as given to *member* what it has passed; return the last of each partition."""
        if not self._unsure:
            return []
        lasts = [self._skip(p, member) for p in member.partitions if p in self._unsure]
        return [last for last in lasts if last is not None]

    def _skip(self, partition: Partition, member: Member) -> Reading | None:
        """Take as given what comes first and is passed; return the last of it."""
        fresh, reader, last = partition.fresh, member.consumer, None
        while fresh and reader.positions.passed(fresh[0]):
            last = self._given(fresh[0], member)
        if fresh and reader.works_on(fresh[0]):
            return last  # to be asked again when it is done
        self._unsure.remove(partition)
        for record in partition.take_all():
            self._take_in(record)
        return last

    def _given(self, record: Record, member: Member) -> Reading:
        partition = record.partition
        partition.take_out(record)
        reading = Reading(record, member, record.message.deliveries, self._env.now)
        if record.passed is not None:
            reading.phase = record.passed
        partition.given.append(reading)
        return reading
