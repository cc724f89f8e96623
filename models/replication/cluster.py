"""The replicas of one broker, as the broker sees them: a store that outlives its machines.

One replica leads: what producers send is appended there, and what consumers acknowledge is removed
there. The others follow (`follower`). A record is there for consumers when it is committed, and
confirmed when enough replicas have it (`commits`). When the leader falls, another one takes its
place (`succession`).

A copy is lost when no replica has it any more, by what took the last of them. It is decided when
none can bring it back (`shelf`).

The network between replicas does not part. Which records a consumer has acknowledged is replicated
as the records are, one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.calls import NORMAL, Call
from models.message import Place
from models.replication.commits import Commits
from models.replication.follower import Follower
from models.replication.in_sync import InSync
from models.replication.options import ConfirmBy
from models.replication.replica import Replica
from models.replication.shelf import Shelf
from models.replication.succession import Succession

if TYPE_CHECKING:
    from collections.abc import Iterable

    import simpy

    from models.broker.confirms import Confirms
    from models.census import Census
    from models.disk import Disk, DiskOptions
    from models.draws import Draws
    from models.ledger import Cause, Ledger
    from models.message import Copy
    from models.replication.entry import Entry, Slot
    from models.replication.front import Front
    from models.replication.options import ReplicationOptions

_REFETCH_S = 1.0
"""How long a follower waits that could not write (Kafka: replica.fetch.backoff.ms 1000)."""


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
        self._committed: list[Copy] = []  # to be revealed together
        self.slots = Shelf(options.replicas, census, front.lose)
        self.slots.followers = self._followers
        self._succession = Succession(
            env,
            options,
            self.replicas,
            in_sync=self._in_sync,
            shelf=self.slots,
            chosen=self._follow,
            draws=draws,
        )
        self.settle = self.slots.settle
        for follower in self._led():
            follower.fed = follower.level = True

    @property
    def disks(self) -> list[Disk]:
        """The disks of the replicas."""
        return [replica.disk for replica in self.replicas if replica.disk is not None]

    @property
    def _leader(self) -> Replica | None:
        return self._succession.leader

    def _led(self) -> Iterable[Follower]:
        return self._succession.led(self._followers)

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
        slot = self.slots.put(copy)
        self._commits.add(slot)
        # Before the leader has it: it may be committed, consumed and removed within `take`.
        for follower in self._led():
            if follower.fed:
                follower.append(slot, self._told)
                self._in_sync.watch(follower)
        leader.take(slot)
        self._advance()

    def erase(self, copy: Copy) -> None:
        """Know that *copy* has left the broker."""
        slot = self.slots.get(copy)
        if slot is None:
            return
        slot.removed = True
        leader = self._leader
        if not self._mortal or leader is None:
            self.slots.release(slot)
            return
        leader.remove(slot)
        for follower in self._led():
            if follower.fed:
                follower.remove(slot, self.settle)
        self.settle(slot)

    # ---------------------------------------------------------- for the replicas

    def fell(self, replica: Replica, vanished: list[tuple[Slot, Cause]]) -> None:
        """Hear that *replica* has crashed, and which copies it has lost, by what."""
        follower = self._followers[replica.index]
        follower.cut()
        if replica is self._leader:
            self._behead()
        else:
            self._succession.await_death(replica)
            if self._leader is not None:
                self._in_sync.watch(follower)
        for slot, cause in vanished:
            if self._leader is None and not any(slot.held()):
                self.slots.drop(slot, cause)
        self.slots.settle_all()

    def rose(self, replica: Replica) -> None:
        """Hear that *replica* is back."""
        # The last one in sync stays that, whatever it has lost.
        self._in_sync.leave(replica.index)
        if self._leader is not None:
            self._feed(self._followers[replica.index])
        else:
            self._succession.choose()

    def sank(self, replica: Replica, entries: list[Entry], place: Place) -> None:
        """Hear that *entries* have reached *place* on the disk of *replica*."""
        for entry in entries:
            slot = entry.slot
            if place > slot.depth:
                for each in (slot, *slot.siblings):
                    each.depth = place
                if place is Place.CACHE:
                    self._confirms.written(slot.copy)
                else:
                    self._confirms.synced([slot.copy])
        if replica is self._leader:
            self._advance()
        else:
            self._followers[replica.index].report(self._heard)

    def refused(self, replica: Replica, entry: Entry) -> None:
        """Hear that *entry* cannot be written by *replica*."""
        slot = entry.slot
        if replica is not self._leader:
            follower = self._followers[replica.index]
            replica.received = min(replica.received, slot.index - 1)
            follower.caught_up_s = min(follower.caught_up_s, slot.copy.stored_s)
            self._stall(follower)
            return
        self.slots.void(slot)
        self._front.refused(slot.copy)
        self.slots.forget(slot)
        self._advance()

    # -------------------------------------------------------------------- inside

    def _reveal(self, slot: Slot) -> None:
        copies = (slot.copy, *(sibling.copy for sibling in slot.siblings))
        if self._options.delivers_replicated:
            self._committed += [copy for copy in copies if copy.pending]

    def _reached(self, copy: Copy) -> bool:
        slot, leader = self.slots.get(copy), self._leader
        if slot is None or leader is None:
            return slot is None and self._commits.answers
        return self._commits.reached(slot, leader.safe)

    def _told(self, follower: Follower) -> None:
        """Hear that something has reached *follower*."""
        follower.report(self._heard)

    def _heard(self, follower: Follower) -> None:
        """Hear from *follower* how far it has come."""
        if follower.acked >= self._commits.end:
            self._in_sync.join(follower.replica.index)
        self._advance()

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
        """Have no leader any more, until the next one is chosen."""
        self._succession.begin()
        for follower in self._followers:
            follower.cut()
        for slot in self.slots:
            slot.copy.packet = None  # whom to confirm to is forgotten
        self._front.halt()

    def _follow(self, end: int, restored: list[Slot]) -> None:
        """Serve again, behind a new leader, whose log ended at index *end*."""
        for index in self._in_sync.members:
            self._followers[index].caught_up_s = float(self._env.now)
        self._commits.restart((slot for slot in self.slots if slot.primary), end)
        for follower in self._led():
            if follower.replica.up:
                self._feed(follower)
        kept = [slot.copy for slot in self.slots if self._visible(slot)]
        self._front.serve(kept, [slot.copy for slot in restored])
        self.slots.settle_all()
        self._advance()

    def _visible(self, slot: Slot) -> bool:
        """Return whether consumers may get the copy in *slot*."""
        hidden = self._options.delivers_replicated and slot.index > self._commits.end
        return not (slot.removed or hidden)

    def _feed(self, follower: Follower) -> None:
        """Tell *follower* of all that it lacks, and from now on of all that comes."""
        follower.fetch(self.slots.end, self._levelled)
        self._in_sync.watch(follower)

    def _levelled(self, follower: Follower, end: int) -> None:
        replica = follower.replica
        replica.catch_up([slot for slot in self.slots if not slot.removed], end)
        if not follower.fed:
            return  # its disk has refused something
        for slot in self.slots:
            if slot.removed:
                replica.remove(slot)
        self.slots.settle_all()
        self._told(follower)

    def _stall(self, follower: Follower) -> None:
        """Let *follower* fetch again after a while, since it could not write."""
        if not follower.fed:
            return
        follower.cut()
        self.slots.settle_all()
        self._in_sync.watch(follower)
        outage = follower.replica.outages, self._succession.falls

        def again(_call: Call) -> None:
            unchanged = outage == (follower.replica.outages, self._succession.falls)
            if unchanged and follower.replica.up and not follower.fed and self._leader is not None:
                self._feed(follower)

        self._env.schedule(Call(again), NORMAL, _REFETCH_S)
