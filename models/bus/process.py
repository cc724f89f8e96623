"""The one process that a bus shares with its producers and handlers.

It dies as a whole, whoever brings it down: an outside fault, or a handler that does not raise but
kills it (`crash_before_effect`, `crash_after_effect`). Then all queued events are gone
(`broker_memory`), and what handlers were doing has no effect. While it is down there are no new
events. Nothing survives but what an outbox keeps.

A loss of power does what a crash does: there is no disk to tell them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outage import BrokerFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.consumer import Consumer
    from models.faults import Victim


class Process:
    """What lives and dies together: *bus*, *producers* and *handlers*."""

    def __init__(
        self, bus: Victim, producers: Sequence[Victim], handlers: Sequence[Consumer]
    ) -> None:
        # Whoever holds events dies before the bus does, which then knows what nobody works on.
        self._parts = (*handlers, *producers, bus)
        self._bus = bus
        for handler in handlers:
            handler.body = self

    def crash(self, kind: str) -> None:
        """Die, until `restart` is called as often as this."""
        power_loss = kind == BrokerFault.POWER_LOSS
        for part in self._parts:
            part.crash(BrokerFault.POWER_LOSS if power_loss else BrokerFault.PROCESS_CRASH)

    def restart(self) -> None:
        """Come back from one crash, the bus first."""
        for part in reversed(self._parts):
            part.restart()
