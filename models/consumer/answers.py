"""What a consumer tells its broker of a delivery, and how that gets there.

With automatic acknowledgement it says nothing. Acknowledging before, it answers when it begins to
work; acknowledging after, when the work is done or has failed. An answer travels back over the
deliver link, where it may take its time or be lost, and may come when its delivery is no longer
the broker's concern.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from models.calls import Call
from models.consumer.options import AckMode, OnFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.consumer.home import Home
    from models.consumer.options import ConsumerOptions
    from models.message import Delivery
    from models.network.line import Line


class Answers:
    """Sends the answers of one consumer over *line* to *group*.

    `after(delivery, now_s)` answers when work is over, `before` when it begins; None where nothing
    is said then.
    """

    def __init__(
        self, env: simpy.Environment, options: ConsumerOptions, *, group: Home, line: Line
    ) -> None:
        self._env = env
        self._line = line
        self._settle = group.settle
        self._answered = (self._arrive,)
        self._refuses = options.ack is AckMode.AFTER
        self._requeues = options.on_failure is OnFailure.REQUEUE
        self._swallows = options.on_failure is OnFailure.SWALLOW
        self._says_so = options.on_failure is not OnFailure.IGNORE
        self.before: Callable[[Delivery, float], None] | None = None
        self.after: Callable[[Delivery, float], None] | None = None
        if options.ack is AckMode.BEFORE:
            self.before = self._send_early
        elif options.ack is AckMode.AFTER:
            self.after = group.settle if line.ack_safe else self._send

    def refuse(self, delivery: Delivery) -> bool:
        """Make the answer a negative one; return whether there will be one."""
        # What was acknowledged before processing stays so: that answer may still be on its way.
        if self._refuses:
            delivery.accepted = self._swallows
            delivery.requeue = self._requeues
        return self._says_so

    def _send(self, delivery: Delivery, now_s: float) -> None:
        self._carry(delivery, delivery, self._answered, now_s)

    def _arrive(self, delivery: Delivery) -> None:
        self._settle(delivery, self._env.now)

    def _send_early(self, delivery: Delivery, now_s: float) -> None:
        # The delivery itself is busy being worked on: its acknowledgement is a call of its own.
        arrive = (partial(self._arrive_early, delivery),)
        self._carry(delivery, Call(arrive[0]), arrive, now_s)

    def _arrive_early(self, delivery: Delivery, _call: Call) -> None:
        self._settle(delivery, self._env.now)

    def _carry(
        self, delivery: Delivery, call: Call, arrive: tuple[Callable[..., None]], now_s: float
    ) -> None:
        """Let *call* bring the answer to *delivery*, if the network takes its time for it."""
        line, key, number = self._line, delivery.copy.message.key, delivery.number
        if not line.ack_instant:
            line.answer(call, arrive, key, number)
        elif line.ack_lost is None or not line.ack_lost(key, number):
            self._settle(delivery, now_s)
