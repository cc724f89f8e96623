"""The broker's front door: packets are taken in one at a time, in order of arrival.

Taking one in lasts `accept`. A full queue is met by the overflow policy: `reject` refuses the
packet and says so, `drop_new` drops it and acknowledges it all the same, `drop_oldest` drops the
queue's first copy in its favour, `block` keeps it, and everything behind it, at the door. A copy
that comes back from a delivery is never turned away: the queue may then be longer than its bound.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from models.calls import NORMAL, Call
from models.ledger import Cause

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.census import Census
    from models.draws import Draws
    from models.laws import Law
    from models.ledger import Ledger
    from models.message import Packet


class Overflow(StrEnum):
    """What a full queue does with the next message."""

    REJECT = "reject"
    DROP_NEW = "drop_new"
    DROP_OLDEST = "drop_oldest"
    BLOCK = "block"


class Intake:
    """One server that hands packets on to *take*, unless *blocked* says to wait."""

    def __init__(
        self,
        env: simpy.Environment,
        accept: Law,
        *,
        take: Callable[[Packet, float], object],
        blocked: Callable[[], bool] | None,
        ledger: Ledger,
        census: Census,
        draws: Draws,
    ) -> None:
        self._env = env
        self._ledger = ledger
        self._arrived = ledger.arrived.add
        self._census = census
        self._at_once = accept.is_constant and accept.bounds_s[0] == 0.0
        self._accept_s = draws.law("broker", "accept", accept)
        self._take = take
        self._blocked = blocked
        self._line: deque[Packet] = deque()
        self._head: Packet | None = None  # being served, or served and kept at the door
        self._stuck = False
        self._epoch = 0
        self.open = True

    def arrive(self, packet: Packet) -> None:
        """Meet a packet that has come through the network."""
        message = packet.message
        now = self._env.now
        if not self.open:
            self._ledger.dropped.add(message.row, now, Cause.BROKER_DOWN)
            self._census.release(message)
            return
        arrived, take, blocked = self._arrived, self._take, self._blocked
        arrived(message.row, now)
        if self._at_once and self._head is None and not (blocked is not None and blocked()):
            take(packet, now)
            return
        self._line.append(packet)
        self._serve()

    def room(self) -> None:
        """Hear that the queue may have room again."""
        packet = self._head
        if packet is None or not self._stuck or (self._blocked and self._blocked()):
            return
        self._head = None
        self._stuck = False
        self._take(packet, self._env.now)
        self._serve()

    def close(self) -> None:
        """Crash: what stands at the door was in memory only."""
        self.open = self._stuck = False
        self._epoch += 1
        standing = [*self._line] if self._head is None else [self._head, *self._line]
        for packet in standing:
            self._ledger.dropped.add(packet.message.row, self._env.now, Cause.BROKER_MEMORY)
            self._census.release(packet.message)
        self._line.clear()
        self._head = None

    def _serve(self) -> None:
        while self._line and self._head is None:
            packet = self._head = self._line.popleft()
            if self._at_once:
                self._admit()
            else:
                accept_s = self._accept_s(packet.message.key, packet.answer)
                self._env.schedule(Call(partial(self._served, self._epoch)), NORMAL, accept_s)

    def _served(self, epoch: int, _call: Call) -> None:
        if epoch == self._epoch:
            self._admit()
            self._serve()

    def _admit(self) -> None:
        """Let the head of the line in, or keep the door shut behind it."""
        if self._blocked and self._blocked():
            self._stuck = True
            return
        packet = self._head
        self._head = None
        if packet is not None:
            self._take(packet, self._env.now)
