"""Which replicas keep up with the leader, itself included: Kafka's in-sync replicas.

A follower leaves when it has not caught up for `lag_timeout_s`, when it is seen to be dead, and
when it comes back from a crash, until the leader hears that it has everything committed, as deep as
is asked for. The last one never leaves: who leads next must have everything that was promised.

It is the leader who sees that somebody is behind. Without one, nobody leaves for that, and the next
one takes all that are in sync for level as it begins (Kafka: `Replica.resetReplicaState`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.calls import LATE, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import simpy

    from models.replication.follower import Follower


class InSync:
    """The `members`, by their indices; *left* hears when there is one fewer."""

    def __init__(
        self,
        env: simpy.Environment,
        replicas: int,
        lag_timeout_s: float,
        *,
        left: Callable[[], None],
    ) -> None:
        self._env = env
        self._lag_timeout_s = lag_timeout_s
        self._left = left
        self._watched: set[Follower] = set()
        self._term = 0  # a look of before the last fall of a leader is void
        self.members = set(range(replicas))

    def join(self, index: int) -> bool:
        """Let *index* be a member; return whether it was none."""
        if index in self.members:
            return False
        self.members.add(index)
        return True

    def leave(self, index: int) -> None:
        """Let *index* be no member any more, unless it is the last."""
        if index in self.members and len(self.members) > 1:
            self.members.remove(index)
            self._left()

    def lead(self, leader: int, others: Iterable[int]) -> None:
        """Have *leader* for one, and those of *others* that are members already."""
        self.members = {leader, *(self.members & set(others))}

    def rest(self) -> None:
        """Look at nobody any more, since nobody leads."""
        self._term += 1
        self._watched.clear()

    def watch(self, follower: Follower) -> None:
        """Look at *follower*, which is behind, again and again until it is not."""
        if follower not in self._watched and math.isfinite(self._lag_timeout_s):
            self._watched.add(follower)
            self._look_later(follower)

    def _look_later(self, follower: Follower) -> None:
        due_s, term = follower.caught_up_s + self._lag_timeout_s, self._term

        def look(_call: Call) -> None:
            if term == self._term:
                self._look(follower)

        self._env.schedule(Call(look), LATE, max(due_s - self._env.now, 0.0))

    def _look(self, follower: Follower) -> None:
        if not follower.behind:
            self._watched.remove(follower)
        elif self._env.now >= follower.caught_up_s + self._lag_timeout_s:
            self._watched.remove(follower)
            self.leave(follower.replica.index)
        else:
            self._look_later(follower)
