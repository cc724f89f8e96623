"""A connection that nothing befalls, in one direction: TCP-like, and as cheap as no connection.

What is lost is sent again (`loss.through_s`), so loss is latency. Everything arrives in the order
of sending: what comes earlier than what was sent before it waits for that. Two packets never arrive
at the same instant, but one directly after the other.

It does not know fast retransmission (RFC 5681, 3.2), which sends a lost packet again as soon as
three later ones have come: where many packets are on their way at once, loss costs less than here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.network.loss import through_s

if TYPE_CHECKING:
    import simpy

    from models.draws import Draw
    from models.network.wire import Wire


class Ordered:
    """A way that brings everything, in order."""

    lost = None

    def __init__(
        self,
        env: simpy.Environment,
        losses: Draw[int] | None,
        delay_s: Draw[float],
        *,
        wire: Wire | None,
        instant: bool,
    ) -> None:
        self._env = env
        self._losses = losses
        self._own_delay_s = delay_s
        self._wire = wire
        self._last_s = -math.inf  # when the last packet arrives
        self.instant = instant

    def delay_s(self, key: int, attempt: int) -> float:
        """Return how long (s) the next packet takes."""
        now: float = self._env.now
        leaves_s = now if self._wire is None else now + self._wire.send(key, attempt)
        if self._losses is not None:
            leaves_s = through_s(leaves_s, self._losses(key, attempt))
        arrives_s = leaves_s + self._own_delay_s(key, attempt)
        if arrives_s <= self._last_s:
            arrives_s = math.nextafter(self._last_s, math.inf)
        delay_s = arrives_s - now
        if now + delay_s < arrives_s:  # rounded away: a little later will do
            delay_s += math.ulp(arrives_s)
        self._last_s = now + delay_s
        return delay_s
