"""The copies a broker holds, from the moment one is stored to the moment it leaves.

Every copy leaves once, for one reason, and the message hears of it: either nothing is left of the
copy (it is dropped, with its cause), or a consumer still works on it (then the delivery outlives
the copy and answers for it), or it had its effect.
"""

from __future__ import annotations

from itertools import count, repeat
from typing import TYPE_CHECKING

from models.broker.lanes import Lanes
from models.broker.queue import ReadyQueue
from models.ledger import ACKNOWLEDGED, Cause
from models.message import EFFECTED, FAILED, MEMORY, Copy, Delivery, Message, Packet

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.ranked import RankedQueue
    from models.census import Census
    from models.ledger import Ledger


class Store:
    """What is in the broker; `queue` is the part of it that waits for a consumer.

    *erase* hears of each written copy that leaves, and releases it when that cannot be undone.
    *processed*, if anybody wants to know, hears of each that a consumer has acknowledged.
    """

    def __init__(
        self,
        env: simpy.Environment,
        ledger: Ledger,
        census: Census,
        *,
        erase: Callable[[Copy], None],
        processed: Callable[[Copy], None] | None,
        dead_letter: bool,
        queue: ReadyQueue | RankedQueue | None = None,
    ) -> None:
        self._env = env
        self._ledger = ledger
        self._stored = ledger.stored.add
        self._write_removed, self._pack_removed = ledger.removed.write, ledger.removed.pack
        self._census = census
        self._erase = erase
        self._processed = processed
        self._dead_letter = dead_letter
        self.orders = count(1)  # of copies, in the order of their storing
        self.queue = queue or ReadyQueue()
        # Only lanes want to know who has left.
        self._left = self.queue.left if isinstance(self.queue, Lanes) else None

    def add(self, message: Message, packet: Packet | None, now_s: float) -> Copy:
        """Store a copy of *message*, which *packet* brought, at the end of the queue."""
        stored = self._stored
        stored(message.row, now_s)
        copy = Copy(message, packet, next(self.orders), now_s)
        self.queue.push(copy)
        return copy

    def hide(self, message: Message, packet: Packet | None, now_s: float) -> Copy:
        """Store a copy of *message*, which *packet* brought, and let nobody have it yet."""
        self._stored(message.row, now_s)
        copy = Copy(message, packet, next(self.orders), now_s)
        copy.ready = False
        return copy

    def place(self, messages: list[Message], times_s: list[float]) -> list[Copy]:
        """Put copies of *messages*, stored at *times_s*, at the end of the queue.

        The ledger knows of them already.
        """
        copies = list(map(Copy, messages, repeat(None), self.orders, times_s))
        self.queue.extend(copies)
        return copies

    def acknowledge(self, copy: Copy, delivery: Delivery, cause: Cause, now_s: float) -> None:
        """Let *copy* go, because *delivery* was acknowledged.

        *cause* is what is to blame if the delivery comes to nothing after all.
        """
        copy.cause = cause
        if delivery.phase is not EFFECTED:
            self._survive(delivery, cause, now_s)
        self.complete(copy, now_s)

    def complete(self, copy: Copy, now_s: float) -> None:
        """Let *copy* go, because it was acknowledged."""
        message = copy.message
        copy.pending = False
        if self._processed is not None:
            self._processed(copy)
        if self._left is not None:
            self._left(copy)
        write, pack = self._write_removed, self._pack_removed
        write(pack(message.row, now_s, ACKNOWLEDGED))
        if copy.place is MEMORY:
            self._census.release(message)
        else:
            self._erase(copy)

    def lose(self, copy: Copy, cause: Cause, delivery: Delivery | None) -> None:
        """Let *copy* go, because a crash has taken it from wherever it was kept."""
        self._leave(copy, cause)
        if delivery is None:
            self._ledger.dropped.add(copy.message.row, self._env.now, cause)
        else:
            self._survive(delivery, cause, self._env.now)
        self._census.release(copy.message)

    def drop(self, copy: Copy, cause: Cause) -> None:
        """Let *copy* go for good, although nobody acknowledged it."""
        self._leave(copy, cause)
        self._ledger.dropped.add(copy.message.row, self._env.now, cause)
        self._forget(copy)

    def discard(self, copy: Copy, cause: Cause) -> None:
        """Park *copy* with the dead letters, or drop it if there are none."""
        if not self._dead_letter:
            self.drop(copy, cause)
            return
        self._leave(copy, cause)
        copy.cause = None
        self._ledger.parked.add(copy.message.row, self._env.now, cause)
        self._forget(copy)

    def restore(self, copy: Copy) -> None:
        """Take back a *copy* whose removal never reached the disk."""
        copy.pending = True
        self._ledger.recovered.add(copy.message.row, self._env.now)

    def _leave(self, copy: Copy, cause: Cause) -> None:
        copy.pending = False
        copy.cause = cause
        self._ledger.removed.add(copy.message.row, self._env.now, cause)
        if self._left is not None:
            self._left(copy)

    def _survive(self, delivery: Delivery, cause: Cause, now_s: float) -> None:
        """Let *delivery* answer for its copy, which is gone."""
        message = delivery.copy.message
        if delivery.phase is FAILED:
            self._ledger.dropped.add(message.row, now_s, cause)
        elif delivery.phase is not EFFECTED:
            delivery.orphan = cause
            delivery.counted = True
            message.open += 1

    def _forget(self, copy: Copy) -> None:
        if copy.place is MEMORY:
            self._census.release(copy.message)
        else:
            self._erase(copy)
