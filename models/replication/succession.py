"""How the leader changes: the fall of one, the choice of the next, and whose log is everybody's.

Nobody serves from the fall on, until the next leader is chosen (`election`), `failover` later,
however soon the old one is back: its group takes a restart for a death (Kafka: a broker that was
killed cannot register again before its session has ended, KAFKA-19130; Raft: followers that hear
nothing stand for election). What the next leader does not have is then lost for good (`failover`):
it is cut from the logs of all others at that instant, also of those that are down, which in reality
do so when they return. What had left the broker, and the next leader does not know of, comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.calls import NORMAL, Call
from models.ledger import Cause
from models.replication.election import next_leader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import simpy

    from models.draws import Draws
    from models.replication.entry import Slot
    from models.replication.follower import Follower
    from models.replication.in_sync import InSync
    from models.replication.options import ReplicationOptions
    from models.replication.replica import Replica
    from models.replication.shelf import Shelf


class Succession:
    """Who of *replicas* leads: `leader`, None while nobody does. Replica 0 leads first.

    *chosen* hears that somebody new leads: the index where its log ended, and the slots of copies
    that come back.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: ReplicationOptions,
        replicas: Sequence[Replica],
        *,
        in_sync: InSync,
        shelf: Shelf,
        chosen: Callable[[int, list[Slot]], None],
        draws: Draws,
    ) -> None:
        self._env = env
        self._options = options
        self._replicas = replicas
        self._in_sync = in_sync
        self._shelf = shelf
        self._chosen = chosen
        self._failover_s = draws.law("broker", "failover", options.failover)
        self._death_s = draws.law("broker", "death", options.failover)
        self._deaths = 0
        self._vacant = False  # the time to choose a leader has come, and nobody may lead
        self.leader: Replica | None = replicas[0]
        self.falls = 0

    def led(self, followers: Iterable[Follower]) -> Iterable[Follower]:
        """Return those of *followers* that are not the leader."""
        return (follower for follower in followers if follower.replica is not self.leader)

    def begin(self) -> None:
        """Have no leader any more, until the next one is chosen."""
        leader = self.leader
        if leader is None:
            raise AssertionError("who does not lead cannot fall as the leader")
        self.leader, self._shelf.led = None, False
        self._in_sync.rest()
        self.falls += 1
        life = leader.life

        def due(_call: Call) -> None:
            self._vacant = True
            self._see(leader, life)
            self.choose()

        self._env.schedule(Call(due), NORMAL, self._failover_s(self.falls, 0))

    def choose(self) -> None:
        """Let somebody lead, if it is time, and anybody may."""
        if not self._vacant:
            return
        leader = next_leader(self._options, self._replicas, self._in_sync.members)
        if leader is None:
            return
        self._vacant = False
        self.leader, self._shelf.led = leader, True
        restored = [slot for slot in self._shelf if self._comes_back(slot, leader)]
        end = leader.received
        for replica in self._replicas:
            replica.received = min(replica.received, end)
        leader.received = self._shelf.end  # what it never had is void
        self._in_sync.lead(leader.index, (one.index for one in self._replicas if one.up))
        self._chosen(end, restored)

    def await_death(self, replica: Replica) -> None:
        """See after a while that *replica* is dead, unless it is back by then."""
        self._deaths += 1
        life = replica.life

        def seen(_call: Call) -> None:
            self._see(replica, life)

        self._env.schedule(Call(seen), NORMAL, self._death_s(self._deaths, 0))

    def _see(self, replica: Replica, life: int) -> None:
        """See that *replica* is dead, if it has not come back since it was in *life*."""
        if replica.life == life:
            self._in_sync.leave(replica.index)

    def _comes_back(self, slot: Slot, leader: Replica) -> bool:
        """Make the log of *leader* everybody's; return whether the copy in *slot* comes back."""
        own = slot.entries[leader.index]
        if own is None:
            self._shelf.drop(slot, Cause.FAILOVER)
            return False
        if not slot.removed or own.removed:
            return False
        slot.removed = False
        for entry in slot.held():
            entry.removed = entry.gone = False  # until it is told again
        return True
