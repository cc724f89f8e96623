"""A connection that can be cut: it breaks, both ends notice, the peer connects again.

A cut loses all that is on its way, in both directions, and so is all that is sent until it is
noticed. Both ends notice after `detect`, at the same instant; about three heartbeats in real
systems. From then on nobody sends. The peer is connected again `reconnect` later, or as soon after
that as the cut itself is over and no partition stands between. What belonged to the old connection
means nothing on the new one.

A partition holds a connection up. If it is not over after `detect`, both ends have missed the
heartbeats of the other, and give the connection up, as when it is cut and that is noticed at once
(RabbitMQ closes after two missed ones, www.rabbitmq.com/docs/heartbeats). Where `detect` is no time
at all there are no heartbeats, and TCP waits.

A crash at either end does not end a connection here: what is on its way arrives, at somebody who
may not be there any more.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from models.calls import LATE, NORMAL, Call
from models.ledger import Cause
from models.message import Anew
from models.network.line import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy
    from simpy.events import EventPriority

    from models.draws import Draw
    from models.ledger import Ledger
    from models.network.partition import Partition
    from models.network.stream import Stream

    Arrive = tuple[Callable[..., None]]


class Peer(Protocol):
    """Who is connected to the broker."""

    def cut(self, lost: list[Any]) -> None:
        """Lose what was on its way to or from the broker; nobody knows it yet."""

    def disconnected(self) -> None:
        """Notice that the connection is broken."""

    def reconnected(self) -> None:
        """Be connected again."""


class Connection:
    """Whether the connection of one *peer* is `whole`; `number` counts its connections, from 0.

    *beats*: its ends notice a partition, too.
    """

    peer: Peer

    def __init__(
        self,
        env: simpy.Environment,
        there: Stream,
        back: Stream,
        *,
        partition: Partition,
        detect_s: Draw[float],
        beats: bool,
        reconnect_s: float,
        ledger: Ledger,
        name: str,
    ) -> None:
        self._env = env
        self._there = there
        self._back = back
        self._partition = partition
        self._detect_s = detect_s
        self._reconnect_s = reconnect_s
        self._ledger = ledger
        self._name = name
        self._cuts = 0  # that are not over
        self._ready = False  # to connect again
        self.whole = True
        self.number = 0
        partition.healed = self._connect
        self._partings = 0
        if beats:
            partition.began = self._part

    def crash(self, kind: str) -> None:
        """Be cut, and stay so until `restart` is called as often as this."""
        self._ledger.crashes.append((self._env.now, self._name, kind))
        self._cuts += 1
        if self.whole:
            self._break()
            self._env.schedule(Call(self._notice), NORMAL, self._detect_s(self.number, 0))

    def restart(self) -> None:
        """End one cut; that alone connects nobody."""
        self._cuts -= 1
        self._connect()

    def _break(self) -> None:
        """Lose what is on its way, without telling."""
        self.whole = False
        self.number += 1
        # An answer is waited for, or is not; but a message must be accounted for.
        published = [call for call in self._back.cut() if isinstance(call, Anew)]
        self.peer.cut([*self._there.cut(), *published])

    def _part(self) -> None:
        """Begin to miss the other end."""
        self._partings += 1
        miss = Call(partial(self._miss, self._partings))
        self._env.schedule(miss, LATE, self._detect_s(self._partings, 1))

    def _miss(self, parting: int, call: Call) -> None:
        """Give the connection up, if the same partition still stands between."""
        if self.whole and self._partition.active and parting == self._partings:
            self._ledger.crashes.append((self._env.now, self._name, "cut"))
            self._break()
            self._notice(call)

    def _notice(self, _call: Call) -> None:
        self.peer.disconnected()
        self._env.schedule(Call(self._try_again), NORMAL, self._reconnect_s)

    def _try_again(self, _call: Call) -> None:
        self._ready = True
        self._connect()

    def _connect(self) -> None:
        if self._ready and not self._cuts and not self._partition.active:
            self._ready = False
            self.whole = True
            self._ledger.restarts.append((self._env.now, self._name))
            self.peer.reconnected()


class Broken:
    """A way with a connection: lost is what is sent while that is broken."""

    instant = False

    def __init__(self, connection: Connection, stream: Stream) -> None:
        self._connection = connection
        self.delay_s = stream.delay_s

    def lost(self, _key: int, _attempt: int) -> bool:
        """Return whether a packet that is sent now is lost."""
        return not self._connection.whole


class ConnectedLine(Line):
    """The line of one peer whose connection faults can befall."""

    def __init__(
        self, env: simpy.Environment, connection: Connection, there: Stream, back: Stream
    ) -> None:
        super().__init__(
            env,
            Broken(connection, there),
            Broken(connection, back),
            twin_delay_s=there.delay_s,
            cause=Cause.CONNECTION_CUT,
        )
        self.connection = connection
        self._there = there
        self._back = back

    def carry(
        self,
        packet: Call,
        arrive: Arrive,
        key: int,
        attempt: int,
        priority: EventPriority = NORMAL,
    ) -> None:
        """Bring *packet* to the far end, in order; the connection is whole.

        What has waited for one that was sent before it arrives with that one.
        """
        self._there.send(packet, arrive, key, attempt, priority)

    def answer(self, packet: Call, arrive: Arrive, key: int, attempt: int) -> None:
        """Bring an acknowledgement back, in order, unless the connection is broken."""
        if self.connection.whole:
            self.bring_back(packet, arrive, key, attempt)

    def bring_back(self, packet: Call, arrive: Arrive, key: int, attempt: int) -> None:
        """Bring *packet* back, in order; the connection is whole."""
        self._back.send(packet, arrive, key, attempt, NORMAL)
