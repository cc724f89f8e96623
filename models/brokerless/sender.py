"""The producers of a system without a broker, and their sockets: PUSH, REQ and PUB.

A PUSH or REQ gives each message to the next pipe that has room, and waits at the door while none
has: the producer's buffer, which fails the message when it is full (`producer_buffer`).

A REQ that asks again takes back its last request if that has not left: the guide's client closes
the socket, and ZMQ_REQ_RELAXED ends the pipe (src/req.cpp). The loss of such a request is put down
to what kept it: nobody was there (`no_subscriber`), or there was no room (`overflow`). Here a reply
that comes late still counts, as an answer to any attempt does; both of those would not hear it.

What waits in a socket dies with the process (`producer_crash`). A new process is connected at once.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from models.broker.spread import Spread
from models.ledger import Cause, Failed
from models.producer import MortalProducer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import simpy

    from models.brokerless.pipe import Pipe
    from models.census import Census
    from models.ledger import Ledger
    from models.message import Copy, Exchange, Packet
    from models.producer import ProducerOptions


class Socket(Protocol):
    """What a producer sends into."""

    pipes: Sequence[Pipe]

    def send(self, packet: Packet, now_s: float) -> None:
        """Take *packet*."""

    def turns_away(self, places: int) -> bool:
        """Return whether a message would find all *places* at the door taken."""

    def retract(self, message: Exchange) -> None:
        """Take back what has not left of *message*."""

    def crash(self) -> None:
        """Die with the producer."""


class Publisher:
    """A PUB socket: a copy for every subscriber that is there and has room."""

    def __init__(self, pipes: Sequence[Pipe], ledger: Ledger, census: Census) -> None:
        self.pipes = pipes
        self._ledger = ledger
        self._spread = Spread(pipes, census)

    def send(self, packet: Packet, now_s: float) -> None:
        """Give *packet* to every subscriber."""
        self._ledger.arrived.add(packet.message.row, now_s)
        self._spread.publish(packet, self._ledger.groups, now_s, skip_full=True)
        for pipe in self.pipes:
            pipe.offer(now_s)

    def turns_away(self, places: int) -> bool:  # noqa: ARG002
        """Return False: a publisher never waits."""
        return False

    def retract(self, message: Exchange) -> None:
        """Do nothing: a publisher never asks again."""

    def crash(self) -> None:
        """Do nothing: there is nothing but the pipes."""


class Pusher:
    """A PUSH or REQ socket: the next pipe in turn that has room. With *drops* it does not wait."""

    def __init__(
        self, env: simpy.Environment, *, drops: bool, ledger: Ledger, census: Census
    ) -> None:
        self._env = env
        self.pipes: Sequence[Pipe] = ()
        self._drops = drops
        self._ledger = ledger
        self._census = census
        self._next = 0
        self._door: deque[Packet] = deque()
        self._placed: dict[Exchange, tuple[Pipe, Copy]] = {}  # where the last request went
        self._entering = False

    def send(self, packet: Packet, now_s: float) -> None:
        """Give *packet* to a pipe, now or when there is room."""
        if not self._full():
            self._enter(packet, now_s)
        elif self._drops:
            self._drop(packet, Cause.OVERFLOW)
        else:
            self._door.append(packet)

    def turns_away(self, places: int) -> bool:
        """Return whether a message would find all *places* at the door taken."""
        return not self._drops and len(self._door) >= places and self._full()

    def _full(self) -> bool:
        return bool(self._door) or all(pipe.full for pipe in self.pipes)

    def room(self) -> None:
        """Hear that there may be room again."""
        if self._entering:
            return
        self._entering = True
        while self._door and not all(pipe.full for pipe in self.pipes):
            self._enter(self._door.popleft(), self._env.now)
        self._entering = False

    def retract(self, message: Exchange) -> None:
        """Take back what has not left of *message*."""
        pipe, copy = self._placed.pop(message, (None, None))
        if pipe is not None and copy is not None:
            pipe.withdraw(copy)
        for packet in [packet for packet in self._door if packet.message is message]:
            self._door.remove(packet)
            self._drop(packet, Cause.OVERFLOW)

    def crash(self) -> None:
        """Lose what stands at the door."""
        self._placed.clear()
        while self._door:
            self._drop(self._door.popleft(), Cause.PRODUCER_CRASH)

    def _enter(self, packet: Packet, now_s: float) -> None:
        """Let *packet* into the next pipe that has room; there must be one."""
        pipe = self.pipes[self._next]
        while pipe.full:
            self._next = (self._next + 1) % len(self.pipes)
            pipe = self.pipes[self._next]
        self._next = (self._next + 1) % len(self.pipes)
        message = packet.message
        self._ledger.arrived.add(message.row, now_s)
        copy = pipe.add(message, packet, now_s)
        if message.pending:
            self._placed[message] = pipe, copy
        pipe.offer(now_s)

    def _drop(self, packet: Packet, cause: Cause) -> None:
        self._ledger.dropped.add(packet.message.row, self._env.now, cause)
        self._census.release(packet.message)


class Sender(MortalProducer):
    """A producer with a *socket* of its own."""

    socket: Socket

    def __init__(self, env: simpy.Environment, options: ProducerOptions, **parts: Any) -> None:
        super().__init__(env, options, deliver_to=_nowhere, **parts)
        self.index = self._index

    def crash(self, kind: str) -> None:
        """Die, with all that is in the socket."""
        self.socket.crash()
        for pipe in self.socket.pipes:
            pipe.crash()
        super().crash(kind)

    def restart(self) -> None:
        """Come back as a new process, with a new socket, once every crash is over."""
        super().restart()
        if not self._outages:
            for pipe in self.socket.pipes:
                pipe.restart()

    def _forget(self, message: Exchange, now: float) -> None:
        if self.socket.turns_away(self.options.buffer):
            self._give_up(message, Failed.BUFFER)
        else:
            super()._forget(message, now)

    def _send(self, packet: Packet, now: float) -> None:
        if packet.answer > 1:
            self.socket.retract(packet.message)
        super()._send(packet, now)

    def _transmit(self, message: Exchange, packet: Packet, now: float) -> None:
        self._sent(message.row, now)
        message.open += 1
        self.socket.send(packet, now)

    def _decide(self, message: Exchange) -> None:
        self.socket.retract(message)
        super()._decide(message)


def _nowhere(packet: Packet) -> None:
    raise AssertionError(packet)  # a socket takes what others would send
