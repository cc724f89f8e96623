"""What a consumer tells its broker of a delivery, and how that gets there.

With automatic acknowledgement it says nothing. Acknowledging before, it answers when it begins to
work; acknowledging after, when the work is done or has failed; in batches (`consumer.batch`), when
enough is done. A batch is one packet, which has the luck of its last delivery. An answer travels
back over the deliver link, where it may take its time or be lost, and may come when its delivery is
no longer the broker's concern.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from models.calls import Call
from models.consumer.batch import Batch
from models.consumer.options import AckMode, OnFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.consumer.options import ConsumerOptions
    from models.message import Delivery
    from models.network.line import Line

_SILENT = (OnFailure.IGNORE, OnFailure.REPUBLISH, OnFailure.CRASH)
"""After these the broker hears nothing of the delivery that failed."""


class Answers:
    """Sends the answers of one consumer over *line* to the broker, where *settle* takes them.

    *settle_all* takes those of a batch, one by one if it is not given.

    `after(delivery, now_s)` answers when work is over, `before` when it begins; None where nothing
    is said then.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: ConsumerOptions,
        *,
        settle: Callable[[Delivery, float], None],
        settle_all: Callable[[list[Delivery], float], None] | None = None,
        line: Line,
    ) -> None:
        self._env = env
        self._line = line
        self._settle = settle
        self._settle_all = settle_all or self._settle_each
        self._answered = (self._arrive,)
        self._refuses = options.acknowledges_effects
        self._requeues = options.on_failure is OnFailure.REQUEUE
        self._swallows = options.on_failure is OnFailure.SWALLOW
        self._says_so = options.on_failure not in _SILENT
        self.before: Callable[[Delivery, float], None] | None = None
        self.after: Callable[[Delivery, float], None] | None = None
        self._one = settle if line.ack_safe else self._send
        self._batch: Batch | None = None
        if options.ack is AckMode.BEFORE:
            self.before = self._send_early
        elif options.ack is AckMode.AFTER:
            self.after = self._one
        elif options.ack is AckMode.BATCH:
            self._batch = Batch(env, self._send_all, options.commit)
            self.after = self._gather

    def refuse(self, delivery: Delivery) -> bool:
        """Make the answer a negative one; return whether there will be one."""
        # What was acknowledged before processing stays so: that answer may still be on its way.
        if self._refuses:
            delivery.accepted = self._swallows
            delivery.requeue = self._requeues
        return self._says_so

    def forget(self) -> None:
        """Lose what was to be acknowledged, for the process has died or the broker is gone."""
        if self._batch is not None:
            self._batch.forget()

    def _gather(self, delivery: Delivery, now_s: float) -> None:
        if not delivery.accepted or self._batch is None:
            self._one(delivery, now_s)
        elif delivery.session.open:  # or there is nothing to acknowledge
            self._batch.add(delivery, now_s)

    def _send(self, delivery: Delivery, _now_s: float) -> None:
        self._carry(delivery, delivery, self._answered)

    def _arrive(self, delivery: Delivery) -> None:
        self._settle(delivery, self._env.now)

    def _send_early(self, delivery: Delivery, _now_s: float) -> None:
        # The delivery itself is busy being worked on: its acknowledgement is a call of its own.
        arrive = (partial(self._arrive_early, delivery),)
        self._carry(delivery, Call(arrive[0]), arrive)

    def _arrive_early(self, delivery: Delivery, _call: Call) -> None:
        self._settle(delivery, self._env.now)

    def _send_all(self, deliveries: list[Delivery], _now_s: float) -> None:
        arrive = (partial(self._arrive_all, deliveries),)
        self._carry(deliveries[-1], Call(arrive[0]), arrive)

    def _arrive_all(self, deliveries: list[Delivery], _call: Call) -> None:
        self._settle_all(deliveries, self._env.now)

    def _settle_each(self, deliveries: list[Delivery], now_s: float) -> None:
        for delivery in deliveries:
            self._settle(delivery, now_s)

    def _carry(self, named: Delivery, call: Call, arrive: tuple[Callable[..., None]]) -> None:
        """Let *call* bring an answer, if the network takes its time for it; *named*: its luck."""
        line, key, number = self._line, named.copy.message.key, named.number
        if not line.ack_instant:
            line.answer(call, arrive, key, number)
        elif line.ack_lost is None or not line.ack_lost(key, number):
            arrive[0](call)
