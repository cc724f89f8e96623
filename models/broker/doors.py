"""How a broker closes and opens again: what a fall leaves of its queues, and of what it remembers.

A broker on one machine keeps what is still there when it falls; nobody works on it any more. A
broker of several replicas closes, and is told what there is when another one leads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.ledger import CRASH_CAUSES, Cause
from models.outage import killer, survives

if TYPE_CHECKING:
    import simpy

    from models.broker.confirms import Confirms
    from models.broker.consumer_group import ConsumerGroup, Held
    from models.broker.dedup import Dedup
    from models.broker.intake import Intake
    from models.message import Copy
    from models.outage import BrokerFault

_GONE = frozenset({*CRASH_CAUSES, Cause.FAILOVER, Cause.WRITE_ERROR})
"""Why a copy left that the broker does not know of any more after a crash."""


class Doors:
    """The `intake` and the `groups` of a broker, and what it remembers in *dedup*.

    Both are set by the broker: they come after the machines, which have to know these doors.
    """

    intake: Intake
    groups: list[ConsumerGroup]

    def __init__(self, env: simpy.Environment, confirms: Confirms, dedup: Dedup | None) -> None:
        self._env = env
        self._confirms = confirms
        self._dedup = dedup

    # ------------------------------------------------------- on one machine

    def fall(self, fault: BrokerFault, undone: list[Copy]) -> None:
        """Serve no longer, and keep what survives *fault*, with the copies that come back."""
        self.intake.close()
        kept = [self._halt(group, fault) for group in self.groups]
        for copy in undone:
            index = copy.message.group
            self.groups[index].restore(copy)
            kept[index].append((copy, None))
        if self._dedup is not None:
            self._dedup.crash(lambda copy: survives(copy.place, fault))
        for group, held in zip(self.groups, kept, strict=True):
            group.keep(held)

    def rise(self) -> None:
        """Serve again, with what was kept."""
        self.intake.open = True
        for group in self.groups:
            group.resume()

    # ------------------------------------------------------ on several replicas

    def halt(self) -> None:
        """Serve no longer; all copies are in the hands of the replicas."""
        self.intake.close()
        for group in self.groups:
            group.forsake(group.halt())

    def lose(self, copy: Copy, cause: Cause) -> None:
        """Let *copy* be gone, while nobody serves."""
        self.groups[copy.message.group].lose((copy, None), cause)

    def serve(self, copies: list[Copy], restored: list[Copy]) -> None:
        """Serve again, with these *copies*, of which some were *restored*."""
        for copy in restored:
            self.groups[copy.message.group].restore(copy)
        if self._dedup is not None:
            self._dedup.crash(lambda copy: copy.pending or copy.cause not in _GONE)
        for group in self.groups:
            group.keep([(copy, None) for copy in copies if copy.message.group == group.index])
        self.rise()

    def reveal(self, copies: list[Copy]) -> None:
        """Let consumers have *copies*."""
        for copy in copies:
            self.groups[copy.message.group].reveal(copy)
        for group in self.groups:
            group.offer(self._env.now)

    # -------------------------------------------------------------------- inside

    def _halt(self, group: ConsumerGroup, fault: BrokerFault) -> list[Held]:
        """Stop *group*; return what survives there."""
        survivors = []
        for held in group.halt():
            copy = held[0]
            if survives(copy.place, fault):
                survivors.append(held)
            else:
                group.lose(held, killer(copy.place, fault))
        return survivors

    def refused(self, copy: Copy) -> None:
        """Let go of *copy*, which the disk cannot write; its producer may try again."""
        for each in (copy, *copy.siblings):
            if each.pending:
                self.groups[each.message.group].withdraw(each, Cause.WRITE_ERROR)
        self._confirms.refuse(copy)
        if self._dedup is not None:
            self._dedup.forget(copy)
        self.intake.room()
        for group in self.groups:
            group.offer(self._env.now)
