"""Arrivals that are known ahead: nothing need happen for each of them.

What arrives while every consumer is busy only makes the queue longer, and nobody looks at the queue
before the next consumer has room. So the broker takes it in then, with the time at which it came.
An arrival is an event of its own only if somebody is waiting for it, or if it sets something off:
a write to the disk, a time to live.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

from models.calls import ARRIVAL, Call, put
from models.message import Copy

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.store import Store
    from models.message import Message


class Foreseen:
    """The arrivals to come, the next at `next_s` (s).

    `arrive(message, time_s)` lets one in that is an event; the others go to *store*. `offer(now_s)`
    hands out what is there. *each*: every arrival is an event.
    """

    def __init__(
        self,
        env: simpy.Environment,
        *,
        arrive: Callable[[Message, float], None],
        store: Store,
        offer: Callable[[float], None],
        each: bool,
    ) -> None:
        self._env = env
        self._let_in = arrive
        self._store = store
        self._orders = store.orders
        self._offer = offer
        self._each = each
        self._times_s = [math.inf]  # the end, which nothing reaches
        self._messages: list[Message] = []
        self._next = 0
        self.next_s = math.inf
        self._armed = False
        self._ring = (self._arrive,)
        self._call = Call(self._arrive)

    def extend(self, times_s: list[float], messages: list[Message]) -> None:
        """Make further arrivals known: *messages* at *times_s*, in order, now or later."""
        self._times_s = [*self._times_s[self._next : -1], *times_s, math.inf]
        self._messages = [*self._messages[self._next :], *messages]
        self._next = 0
        self.next_s = self._times_s[0]
        if self._each:
            self.wait()
        else:
            self._offer(self._env.now)  # somebody may be waiting

    def absorb(self, before_s: float) -> None:
        """Place in the queue what has come before *before_s* (s)."""
        times_s, place = self._times_s, self._next
        end = bisect_left(times_s, before_s, place)
        if end > place:
            self._store.place(self._messages[place:end], times_s[place:end])
            self._next = end
            self.next_s = times_s[end]

    def take(self) -> Copy:
        """Take the next arrival, which has come, out of the queue before it was ever there."""
        place = self._next
        after = self._next = place + 1
        times_s = self._times_s
        self.next_s = times_s[after]
        copy = Copy(self._messages[place], None, next(self._orders), times_s[place])
        copy.ready = False
        return copy

    def wait(self) -> None:
        """Let the next arrival be an event."""
        if not self._armed and self.next_s < math.inf:
            self._armed = True
            self._call.callbacks = self._ring
            put(self._env, self._call, self.next_s, ARRIVAL)

    def _arrive(self, _call: Call) -> None:
        self._armed = False
        place = self._next
        self._next = place + 1
        self.next_s = self._times_s[place + 1]
        self._let_in(self._messages[place], self._times_s[place])
        if self._each:
            self.wait()
