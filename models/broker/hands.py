"""Consumers that nothing separates from their broker: so many hands.

Where deliveries and acknowledgements take no time and are never lost, where nobody dies, and where
each consumer holds one delivery at a time, it works on that from when it is handed out until it is
answered. Then there is nothing to keep but who works on what: no sessions, no unacknowledged
deliveries, no buffers of consumers. `Hands` stand in for the consumers and for `broker.dispatch`,
with the same named draws. The ledger is the same, fact by fact, and it is there sooner.

What they cannot know before is that a delivery outlasts the acknowledgement timeout. They raise
`Overtime` then, and the run must be made again with consumers proper.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from models.broker.redelivery import REFUSED
from models.calls import NORMAL, Call
from models.consumer import AckMode, OnFailure
from models.consumer.failures import failures
from models.ledger import Cause
from models.shortcuts import ShortcutFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.foreseen import Foreseen
    from models.broker.options import BrokerOptions
    from models.broker.redelivery import RedeliveryOptions, Returns
    from models.broker.store import Store
    from models.consumer import ConsumerOptions
    from models.draws import Draws
    from models.ledger import Ledger
    from models.message import Copy
    from models.network import LinkOptions


class Overtime(ShortcutFailed):
    """A delivery outlasts the acknowledgement timeout."""


def applies(
    consumer: ConsumerOptions,
    broker: BrokerOptions,
    deliver: LinkOptions,
    *,
    prefetch: int,
    faults: bool,
    remembers: bool = False,
) -> str | None:
    """Return None if `Hands` may stand in for the consumers, else why they may not.

    *deliver* is the link from the broker to them; *faults* says whether any of them can fail;
    *remembers* whether they skip what they have done.
    """
    if faults:
        return "the broker or its consumers can fail"
    if broker.to_disk and broker.disk.failure:
        return "writes are refused (disk.failure)"
    if broker.not_one_queue:
        return broker.not_one_queue
    if consumer.crash_before_effect or consumer.crash_after_effect:
        return "consumers can crash (consumer.crash_before_effect, crash_after_effect)"
    if consumer.ack is not AckMode.AFTER:
        return f"acknowledgements do not wait for the effect (consumer.ack is {consumer.ack.value})"
    if remembers or broker.ordered or broker.priorities > 1:
        return "messages are skipped or pass others (consumer.dedup, ordered, broker.priorities)"
    if consumer.can_fail and consumer.on_failure not in (OnFailure.REQUEUE, OnFailure.REJECT):
        return "failures are not answered (consumer.on_failure)"
    if not (deliver.safe and deliver.ack_safe):
        return "the network to the consumers delays, loses or doubles (network.deliver)"
    if prefetch != 1:
        return "consumers hold more than one delivery (consumer.prefetch)"
    return None


class Hand(Call):
    """Consumer *index*, at work on delivery `number` of the message of `copy` until `ends_s`."""

    __slots__ = ("copy", "ends_s", "index", "number", "service_s")
    copy: Copy
    number: int
    service_s: float
    ends_s: float

    def __init__(self, index: int) -> None:
        self.index = index


class Hands:
    """All consumers of a broker, and how it hands out copies to them.

    *taken* hears when the queue has become shorter, `ahead` is where arrivals are known before.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: ConsumerOptions,
        redelivery: RedeliveryOptions,
        *,
        instances: int,
        store: Store,
        returns: Returns,
        taken: Callable[[], None] | None,
        ahead: Foreseen | None,
        ledger: Ledger,
        draws: Draws,
    ) -> None:
        self._env = env
        self._store = store
        self._queue = store.queue
        self._returns = returns
        self._taken = taken
        self.ahead = ahead
        self._to_other = redelivery.to_other
        self._ack_timeout_s = redelivery.ack_timeout_s
        self._requeues = options.on_failure is OnFailure.REQUEUE
        self._raised = ledger.raised.add
        self._write_delivered, self._pack_delivered = ledger.delivered.write, ledger.delivered.pack
        self._write_effected, self._pack_effected = ledger.effected.write, ledger.effected.pack
        self._service_s = draws.law("consumer", "service", options.service)
        self._fails = failures(draws, "consumer", options)
        self._done = (self._finish,)
        self._idle: deque[Hand] = deque()  # in turn
        for index in range(instances):
            begin = Call(partial(self._begin, Hand(index)))
            start_s = draws.law(f"consumer {index}", "start", options.start)(0, 0)
            env.schedule(begin, NORMAL, start_s)

    def _begin(self, hand: Hand, _call: Call) -> None:
        self._idle.append(hand)
        self.offer(self._env.now)

    def offer(self, now_s: float) -> None:
        """Hand out copies while there are some and somebody is idle."""
        idle, queue, ahead = self._idle, self._queue, self.ahead
        while idle:
            if queue.size:
                self._start(queue.pop(), now_s)
                if self._taken is not None:
                    self._taken()
            elif ahead is None:
                return
            elif ahead.next_s < now_s:  # what comes just now comes after this
                self._start(ahead.take(), now_s)
            else:
                ahead.wait()
                return

    def _start(self, copy: Copy, now_s: float) -> None:
        """Let whose turn it is work on *copy*."""
        hand = self._another(copy) if self._to_other and copy.deliveries else self._idle.popleft()
        message, index = copy.message, hand.index
        number = message.deliveries = message.deliveries + 1
        before = copy.deliveries
        copy.deliveries = before + 1
        copy.holder = index
        # A function that is kept in an attribute is called faster by a name of its own.
        write, pack, draw_s = self._write_delivered, self._pack_delivered, self._service_s
        write(pack(message.row, now_s, index, before > 0))
        service_s = draw_s(message.key, number)
        if service_s >= self._ack_timeout_s:
            raise Overtime
        hand.copy = copy
        hand.number = number
        hand.service_s = service_s
        hand.ends_s = now_s + service_s
        hand.callbacks = self._done
        self._env.schedule(hand, NORMAL, service_s)

    def _another(self, copy: Copy) -> Hand:
        """Take the first in turn who did not have *copy* last, if there is one."""
        idle = self._idle
        others = (place for place, hand in enumerate(idle) if hand.index != copy.holder)
        place = next(others, 0)
        hand = idle[place]
        del idle[place]  # whom it passes over keep their turn
        return hand

    def _finish(self, hand: Hand) -> None:
        copy, number, now = hand.copy, hand.number, hand.ends_s
        message, fails = copy.message, self._fails
        self._idle.append(hand)
        if fails is not None and fails(message.key, number):
            self._raised(message.row, now, hand.service_s, number)
            if self._requeues:
                self._returns.give_back(copy, number, REFUSED)
            else:
                self._store.discard(copy, Cause.REJECTED)
        else:
            write, pack = self._write_effected, self._pack_effected
            write(pack(message.row, now, hand.service_s, number))
            self._store.complete(copy, now)
        self.offer(now)
