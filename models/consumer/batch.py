"""Acknowledgements in batches: many effects, one answer.

The answer goes when `every` effects wait for it, or `interval_s` after the first of them. It
acknowledges what has been processed, and nothing that is still being worked on. With one message at
a time that is the cumulative acknowledgement of AMQP 0-9-1 (`basic.ack` with `multiple`) and of
STOMP (`ack:client`). What failed is answered by itself, at once. A consumer that dies before takes
the batch with it, and all its effects will be repeated.

A prefetch limit below `every` keeps the batch from filling: every answer then waits for the
interval. Real consumers that have no interval stand still for ever there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from models.calls import NORMAL, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.consumer.options import CommitOptions
    from models.message import Delivery


class Batch:
    """What is to be acknowledged together, by `send(deliveries, now_s)`; never an empty list."""

    def __init__(
        self,
        env: simpy.Environment,
        send: Callable[[list[Delivery], float], None],
        options: CommitOptions,
    ) -> None:
        self._env = env
        self._send = send
        self._every = options.every
        self._interval_s = options.interval_s
        self._waiting: list[Delivery] = []

    def add(self, delivery: Delivery, now_s: float) -> None:
        """Acknowledge *delivery* with the others."""
        waiting = self._waiting
        waiting.append(delivery)
        if len(waiting) >= self._every:
            self._waiting = []
            self._send(waiting, now_s)
        elif len(waiting) == 1:
            due = Call(partial(self._due, waiting))
            self._env.schedule(due, NORMAL, self._interval_s)

    def forget(self) -> None:
        """Lose what waits: its consumer has died, or its broker is gone."""
        self._waiting = []

    def _due(self, waiting: list[Delivery], _call: Call) -> None:
        if waiting is self._waiting:  # and neither sent nor forgotten
            self._waiting = []
            self._send(waiting, self._env.now)
