"""How a follower is fed: what the leader appends and removes reaches it in order, and late.

Each thing takes the delay of its own luck, and never overtakes the one before it. The follower's
word on how far it has come takes its way back likewise. What is on its way when the leader falls
never arrives: followers ask for records, and the answer dies with who gives it. (So the records
that a dead leader alone has are those of its last delay.)

A follower that comes back, or gets a new leader, is first told of everything that it lacks, in one
delay, however much that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.calls import NORMAL, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.draws import Draws
    from models.laws import Law
    from models.replication.entry import Slot
    from models.replication.replica import Replica

_NOTHING = -2  # was said of how far it has come
_GROUP = 32  # the luck of a removal: the number of the copy, above the group in so many bits


class Way:
    """One direction between leader and follower: first sent, first there, until it is `cut`."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._last_s = 0.0
        self._epoch = 0

    def send(self, delay_s: float, arrive: Callable[[], None]) -> None:
        """Let *arrive* happen after *delay_s* (s), and after all that was sent before."""
        now, epoch = self._env.now, self._epoch
        self._last_s = due_s = max(self._last_s, now + delay_s)

        def end(_call: Call) -> None:
            if epoch == self._epoch:
                arrive()

        self._env.schedule(Call(end), NORMAL, due_s - now)

    def cut(self) -> None:
        """Lose all that is on its way."""
        self._epoch += 1
        self._last_s = 0.0


class Follower:
    """What the leader knows of *replica*, and the ways between them.

    `fed`: the leader sends it what it appends. `level`: it has been told of all that it lacked.
    `acked` is the index up to which it has, to the leader's knowledge, everything safe. `sent` is
    the last index that was sent to it, and it had all that there was at `caught_up_s` (s).
    """

    def __init__(
        self, env: simpy.Environment, replica: Replica, delay: Law, ack_delay: Law, draws: Draws
    ) -> None:
        name = f"replica {replica.index}"
        self._env = env
        self.replica = replica
        self._append_s = draws.law(name, "delay", delay)
        self._remove_s = draws.law(name, "removal", delay)
        self._fetch_s = draws.law(name, "fetch", delay)
        self._ack_s = draws.law(name, "ack_delay", ack_delay)
        self._there, self._back = Way(env), Way(env)
        self.fed = self.level = False
        self.acked = self.sent = self._reported = -1
        self.caught_up_s = 0.0
        self._fetches = 0

    @property
    def behind(self) -> bool:
        """Whether there is something that it has not been told of yet."""
        return not self.level or self.replica.received < self.sent

    def expects(self, index: int) -> bool:
        """Return whether the record of that *index* is on its way to it."""
        return self.fed and self.replica.received < index <= self.sent

    def append(self, slot: Slot, arrived: Callable[[Follower], None]) -> None:
        """Send the record in *slot*; *arrived* hears of it when it is there."""
        sent_s = float(self._env.now)
        if not self.behind:
            self.caught_up_s = sent_s
        self.sent = slot.index

        def arrive() -> None:
            if not slot.void and slot.entries[self.replica.index] is None:
                self.replica.take(slot)
            if not self.fed:
                return  # its disk has refused it
            self.caught_up_s = sent_s
            self.replica.received = max(self.replica.received, slot.index)
            arrived(self)

        self._there.send(self._append_s(slot.copy.message.key, slot.copy.number), arrive)

    def remove(self, slot: Slot, arrived: Callable[[Slot], None]) -> None:
        """Send word that the copy in *slot* has left the broker."""
        message = slot.copy.message

        def arrive() -> None:
            if not slot.void:
                self.replica.remove(slot)
            arrived(slot)

        number = slot.copy.number << _GROUP | message.group
        self._there.send(self._remove_s(message.key, number), arrive)

    def fetch(self, end: int, arrive: Callable[[Follower, int], None]) -> None:
        """Ask for all that it lacks, up to index *end*; *arrive* hears when that is there."""
        self.fed, self.level, self.sent = True, False, end
        self._reported = _NOTHING
        self._fetches += 1
        sent_s = float(self._env.now)

        def level() -> None:
            self.level = True
            arrive(self, end)
            if self.fed:
                self.caught_up_s = sent_s

        self._there.send(self._fetch_s(self._fetches, 0), level)

    def report(self, heard: Callable[[Follower], None]) -> None:
        """Tell the leader how far it has come, if that is news."""
        safe = self.replica.safe
        if not (self.fed and self.level) or safe <= self._reported:
            return
        self._reported = safe

        def hear() -> None:
            self.acked = max(self.acked, safe)
            heard(self)

        self._back.send(self._ack_s(safe + 1, self._fetches), hear)

    def cut(self) -> None:
        """Lose touch with the leader."""
        if not self.behind:
            self.caught_up_s = float(self._env.now)
        self.fed = self.level = False
        self.acked = self._reported = -1
        self._there.cut()
        self._back.cut()
