"""The replicas of one broker, as the broker sees them: a store that outlives its machines.

One replica leads: what producers send is appended there, and what consumers acknowledge is removed
there. The others follow (`follower`). A record is there for consumers when it is committed, and
confirmed when enough replicas have it (`commits`).

If the leader falls, nobody serves until the next one is chosen (`election`), `failover` later,
however soon the old one is back: its group takes a restart for a death (Kafka: a broker that was
killed cannot register again before its session has ended, KAFKA-19130; Raft: followers that hear
nothing stand for election). What the next leader does not have is then lost for good (`failover`):
it is cut from the logs of all others at that instant, also of those that are down, which in reality
do so when they return. What had left the broker, and the next leader does not know of, comes back.

A copy is lost when no replica has it any more, by what took the last of them. It is decided when
none can bring it back.

The network between replicas does not part. Which records a consumer has acknowledged is replicated
as the records are, one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from models.calls import NORMAL, Call
from models.ledger import Cause
from models.message import Place
from models.replication.commits import Commits
from models.replication.election import next_leader
from models.replication.entry import Slot
from models.replication.follower import Follower
from models.replication.in_sync import InSync
from models.replication.options import ConfirmBy
from models.replication.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Iterable

    import simpy

    from models.broker.confirms import Confirms
    from models.census import Census
    from models.disk import Disk, DiskOptions
    from models.draws import Draws
    from models.ledger import Ledger
    from models.message import Copy
    from models.replication.entry import Entry
    from models.replication.options import ReplicationOptions

_REFETCH_S = 1.0
"""How long a follower waits that could not write (Kafka: replica.fetch.backoff.ms 1000)."""


class Front(Protocol):
    """The part of a broker that serves producers and consumers, wherever the leader is."""

    def halt(self) -> None:
        """Serve no longer."""

    def serve(self, copies: list[Copy], restored: list[Copy]) -> None:
        """Serve again, with these *copies*, and those that were *restored*."""

    def lose(self, copy: Copy, cause: Cause) -> None:
        """Let *copy* be gone, while nobody serves."""

    def refused(self, copy: Copy) -> None:
        """Let go of *copy*, which the leader cannot write."""

    def reveal(self, copies: list[Copy]) -> None:
        """Let consumers have *copies*."""


class Cluster:
    """Several replicas behind one *front*. Replica 0 leads first.

    *disk* is that of each replica, None if nothing is written. *depth* is how deep a record must be
    to count. *mortal*: replicas may fall, and by their power if *keeps_removals*. *answers*: it is
    the replicas, and not the consumers, that a confirm waits for.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: ReplicationOptions,
        *,
        disk: DiskOptions | None,
        depth: Place,
        answers: bool,
        mortal: bool,
        keeps_removals: bool,
        front: Front,
        confirms: Confirms,
        ledger: Ledger,
        census: Census,
        draws: Draws,
    ) -> None:
        self._env = env
        self._options = options
        self._mortal = mortal
        self._front = front
        self._confirms = confirms
        self._census = census
        self._failover_s = draws.law("broker", "failover", options.failover)
        self._death_s = draws.law("broker", "death", options.failover)
        self.replicas = [
            Replica(
                env,
                index,
                disk,
                depth=depth,
                keeps_removals=keeps_removals,
                ward=self,
                ledger=ledger,
                draws=draws,
            )
            for index in range(options.replicas)
        ]
        self._followers = [
            Follower(env, replica, options.delay, options.ack_delay, draws)
            for replica in self.replicas
        ]
        self._in_sync = InSync(env, options.replicas, options.lag_timeout_s, left=self._advance)
        self._commits = Commits(options, confirms, reveal=self._reveal, answers=answers)
        confirms.reaches = self._reached
        self._slots: dict[Copy, Slot] = {}
        self._committed: list[Copy] = []  # to be revealed together
        self._end = -1  # the index of the last record
        self._leader: Replica | None = self.replicas[0]
        self._elections = self._deaths = 0
        self._vacant = False  # the time to choose a leader has come, and nobody may lead
        for follower in self._led_by(self.replicas[0]):
            follower.fed = follower.level = True

    @property
    def disks(self) -> list[Disk]:
        """The disks of the replicas."""
        return [replica.disk for replica in self.replicas if replica.disk is not None]

    @property
    def slots(self) -> Iterable[Slot]:
        """All copies that some replica may still have, in the order of the log."""
        return self._slots.values()

    @property
    def too_few(self) -> bool:
        """Whether too few replicas are in sync to take anything in."""
        return len(self._in_sync.members) < self._options.min_in_sync

    # ------------------------------------------------------------ for the broker

    def append(self, copy: Copy) -> None:
        """Take in *copy*, and its siblings, as the next record."""
        leader = self._leader
        if leader is None:
            raise AssertionError("nobody leads, but the broker takes a message in")
        self._end += 1
        slot = self._slot(copy)
        slot.siblings = tuple(self._slot(sibling) for sibling in copy.siblings)
        slot.primary = True
        self._commits.add(slot)
        leader.take(slot)
        if slot.void:  # the disk has refused it
            return
        for follower in self._led_by(leader):
            if follower.fed:
                follower.append(slot, self._told)
                self._in_sync.watch(follower)
        self._advance()

    def erase(self, copy: Copy) -> None:
        """Know that *copy* has left the broker."""
        slot = self._slots.get(copy)
        if slot is None:
            return
        slot.removed = True
        leader = self._leader
        if not self._mortal or leader is None:
            self._release(slot)
            return
        leader.remove(slot)
        for follower in self._led_by(leader):
            if follower.fed:
                follower.remove(slot, self.settle)
        self.settle(slot)

    # ---------------------------------------------------------- for the replicas

    def fell(self, replica: Replica, vanished: list[tuple[Slot, Cause]]) -> None:
        """Hear that *replica* has crashed, and which copies it has lost, by what."""
        self._followers[replica.index].cut()
        if replica is self._leader:
            self._behead()
        elif self._leader is not None:
            self._await_death(replica)
        for slot, cause in vanished:
            if not slot.removed and self._leader is None and not any(slot.held()):
                self._lose(slot, cause)
        self._settle_all()

    def rose(self, replica: Replica) -> None:
        """Hear that *replica* is back."""
        leader = self._leader
        # The last one in sync stays that, whatever it has lost.
        self._in_sync.leave(replica.index)
        if leader is not None:
            self._feed(self._followers[replica.index])
        elif self._vacant:
            self._elect()

    def sank(self, replica: Replica, entries: list[Entry], place: Place) -> None:
        """Hear that *entries* have reached *place* on the disk of *replica*."""
        for entry in entries:
            slot = entry.slot
            if place > slot.depth:
                slot.depth = place
                if place is Place.CACHE:
                    self._confirms.written(slot.copy)
                else:
                    self._confirms.synced([slot.copy])
        if replica is self._leader:
            self._advance()
        else:
            self._followers[replica.index].report(self._advance)

    def refused(self, replica: Replica, entry: Entry) -> None:
        """Hear that *entry* cannot be written by *replica*."""
        slot = entry.slot
        if replica is not self._leader:
            self._stall(self._followers[replica.index])
            return
        for each in (slot, *slot.siblings):
            each.void = True
            each.entries = [None] * self._options.replicas
            if each.removed:
                self._release(each)
        self._front.refused(slot.copy)
        for each in (slot, *slot.siblings):
            self._slots.pop(each.copy, None)
        self._advance()

    def settle(self, slot: Slot) -> None:
        """Release what has left the broker, if no replica can bring it back."""
        awaited = any(self._expects(follower, slot) for follower in self._followers)
        if slot.removed and slot.gone and not awaited:
            self._release(slot)

    # -------------------------------------------------------------------- inside

    def _led_by(self, leader: Replica) -> Iterable[Follower]:
        return (follower for follower in self._followers if follower.replica is not leader)

    def _slot(self, copy: Copy) -> Slot:
        copy.place = Place.CACHE  # it is not the broker's to release any more
        copy.number = copy.message.copies = copy.message.copies + 1
        slot = self._slots[copy] = Slot(copy, self._end, self._options.replicas)
        return slot

    def _release(self, slot: Slot) -> None:
        if self._slots.pop(slot.copy, None) is not None:
            self._census.release(slot.copy.message)

    def _lose(self, slot: Slot, cause: Cause) -> None:
        slot.void = True
        del self._slots[slot.copy]
        self._front.lose(slot.copy, cause)

    def _expects(self, follower: Follower, slot: Slot) -> bool:
        """Return whether *follower* is still to get what is in *slot*."""
        return follower.fed and follower.replica.received < slot.index <= follower.sent

    def _settle_all(self) -> None:
        for slot in list(self._slots.values()):
            self.settle(slot)

    def _reveal(self, slot: Slot) -> None:
        copies = (slot.copy, *(sibling.copy for sibling in slot.siblings))
        if self._options.delivers_replicated:
            self._committed += [copy for copy in copies if copy.pending]

    def _reached(self, copy: Copy) -> bool:
        slot, leader = self._slots.get(copy), self._leader
        if slot is None or leader is None:
            return slot is None
        return self._commits.reached(slot, leader.safe)

    def _told(self, follower: Follower) -> None:
        """Hear that something has reached *follower*."""
        index = follower.replica.index
        if follower.level and follower.replica.received >= self._commits.end:
            self._in_sync.join(index)
        follower.report(self._advance)

    def _advance(self) -> None:
        """Commit and confirm whatever has become safe."""
        leader = self._leader
        if leader is None:
            return
        self._commits.led(leader.safe)
        safe = [follower.acked for follower in self._followers]
        safe[leader.index] = leader.safe
        members = self._in_sync.members
        if self._options.confirm_by is ConfirmBy.MAJORITY:
            end = sorted(safe, reverse=True)[self._options.majority - 1]
        else:
            end = min(safe[index] for index in members)
        self._commits.reach(end, len(members))
        if self._committed:
            copies, self._committed = self._committed, []
            self._front.reveal(copies)

    def _behead(self) -> None:
        """Have no leader, until the next one is chosen."""
        self._leader = None
        for follower in self._followers:
            follower.cut()
        for slot in self._slots.values():
            slot.copy.packet = None  # whom to confirm to is forgotten
        self._front.halt()
        self._elections += 1

        def due(_call: Call) -> None:
            self._vacant = True
            self._elect()

        self._env.schedule(Call(due), NORMAL, self._failover_s(self._elections, 0))

    def _elect(self) -> None:
        """Let somebody lead, if anybody may."""
        leader = next_leader(self._options, self.replicas, self._in_sync.members)
        if leader is None:
            return
        self._vacant = False
        self._leader = leader
        restored = [slot.copy for slot in list(self._slots.values()) if self._follow(slot, leader)]
        end = leader.received
        for replica in self.replicas:
            replica.received = min(replica.received, end)
        leader.received = self._end  # what it never had is void
        self._in_sync.lead(leader.index, (one.index for one in self.replicas if one.up))
        self._commits.restart((slot for slot in self._slots.values() if slot.primary), end)
        for follower in self._led_by(leader):
            if follower.replica.up:
                self._feed(follower)
        kept = [slot.copy for slot in self._slots.values() if self._visible(slot)]
        self._front.serve(kept, restored)
        self._advance()

    def _visible(self, slot: Slot) -> bool:
        """Return whether consumers may get the copy in *slot*."""
        hidden = self._options.delivers_replicated and slot.index > self._commits.end
        return not (slot.removed or hidden)

    def _follow(self, slot: Slot, leader: Replica) -> bool:
        """Make the log of *leader* everybody's; return whether the copy in *slot* comes back."""
        own = slot.entries[leader.index]
        if own is None:
            slot.entries = [None] * self._options.replicas
            if slot.removed:
                self._release(slot)
            else:
                self._lose(slot, Cause.FAILOVER)
            return False
        if not slot.removed or own.removed:
            return False
        slot.removed = False
        for index, entry in enumerate(slot.entries):
            if entry is not None and entry.removed:
                slot.entries[index] = None  # it has to be told again
        return True

    def _feed(self, follower: Follower) -> None:
        """Tell *follower* of all that it lacks, and from now on of all that comes."""
        follower.fetch(self._end, self._levelled)
        self._in_sync.watch(follower)

    def _levelled(self, follower: Follower) -> None:
        replica = follower.replica
        replica.catch_up([slot for slot in self._slots.values() if not slot.removed], follower.sent)
        if not follower.fed:
            return  # its disk has refused something
        for slot in list(self._slots.values()):
            if slot.removed:
                replica.remove(slot)
        self._settle_all()
        self._told(follower)

    def _stall(self, follower: Follower) -> None:
        """Let *follower* fetch again after a while, since it could not write."""
        if not follower.fed:
            return
        follower.cut()
        self._settle_all()
        self._in_sync.watch(follower)
        outage = follower.replica.outages, self._elections

        def again(_call: Call) -> None:
            unchanged = outage == (follower.replica.outages, self._elections)
            if unchanged and follower.replica.up and not follower.fed and self._leader is not None:
                self._feed(follower)

        self._env.schedule(Call(again), NORMAL, _REFETCH_S)

    def _await_death(self, replica: Replica) -> None:
        """See after a while that *replica* is dead, unless it is back by then."""
        self._deaths += 1

        def seen(_call: Call) -> None:
            if not replica.up:
                self._in_sync.leave(replica.index)

        self._env.schedule(Call(seen), NORMAL, self._death_s(self._deaths, 0))
