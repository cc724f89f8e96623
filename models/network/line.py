"""What lies between one peer and the broker: a way there, and a way back for the answers.

The way *there* is that of the messages, whoever sends them: from a producer to the broker, or from
the broker to a consumer. Without a connection it promises nothing: that is what the protocols at
its ends are for. Delays are independent, so packets overtake one another. A doubled packet has a
delay of its own and is not lost. A lost packet costs no event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from models.calls import NORMAL
from models.ledger import Cause

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.calls import Call
    from models.draws import Draw
    from models.network.partition import Partition
    from models.network.wire import Wire

    Arrive = tuple[Callable[..., None]]


class Way(Protocol):
    """One direction: `lost` is asked once for each packet, in the order of sending.

    It is None if none ever is lost. `delay_s` is asked next, of those that are not.
    """

    @property
    def lost(self) -> Draw[bool] | None:
        """What says of a packet of (message, attempt) whether it is lost."""

    @property
    def delay_s(self) -> Draw[float]:
        """What says when it is there, in seconds from now."""

    @property
    def instant(self) -> bool:
        """Whether it is there at once."""


class Datagrams:
    """A way on which every packet goes by itself."""

    def __init__(
        self,
        coin: Draw[bool] | None,
        delay_s: Draw[float],
        *,
        wire: Wire | None,
        partition: Partition | None,
        instant: bool,
    ) -> None:
        self._coin = coin
        self._own_delay_s = delay_s
        self._wire = wire
        self._partition = partition
        self._wait_s = 0.0  # of the last packet, until it was on its way
        self.instant = instant
        self.lost = coin if wire is None and partition is None else self._lost
        self.delay_s = delay_s if wire is None else self._delay_s

    def _lost(self, key: int, attempt: int) -> bool:
        if self._wire is not None:
            self._wait_s = self._wire.send(key, attempt)
        # Asked in a partition too, so that luck does not depend on it.
        lost = self._coin is not None and self._coin(key, attempt)
        return lost or (self._partition is not None and self._partition.active > 0)

    def _delay_s(self, key: int, attempt: int) -> float:
        return self._wait_s + self._own_delay_s(key, attempt)

    def behind(self, delay_s: Draw[float]) -> Draw[float]:
        """Return the delays of doubles of the last packet, which leave when it does."""
        if self._wire is None:
            return delay_s
        return lambda key, attempt: self._wait_s + delay_s(key, attempt)


class Line:
    """The line of one peer; `cause` is to blame for what is lost on its way there."""

    def __init__(
        self,
        env: simpy.Environment,
        there: Way,
        back: Way,
        *,
        doubled: Draw[bool] | None = None,
        twin_delay_s: Draw[float],
        cause: Cause = Cause.NETWORK,
    ) -> None:
        self._env = env
        self.instant = there.instant
        self.lost = there.lost
        self.delay_s = there.delay_s
        self.doubled = doubled
        self.twin_delay_s = twin_delay_s
        self.ack_instant = back.instant
        self.ack_lost = back.lost
        self.ack_delay_s = back.delay_s
        self.cause = cause

    @property
    def safe(self) -> bool:
        """Whether nothing happens to packets, which take no time."""
        return self.instant and self.lost is None and self.doubled is None

    @property
    def ack_safe(self) -> bool:
        """Whether nothing happens to acknowledgements, which take no time."""
        return self.ack_instant and self.ack_lost is None

    def carry(self, packet: Call, arrive: Arrive, key: int, attempt: int) -> None:
        """Bring *packet* to the far end after its delay; it was not lost."""
        packet.callbacks, delay_s = arrive, self.delay_s
        self._env.schedule(packet, NORMAL, delay_s(key, attempt))

    def carry_twin(self, packet: Call, arrive: Arrive, key: int, attempt: int) -> None:
        """Bring a doubled *packet* to the far end, after a delay of its own."""
        packet.callbacks = arrive
        self._env.schedule(packet, NORMAL, self.twin_delay_s(key, attempt))

    def answer(self, packet: Call, arrive: Arrive, key: int, attempt: int) -> None:
        """Bring an acknowledgement back, unless it is lost."""
        ack_lost, delay_s = self.ack_lost, self.ack_delay_s
        if ack_lost is not None and ack_lost(key, attempt):
            return
        packet.callbacks = arrive
        self._env.schedule(packet, NORMAL, delay_s(key, attempt))

    def bring_back(self, packet: Call, arrive: Arrive, key: int, attempt: int) -> None:
        """Bring *packet* back like an acknowledgement; it was not lost."""
        packet.callbacks = arrive
        self._env.schedule(packet, NORMAL, self.ack_delay_s(key, attempt))
