"""Timers of one length: they end in the order in which they were started.

So a queue and one pending event serve them all, and a timer that no longer matters costs nothing
but a look when its turn comes. A timer matters while its item is `pending`.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from models.calls import LATE, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy
    from simpy.events import EventPriority


class Item(Protocol):
    """Something a timer can run for."""

    pending: bool


ItemT = TypeVar("ItemT", bound=Item)


class Timers(Generic[ItemT]):
    """Call `ended(item)` *length_s* seconds after `start(item)`, if the item is still pending.

    A length of infinity never ends. At the instant of its end, *priority* says what goes first.
    """

    def __init__(
        self,
        env: simpy.Environment,
        length_s: float,
        ended: Callable[[ItemT], None],
        priority: EventPriority = LATE,
    ) -> None:
        self._env = env
        self._length_s = length_s
        self._ended = ended
        self._priority = priority
        self._running: deque[tuple[float, ItemT]] = deque()
        self._armed = False
        self.endless = math.isinf(length_s)
        self._ring = (self._look,)
        self._call = Call(self._look)

    def start(self, item: ItemT) -> None:
        """Start a timer for *item* now."""
        if self.endless:
            return
        # Whatever the roundings, the end is met exactly: it is at most twice the time of any look.
        self._running.append((self._env.now + self._length_s, item))
        if not self._armed:
            self._armed = True
            self._arm(self._length_s)

    def _arm(self, delay_s: float) -> None:
        self._call.callbacks = self._ring
        self._env.schedule(self._call, self._priority, delay_s)

    def _look(self, _call: Call) -> None:
        running = self._running
        now = self._env.now
        while running:
            end_s, item = running[0]
            if item.pending:
                if end_s > now:
                    self._arm(end_s - now)
                    return
                running.popleft()
                self._ended(item)
            else:
                running.popleft()
        self._armed = False
