"""The copies that some replica may still have: from when one is stored until none can be back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.message import Place
from models.replication.entry import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from models.census import Census
    from models.ledger import Cause
    from models.message import Copy
    from models.replication.follower import Follower


class Shelf:
    """A slot for each copy, in the order of the log, which ends at index `end`.

    *lose* hears of a copy that is gone while nobody serves. `led`: somebody leads.
    """

    def __init__(self, replicas: int, census: Census, lose: Callable[[Copy, Cause], None]) -> None:
        self._replicas = replicas
        self._census = census
        self._lose = lose
        self._slots: dict[Copy, Slot] = {}
        self.followers: list[Follower] = []
        self.end = -1
        self.led = True

    def __iter__(self) -> Iterator[Slot]:
        return iter(list(self._slots.values()))

    def get(self, copy: Copy) -> Slot | None:
        """Return the slot of *copy*, if any replica may still have it."""
        return self._slots.get(copy)

    def put(self, copy: Copy) -> Slot:
        """Return a slot for *copy* and its siblings, which are one record: the next of the log."""
        self.end += 1
        slot = self._put(copy)
        slot.siblings = tuple(self._put(sibling) for sibling in copy.siblings)
        slot.primary = True
        return slot

    def void(self, slot: Slot) -> None:
        """Have nothing of the record in *slot*, which cannot be written."""
        for each in (slot, *slot.siblings):
            each.void = True
            each.entries = [None] * self._replicas
            if each.removed:
                self.release(each)

    def forget(self, slot: Slot) -> None:
        """Know no more of the record in *slot*."""
        for each in (slot, *slot.siblings):
            self._slots.pop(each.copy, None)

    def settle(self, slot: Slot) -> None:
        """Release what has left the broker, if no replica can bring it back.

        While nobody leads, what some replica has is kept: the next leader may never have heard of
        its removal.
        """
        if not (slot.removed and slot.gone) or (not self.led and any(slot.held())):
            return
        if not any(follower.expects(slot.index) for follower in self.followers):
            self.release(slot)

    def settle_all(self) -> None:
        """Settle whatever can be settled now."""
        for slot in self:
            self.settle(slot)

    def release(self, slot: Slot) -> None:
        """Let go of the copy in *slot*, which has left the broker for good."""
        if self._slots.pop(slot.copy, None) is not None:
            self._census.release(slot.copy.message)

    def drop(self, slot: Slot, cause: Cause) -> None:
        """Have lost the copy in *slot*, by *cause*."""
        slot.entries = [None] * self._replicas
        if slot.removed:
            slot.copy.cause = cause  # nobody remembers that it was there
            self.settle(slot)
            return
        slot.void = True
        del self._slots[slot.copy]
        self._lose(slot.copy, cause)

    def _put(self, copy: Copy) -> Slot:
        copy.place = Place.CACHE  # it is not the broker's to release any more
        copy.number = copy.message.copies = copy.message.copies + 1
        slot = self._slots[copy] = Slot(copy, self.end, self._replicas)
        return slot
