"""One partition of a log, as one consumer group sees it: what it has not committed yet.

Records stand in the order in which they were appended; `order` is a record's offset. A record that
the group has committed is of no interest to it any more, wherever the log keeps it. Of the others,
those up to the position are `given` to the partition's owner, the rest is `fresh`.

Offsets are never used twice here. In a real log, what is appended after a crash takes the offsets
of what the crash has cut off; nobody can mistake one for the other. No commit outlives the tenure
that it was made in, and a crash ends all tenures. A reader's own position outlives it, and Kafka's
clients check theirs against the log of the next leader (KIP-320).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from models.message import Copy, Delivery

if TYPE_CHECKING:
    from models.log.member import Member
    from models.log.reader import Reader
    from models.message import Message, Packet, Phase


class Record(Copy):
    """A copy of a message in a log: number `order` of its `partition`.

    `passed`: how the reader that had it last left it behind; None if that has not.
    """

    __slots__ = ("partition", "passed")

    def __init__(
        self, message: Message, packet: Packet | None, partition: Partition, stored_s: float
    ) -> None:
        super().__init__(message, packet, partition.end, stored_s)
        self.partition = partition
        self.passed: Phase | None = None


class Reading(Delivery):
    """A record handed to a reader, in a `tenure` of its partition.

    `returned`: it failed, and waits to be tried again.
    """

    __slots__ = ("record", "returned", "tenure")

    def __init__(self, record: Record, member: Member, number: int, given_s: float) -> None:
        super().__init__(record, member, number, given_s)
        self.record = record
        self.tenure = record.partition.tenure
        self.returned = False

    @property
    def uncommitted(self) -> bool:
        """Whether its reader still has the partition, and this record to commit there."""
        partition = self.record.partition
        given = partition.given
        return (
            self.tenure == partition.tenure
            and bool(given)
            and given[0].record.order <= self.record.order
        )


class Partition:
    """Partition *index* (0, 1, …). `tenure` counts its owners: each begins where the last left.

    `reader`: who has it or, while it has no owner, had it when the broker fell.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self.end = 0  # the offset of the next record
        self.given: deque[Reading] = deque()
        self.fresh: deque[Record] = deque()
        self.owner: Member | None = None
        self.reader: Reader | None = None
        self.tenure = 0

    def append(
        self, message: Message, packet: Packet | None, now_s: float, *, hidden: bool = False
    ) -> Record:
        """Append a record of *message*, which *packet* brought; nobody gets a *hidden* one yet."""
        record = Record(message, packet, self, now_s)
        self.end += 1
        record.ready = not hidden
        if not hidden:
            self.fresh.append(record)
        return record

    def close(self) -> list[Reading]:
        """End the tenure of whoever has it; return what was given and not committed, in order."""
        self.owner = None
        self.tenure += 1
        given = list(self.given)
        self.given.clear()
        return given

    def take_all(self) -> list[Record]:
        """Take out all that is fresh, in order."""
        records = list(self.fresh)
        self.fresh.clear()
        for record in records:
            record.ready = False
        return records

    def put_back(self, record: Record) -> None:
        """Put *record*, which is not fresh, behind all that is."""
        record.ready = True
        self.fresh.append(record)

    def take_out(self, record: Record) -> None:
        """Take out *record*, which is fresh; the first is found at once."""
        record.ready = False
        self.fresh.remove(record)

    def withdraw(self, record: Record) -> Reading | None:
        """Take out *record*, and return who has it, if anybody does."""
        if record.ready:
            self.take_out(record)
            return None
        reading = next((reading for reading in self.given if reading.record is record), None)
        if reading is not None:
            self.given.remove(reading)
        return reading
