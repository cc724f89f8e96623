"""One direction of a connection that faults can befall.

What is on its way is known, since a cut loses all of it, and since a partition holds it up: what is
transmitted during one is lost like anything else, and sent again when its timer (`loss.through_s`)
ends. TCP would give up after some 15 times (tcp_retries2 in Linux, a quarter of an hour); this
connection never does.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from models.calls import NORMAL, Call
from models.network.loss import LONGEST_S, RETRANSMIT_S

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy
    from simpy.events import EventPriority

    from models.draws import Draw
    from models.network.partition import Partition
    from models.network.wire import Wire

    Arrive = tuple[Callable[..., None]]


class Segment(Call):
    """What carries *call*: `losses` more transmissions of it will be lost by bad luck.

    `landed`: it is there, and waits for those that were sent before it. `gone`: it was cut off.
    """

    __slots__ = ("arrive", "call", "delay_s", "gone", "landed", "losses", "priority", "timer_s")

    def __init__(
        self, call: Call, arrive: Arrive, priority: EventPriority, delay_s: float, losses: int
    ) -> None:
        self.call = call
        self.arrive = arrive
        self.priority = priority
        self.delay_s = delay_s
        self.losses = losses
        self.timer_s = RETRANSMIT_S
        self.landed = False
        self.gone = False


class Stream:
    """Brings everything in order, or loses all that is on its way."""

    def __init__(
        self,
        env: simpy.Environment,
        losses: Draw[int] | None,
        delay_s: Draw[float],
        *,
        wire: Wire | None,
        partition: Partition,
    ) -> None:
        self._env = env
        self._losses = losses
        self.delay_s = delay_s
        self._wire = wire
        self._partition = partition
        self._under_way: deque[Segment] = deque()
        self._transmitted = (self._transmit,)
        self._landed = (self._land,)

    def send(
        self, call: Call, arrive: Arrive, key: int, attempt: int, priority: EventPriority
    ) -> None:
        """Bring *call* to the far end, where *priority* says what goes first at one instant."""
        losses = 0 if self._losses is None else self._losses(key, attempt)
        segment = Segment(call, arrive, priority, self.delay_s(key, attempt), losses)
        self._under_way.append(segment)
        if self._wire is None:
            self._transmit(segment)
        else:
            segment.callbacks = self._transmitted
            self._env.schedule(segment, NORMAL, self._wire.send(key, attempt))

    def cut(self) -> list[Call]:
        """Lose all that is on its way, and return it, in the order of sending."""
        lost = list(self._under_way)
        self._under_way.clear()
        if self._wire is not None:
            self._wire.clear()
        for segment in lost:
            segment.gone = True
        return [segment.call for segment in lost]

    def _transmit(self, segment: Segment) -> None:
        if segment.gone:
            return
        if self._partition.active:
            self._again(segment)
        elif segment.losses:
            segment.losses -= 1
            self._again(segment)
        else:
            segment.callbacks = self._landed
            self._env.schedule(segment, segment.priority, segment.delay_s)

    def _again(self, segment: Segment) -> None:
        segment.callbacks = self._transmitted
        self._env.schedule(segment, NORMAL, segment.timer_s)
        segment.timer_s = min(2 * segment.timer_s, LONGEST_S)

    def _land(self, segment: Segment) -> None:
        segment.landed = True
        under_way = self._under_way
        while under_way and under_way[0].landed:
            first = under_way.popleft()
            (arrive,) = first.arrive
            arrive(first.call)
