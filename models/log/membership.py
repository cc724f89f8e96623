"""Who belongs to a group, and the rebalance when somebody comes or goes.

A rebalance stops the world: for `rebalance` seconds no member of the group begins a record or is
given any. What they are working on they may finish and commit meanwhile. Then the partitions are
assigned anew. A partition that changes hands is read on from its committed position, so that what
was not committed is seen again; its old owner forgets what it has not begun, and if it still works
on a record of it, the effect happens, and its commit is refused. A partition that stays with its
member is read on from where it was, as in Kafka's cooperative protocol (KIP-429).

Whoever commits in batches commits what it has processed when the rebalance begins (Kafka does so
with automatic commits: clients/…/consumer/internals/ConsumerCoordinator.java, `onJoinPrepare`).
Kafka then waits up to `max.poll.interval.ms` for its members to finish and to have committed; here
`rebalance` is all the time they have. Members that come or go during a rebalance belong to it, and
do not prolong it.

A member that is dead and not yet seen to be (`detect`, Kafka's `session.timeout.ms`) is a member
like any other: the partitions it has or gets are read by nobody meanwhile.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from models.calls import NORMAL, Call
from models.log.assignment import by_ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import simpy

    from models.draws import Draw
    from models.log.member import Member
    from models.log.partition import Partition


class Membership:
    """The members of a group over *partitions*.

    *rebalance_s* draws how long a rebalance lasts. *move* gives a partition to another owner,
    *settled* hears when all have theirs.
    """

    def __init__(
        self,
        env: simpy.Environment,
        partitions: Sequence[Partition],
        *,
        rebalance_s: Draw[float],
        move: Callable[[Partition, Member | None], None],
        settled: Callable[[], None],
    ) -> None:
        self._env = env
        self._partitions = partitions
        self._rebalance_s = rebalance_s
        self._move = move
        self._settled = settled
        self.members: list[Member] = []
        self.rebalancing = False
        self._number = 0  # of rebalances so far

    def join(self, *members: Member) -> None:
        """Let *members* join, all at once."""
        self.members.extend(members)
        self._rebalance()

    def leave(self, member: Member) -> None:
        """Let *member* go; its partitions are for the others."""
        member.open = False
        self.members.remove(member)
        self._rebalance()

    def dissolve(self) -> None:
        """Let all of them go, since the broker does."""
        for member in self.members:
            member.open = False
        self.members.clear()
        self.rebalancing = False

    def _rebalance(self) -> None:
        if self.rebalancing and self.members:
            return
        self._number += 1
        lasts_s = self._rebalance_s(self._number, 0) if self.members else 0.0
        for member in self.members:
            member.consumer.give_up()
        if lasts_s > 0.0:
            self.rebalancing = True
            end = Call(partial(self._end, self._number))
            self._env.schedule(end, NORMAL, lasts_s)
        else:
            self._assign()

    def _end(self, number: int, _call: Call) -> None:
        if self.rebalancing and number == self._number:
            self._assign()

    def _assign(self) -> None:
        self.rebalancing = False
        owners = by_ranges(len(self._partitions), self.members)
        for member in self.members:
            member.partitions.clear()
        for partition, owner in zip(self._partitions, owners, strict=True):
            if partition.owner is not owner:
                self._move(partition, owner)
            if owner is not None:
                owner.partitions.append(partition)
        self._settled()
