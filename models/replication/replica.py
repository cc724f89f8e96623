"""One replica: a machine with a memory, a page cache and a disk of its own.

It takes in what its leader tells it, in order, and says how much of that is as deep as is asked
for. It may crash, by its process, its power or its disk, and comes back with what is left. Its disk
may refuse a write: a leader then refuses the message, a follower fetches it again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from models.disk import Disk
from models.message import Place
from models.outage import BrokerFault, killer, survives
from models.policies.sync import Interval
from models.replication.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    import simpy

    from models.disk import DiskOptions
    from models.draws import Draws
    from models.ledger import Cause, Ledger
    from models.message import Copy
    from models.replication.entry import Slot


class Ward(Protocol):
    """Who looks after replicas."""

    @property
    def slots(self) -> Iterable[Slot]:
        """All copies that some replica may still have, in the order of the log."""

    def fell(self, replica: Replica, vanished: list[tuple[Slot, Cause]]) -> None:
        """Hear that *replica* has crashed, and which copies it has lost, by what."""

    def rose(self, replica: Replica) -> None:
        """Hear that *replica* is back."""

    def sank(self, replica: Replica, entries: list[Entry], place: Place) -> None:
        """Hear that *entries* have reached *place* there."""

    def refused(self, replica: Replica, entry: Entry) -> None:
        """Hear that *entry* cannot be written there."""

    def settle(self, slot: Slot) -> None:
        """Hear that a removal of the copy in *slot* is final on one more replica."""


class Replica:
    """Replica *index* (0, 1, …). `received` is the index up to which it was told of all records.

    *depth* is how deep a record must be to count. Without *disk* nothing is written. `life` counts
    the times that it came back.
    """

    def __init__(
        self,
        env: simpy.Environment,
        index: int,
        disk: DiskOptions | None,
        *,
        depth: Place,
        keeps_removals: bool,
        ward: Ward,
        ledger: Ledger,
        draws: Draws,
    ) -> None:
        self._env = env
        self.index = index
        self.name = f"broker {index}"
        self._ward = ward
        self._ledger = ledger
        self._depth = depth
        self.received = -1
        self.outages = self.life = 0
        self._shallow: deque[Entry] = deque()  # what is not deep yet, in order
        self._keeps_removals = keeps_removals
        self.disk: Disk | None = None
        name = f"disk {index}" if index else "disk"
        if disk is not None:
            self.disk = Disk(
                env,
                disk,
                draws,
                written=self._written,
                synced=self._synced,
                removed=self._gone,
                refused=self._refused,
                keeps_removals=keeps_removals,
                name=name,
                started_s=-_phase_s(disk, draws, name) if index else 0.0,
            )

    @property
    def up(self) -> bool:
        """Whether it works."""
        return not self.outages

    @property
    def safe(self) -> int:
        """The index up to which it has everything, as deep as is asked for."""
        shallow = self._shallow
        while shallow and (shallow[0].deep or not self._holds(shallow[0])):
            shallow.popleft()
        return shallow[0].order - 1 if shallow else self.received

    def take(self, slot: Slot) -> None:
        """Take in the record in *slot*, the next of the log."""
        entry = self._entry(slot)
        entry.siblings = tuple(self._entry(sibling) for sibling in slot.siblings)
        self.received = max(self.received, slot.index)
        entry.deep = self._depth is Place.MEMORY
        if not entry.deep:
            self._shallow.append(entry)
        if self.disk is not None:
            self.disk.write(entry)

    def catch_up(self, slots: list[Slot], end: int) -> None:
        """Take in those of *slots* that are missing, of all records up to index *end*."""
        for slot in slots:
            if slot.index <= end and slot.entries[self.index] is None:
                self.take(slot)
                if slot.entries[self.index] is None:
                    return  # it cannot be written
        self._shallow = deque(sorted(self._shallow, key=lambda entry: entry.order))
        self.received = max(self.received, end)

    def remove(self, slot: Slot) -> None:
        """Know that the copy in *slot* has left the broker."""
        entry = slot.entries[self.index]
        if entry is None or entry.removed:
            return
        entry.removed = True
        if self.disk is None or entry.place is Place.MEMORY:
            self._gone(entry)
        else:
            self.disk.remove(entry)

    def crash(self, kind: str) -> None:
        """Fall, as *kind* says (a `BrokerFault`), until `restart` is called as often as this."""
        fault = BrokerFault(kind)
        self.outages += 1
        self._ledger.crashes.append((self._env.now, self.name, kind))
        if self.disk is not None:
            for undone in self.disk.stop(power_loss=fault is BrokerFault.POWER_LOSS):
                if isinstance(undone, Entry):
                    undone.removed = False
            if fault is BrokerFault.DISK_LOSS:
                self.disk.wipe()
        vanished = []
        for slot in list(self._ward.slots):
            entry = slot.entries[self.index]
            if entry is not None and not survives(entry.place, fault):
                slot.entries[self.index] = None
                vanished.append((slot, killer(entry.place, fault)))
                if not entry.gone:
                    self.received = min(self.received, slot.index - 1)
        if fault is BrokerFault.DISK_LOSS:
            self.received = -1
        self._ward.fell(self, vanished)

    def restart(self) -> None:
        """Recover from one crash; be back if it was the last."""
        self.outages -= 1
        if self.outages:
            return
        self.life += 1
        self._ledger.restarts.append((self._env.now, self.name))
        if self.disk is not None:
            self.disk.start()
        self._ward.rose(self)

    def _entry(self, slot: Slot) -> Entry:
        entry = slot.entries[self.index] = Entry(slot, float(self._env.now))
        return entry

    def _holds(self, entry: Entry) -> bool:
        return entry.slot.entries[self.index] is entry

    def _written(self, copy: Copy) -> None:
        self._sank([copy], Place.CACHE)

    def _synced(self, copies: list[Copy]) -> None:
        self._sank(copies, Place.DISK)

    def _sank(self, copies: list[Copy], place: Place) -> None:
        entries = [copy for copy in copies if isinstance(copy, Entry) and self._holds(copy)]
        for entry in entries:
            entry.deep = entry.deep or place >= self._depth
        if entries:
            self._ward.sank(self, entries, place)

    def _gone(self, copy: Copy) -> None:
        if isinstance(copy, Entry) and copy.removed:  # and no new leader has brought it back
            copy.gone = True
            self._ward.settle(copy.slot)

    def _refused(self, copy: Copy) -> None:
        if isinstance(copy, Entry) and self._holds(copy):
            for slot in (copy.slot, *copy.slot.siblings):
                slot.entries[self.index] = None
            copy.slot.tries += 1
            self._ward.refused(self, copy)


def _phase_s(disk: DiskOptions, draws: Draws, name: str) -> float:
    """Return how long ago (s) a machine has started: nobody starts them all at one instant."""
    if not isinstance(disk.policy, Interval):
        return 0.0
    return disk.policy.interval_s * draws.uniform(name, "phase")(0, 0)
