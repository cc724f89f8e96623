"""What is safe enough: which records consumers may get, and which are confirmed.

A record is committed when a majority has it, or all that are in sync, as deep as is asked for. With
`confirm_by` leader it is confirmed sooner, when the leader has it. If fewer than `min_in_sync` are
left by then, its producer is told that it failed, although it is written (Kafka's
NotEnoughReplicasAfterAppendException): it may try again, and so make a duplicate.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from models.message import Answer
from models.replication.options import ConfirmBy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from models.broker.confirms import Confirms
    from models.replication.entry import Slot
    from models.replication.options import ReplicationOptions


class Commits:
    """The records that are on their way to be committed, and those to be confirmed.

    *reveal* gets each that is committed. `end` is the index of the last of these. `answers`: it is
    here that confirms are given, and not when consumers have acknowledged.
    """

    def __init__(
        self,
        options: ReplicationOptions,
        confirms: Confirms,
        *,
        reveal: Callable[[Slot], None],
        answers: bool,
    ) -> None:
        self._by_leader = options.confirm_by is ConfirmBy.LEADER
        self._in_sync = options.confirm_by is ConfirmBy.IN_SYNC
        self._least = options.min_in_sync
        self._confirms = confirms
        self._reveal = reveal
        self.answers = answers
        self._waiting: deque[Slot] = deque()
        self._unconfirmed: deque[Slot] = deque()
        self.end = -1

    def add(self, slot: Slot) -> None:
        """Wait for the record in *slot*."""
        self._waiting.append(slot)
        if self._by_leader and self.answers:
            self._unconfirmed.append(slot)

    def restart(self, slots: Iterable[Slot], end: int) -> None:
        """Begin again under a new leader, with the records in *slots*; its log ends at *end*."""
        self.end = min(self.end, end)
        slots = list(slots)
        self._waiting = deque(slot for slot in slots if slot.index > self.end)
        self._unconfirmed = deque(slots if self._by_leader and self.answers else ())

    def led(self, safe: int) -> None:
        """Hear that the leader has everything up to index *safe*."""
        unconfirmed = self._unconfirmed
        while unconfirmed and unconfirmed[0].index <= safe:
            self._tell(unconfirmed.popleft(), Answer.ACCEPTED)

    def reach(self, end: int, in_sync: int) -> None:
        """Commit everything up to index *end*, while *in_sync* replicas are.

        The end of all that was committed never goes back under one leader.
        """
        waiting = self._waiting
        self.end = max(self.end, end)
        enough = not self._in_sync or in_sync >= self._least
        verdict = Answer.ACCEPTED if enough else Answer.TRY_AGAIN
        while waiting and waiting[0].index <= end:
            slot = waiting.popleft()
            if slot.void:
                continue
            self._reveal(slot)
            if self.answers and not self._by_leader:
                self._tell(slot, verdict)

    def reached(self, slot: Slot, leader_safe: int) -> bool:
        """Return whether the record in *slot* is as safe as a confirm promises."""
        if not self.answers:
            return False
        if slot.void:
            return slot.told
        return slot.index <= (leader_safe if self._by_leader else self.end)

    def _tell(self, slot: Slot, verdict: Answer) -> None:
        packet = slot.copy.packet
        if slot.void or slot.told or packet is None:
            return
        slot.told = verdict is Answer.ACCEPTED
        self._confirms.answer(packet, verdict)
