"""One of the two networks of a system, and the lines it gives to its peers.

Which kind of line they get is decided once, by what the options can do to a packet and by whether
faults can befall the link. Where nothing but each packet's own luck decides, all peers share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.network.connection import ConnectedLine, Connection
from models.network.line import Datagrams, Line
from models.network.loss import Loss
from models.network.options import LinkOptions, is_zero
from models.network.ordered import Ordered
from models.network.partition import Partition
from models.network.stream import Stream
from models.network.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    import simpy

    from models.draws import Draw, Draws
    from models.faults import Victim
    from models.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """What happens to packets of one direction of a link."""

    env: simpy.Environment
    loss: Loss
    delay_s: Draw[float]
    instant: bool
    size_bytes: Draw[float]
    bandwidth_bytes_per_s: float | None

    def datagrams(self, peer: int, partition: Partition | None) -> Datagrams:
        """Return a way without a connection."""
        return Datagrams(
            self.loss.coin(peer),
            self.delay_s,
            wire=self._wire(),
            partition=partition,
            instant=self.instant,
        )

    def ordered(self, peer: int) -> Ordered:
        """Return a way of a connection that nothing befalls."""
        losses = self.loss.losses(peer)
        return Ordered(
            self.env,
            losses,
            self.delay_s,
            wire=self._wire(),
            instant=self.instant and losses is None,
        )

    def stream(self, peer: int, partition: Partition) -> Stream:
        """Return a way of a connection that faults can befall."""
        losses = self.loss.losses(peer)
        return Stream(self.env, losses, self.delay_s, wire=self._wire(), partition=partition)

    def _wire(self) -> Wire | None:
        if self.bandwidth_bytes_per_s is None:
            return None
        return Wire(self.env, self.size_bytes, self.bandwidth_bytes_per_s)


class Link:
    """The link *name*; *faulty* says whether faults can befall it.

    `safe`: nothing happens to packets, which take no time. Likewise for acknowledgements.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: LinkOptions,
        draws: Draws,
        name: str,
        ledger: Ledger,
        *,
        faulty: bool = False,
    ) -> None:
        self._env = env
        self.options = options
        self.name = name
        self._draws = draws
        self._ledger = ledger
        self._faulty = faulty
        size_bytes = draws.law("producer", "size", options.size)
        bandwidth = options.bandwidth_bytes_per_s if options.limited else None
        delay_s = draws.law(name, "delay", options.delay)
        self._there = Direction(
            env=env,
            loss=self._loss("loss", options.loss),
            delay_s=delay_s,
            instant=is_zero(options.delay) and not options.limited,
            size_bytes=lambda key, _attempt: size_bytes(key, 0),
            bandwidth_bytes_per_s=bandwidth,
        )
        self._back = Direction(
            env=env,
            loss=self._loss("ack_loss", options.ack_loss),
            delay_s=draws.law(name, "ack_delay", options.ack_delay),
            instant=is_zero(options.ack_delay) and not options.limited,
            size_bytes=lambda _key, _attempt: options.ack_size_bytes,
            bandwidth_bytes_per_s=bandwidth,
        )
        self._doubled = draws.coin(name, "duplication", options.duplication)
        self._twin_delay_s = draws.law(name, "duplicate_delay", options.delay)
        self._shared = shared = self._without(0, None) if options.plain and not faulty else None
        self.safe = shared is not None and shared.safe
        self.ack_safe = shared is not None and shared.ack_safe
        self._partitions: list[Partition] = []
        self._connections: list[Connection] = []

    def line(self, peer: int) -> Line:
        """Return the line of *peer*, one of a kind (0, 1, …)."""
        if self._shared is not None:
            return self._shared
        if self._faulty:
            name = f"{self.name} {peer}"
            partition = Partition(self._env, self._ledger, name)
            self._partitions.append(partition)
            if self.options.connection:
                return self._connected(peer, partition, name)
            return self._without(peer, partition)
        if not self.options.connection:
            return self._without(peer, None)
        there, back = self._there.ordered(peer), self._back.ordered(peer)
        return Line(self._env, there, back, twin_delay_s=there.delay_s)

    @property
    def can_be_cut(self) -> bool:
        """Whether its peers must be of the kind that is told of its connection."""
        return self._faulty and self.options.connection

    def victims(self, kind: str) -> Sequence[Victim]:
        """Return whom a fault of this *kind* can befall: every line by itself."""
        return self._connections if kind == "cut" else self._partitions

    def _loss(self, purpose: str, good: float) -> Loss:
        return Loss(
            draws=self._draws,
            link=self.name,
            purpose=purpose,
            good=good,
            bursts=self.options.bursts,
        )

    def _without(self, peer: int, partition: Partition | None) -> Line:
        there = self._there.datagrams(peer, partition)
        return Line(
            self._env,
            there,
            self._back.datagrams(peer, partition),
            doubled=self._doubled,
            twin_delay_s=there.behind(self._twin_delay_s),
        )

    def _connected(self, peer: int, partition: Partition, name: str) -> ConnectedLine:
        there = self._there.stream(peer, partition)
        back = self._back.stream(peer, partition)
        connection = Connection(
            self._env,
            there,
            back,
            partition=partition,
            detect_s=self._draws.law(name, "detect", self.options.detect),
            beats=not is_zero(self.options.detect),
            reconnect_s=self.options.reconnect_s,
            ledger=self._ledger,
            name=name,
        )
        self._connections.append(connection)
        return ConnectedLine(self._env, connection, there, back)
