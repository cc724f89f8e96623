"""Sequence numbers: how a broker tells the next message of a producer from one that comes too soon.

An idempotent producer numbers what it sends to each partition, 0, 1, 2, … in each of its epochs. A
copy is taken in only if its number is the next one; number 0 begins an epoch, and whatever is of an
earlier epoch comes too late. So do Kafka's brokers (storage/.../log/ProducerAppendInfo.java,
`checkSequence`, `checkProducerEpoch`). A producer process of which the broker knows nothing must
begin with 0, as those that support epoch bumps must there; older ones may begin anywhere, which
lets a first packet that was lost be overtaken.

What is known here is what the broker's copies say of themselves: after a crash it knows the numbers
of those that survived, like Kafka's producer state, which is read off the log.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeAlias

from models.message import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.message import Copy, Stamp

    # Epoch, number, and the copy; none if the message was dropped and acknowledged all the same.
    Taken: TypeAlias = tuple[int, int, Copy | None]
    Name: TypeAlias = tuple[int, int, int]


class Sequences:
    """The last numbers of all producers, by producer, process and partition."""

    def __init__(self) -> None:
        self._taken: dict[Name, deque[Taken]] = {}

    def fits(self, producer: int, stamp: Stamp) -> bool:
        """Return whether *stamp* is the next of *producer*."""
        taken = self._taken.get((producer, stamp.life, stamp.partition))
        if not taken:
            return stamp.number == 0
        epoch, number, _ = taken[-1]
        if stamp.epoch == epoch:
            return stamp.number == number + 1
        return stamp.epoch > epoch and stamp.number == 0

    def append(self, producer: int, stamp: Stamp, copy: Copy | None) -> None:
        """Know *stamp*, which fits, from now on, or as long as *copy* survives."""
        taken = self._taken.setdefault((producer, stamp.life, stamp.partition), deque())
        taken.append((stamp.epoch, stamp.number, copy))
        # What comes after a copy on the disk is all that a crash can take back.
        while len(taken) > 1 and _is_on_disk(taken[1][2]):
            taken.popleft()

    def forget(self, producer: int, stamp: Stamp, copy: Copy) -> None:
        """Take the number of *copy* back, if it is the last one; else it leaves a gap."""
        taken = self._taken[producer, stamp.life, stamp.partition]
        if taken and taken[-1][2] is copy:
            taken.pop()

    def crash(self, survives: Callable[[Copy], bool]) -> None:
        """Forget the numbers of the last copies, up to one that *survives*."""
        for taken in self._taken.values():
            while taken and not ((copy := taken[-1][2]) and survives(copy)):
                taken.pop()


def _is_on_disk(copy: Copy | None) -> bool:
    return copy is not None and copy.place is Place.DISK
