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

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.message import Message


class Foreseen:
    """The arrivals to come, the next at `next_s` (s).

    `take(message, time_s)` lets one in that is an event, `place(messages, times_s)` puts others in
    the queue; `offer(now_s)` hands out what is there. *each*: every arrival is an event.
    """

    def __init__(
        self,
        env: simpy.Environment,
        *,
        take: Callable[[Message, float], None],
        place: Callable[[list[Message], list[float]], object],
        offer: Callable[[float], None],
        each: bool,
    ) -> None:
        self._env = env
        self._take = take
        self._place = place
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
        self._go_on(0)
        if self._each:
            self.wait()
        else:
            self._offer(self._env.now)  # somebody may be waiting

    def absorb(self, before_s: float) -> None:
        """Place in the queue what has come before *before_s* (s)."""
        place = self._next
        end = bisect_left(self._times_s, before_s, place)
        if end > place:
            self._place(self._messages[place:end], self._times_s[place:end])
            self._go_on(end)

    def wait(self) -> None:
        """Let the next arrival be an event."""
        if not self._armed and self.next_s < math.inf:
            self._armed = True
            self._call.callbacks = self._ring
            put(self._env, self._call, self.next_s, ARRIVAL)

    def _arrive(self, _call: Call) -> None:
        self._armed = False
        place = self._next
        self._go_on(place + 1)
        self._take(self._messages[place], self._times_s[place])
        if self._each:
            self.wait()

    def _go_on(self, place: int) -> None:
        self._next = place
        self.next_s = self._times_s[place]
