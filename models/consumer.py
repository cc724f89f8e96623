"""A consumer: works on deliveries and acknowledges them, before or after, or not at all.

It works on up to `concurrency` deliveries at once and keeps the others it was given in its memory.
Processing can raise before its effect. The process can die: during processing (just before the
effect), between the effect and its acknowledgement, or at any time by an outside fault. Whatever it
had not finished is then forgotten; the broker sees the death after `detect`, until when it goes on
giving to the dead, and a new process connects after `restart`.

If the broker goes down, a consumer that acknowledges by itself throws away what it has not begun,
since the broker will give it again, and finishes what it has begun, for an acknowledgement that
means nothing any more. With automatic acknowledgement it works on: the deliveries are its own.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from models.calls import NORMAL, Call
from models.checks import at_least, probability
from models.ledger import Cause
from models.message import EFFECTED, FAILED, TWIN, WORKING, Delivery, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.group import Group
    from models.broker.sessions import Session
    from models.census import Census
    from models.draws import Draws
    from models.laws import Law
    from models.ledger import Ledger
    from models.link import Link

_COUNT = ~TWIN  # leaves of a delivery's number what the broker counts


class AckMode(StrEnum):
    """When a delivery is acknowledged."""

    AUTO = "auto"  # by being handed over
    BEFORE = "before"  # by the consumer, before processing
    AFTER = "after"  # by the consumer, after the effect


class OnFailure(StrEnum):
    """What a consumer does when processing raised."""

    REQUEUE = "requeue"
    REJECT = "reject"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerOptions:
    """How a consumer works. Laws in seconds, probabilities per delivery."""

    service: Law
    concurrency: int = 1
    ack: AckMode = AckMode.AFTER
    failure: float = 0.0
    on_failure: OnFailure = OnFailure.REQUEUE
    crash_before_effect: float = 0.0
    crash_after_effect: float = 0.0
    restart: Law
    detect: Law
    start: Law

    def __post_init__(self) -> None:
        at_least(1, concurrency=self.concurrency)
        probability(
            failure=self.failure,
            crash_before_effect=self.crash_before_effect,
            crash_after_effect=self.crash_after_effect,
        )


class Consumer:
    """Consumer *index* of all, in *group*; acknowledgements travel back over *link*.

    `life` counts its processes: what belongs to an earlier one is dead.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: ConsumerOptions,
        *,
        index: int,
        group: Group,
        link: Link,
        ledger: Ledger,
        census: Census,
        draws: Draws,
    ) -> None:
        self._env = env
        self._options = options
        self._auto = options.ack is AckMode.AUTO
        self._acks_before = options.ack is AckMode.BEFORE
        self._acks_after = options.ack is AckMode.AFTER
        self.index = index
        self._group = group
        self._link = link
        self._ledger = ledger
        self._write_effected, self._pack_effected = ledger.effected.write, ledger.effected.pack
        self._census = census
        # Deliveries are numbered in each group, so each has luck of its own.
        name = f"consumer of group {group.index}" if group.index else "consumer"
        self._service_s = draws.law(name, "service", options.service)
        self._fails = draws.coin(name, "failure", options.failure)
        self._dies_before = draws.coin(name, "crash_before", options.crash_before_effect)
        self._dies_after = draws.coin(name, "crash_after", options.crash_after_effect)
        self._restart_s = draws.law(f"consumer {index}", "restart", options.restart)
        self._detect_s = draws.law(f"consumer {index}", "detect", options.detect)
        self._concurrency = options.concurrency
        self._answers_at_once = self._acks_after and link.ack_safe
        self._waiting: deque[Delivery] = deque()
        self._working: dict[Delivery, bool] = {}  # all true
        self._settle = group.settle
        self._answered = (group.answered,)
        self._done = (self._finish,)
        self.hear = (self._arrive,)
        self.session: Session | None = None
        self.life = 0
        self._outages = 1  # not started yet
        start_s = draws.law(f"consumer {index}", "start", options.start)(0, 0)
        env.schedule(Call(self._start), NORMAL, start_s)

    def receive(self, delivery: Delivery, now_s: float) -> None:
        """Take a delivery; work on it as soon as there is a hand free."""
        session = delivery.session
        # A session that is closed: a crash of the broker, which will repeat what it gave.
        if self._outages or session.life != self.life or not (session.open or self._auto):
            self._end(delivery, FAILED)
        elif len(self._working) < self._concurrency:
            self._work(delivery, now_s)
        else:
            self._waiting.append(delivery)

    def _arrive(self, delivery: Delivery) -> None:
        self.receive(delivery, self._env.now)

    @property
    def up(self) -> bool:
        """Whether this consumer is running."""
        return not self._outages

    def cut_off(self) -> None:
        """Lose the broker: drop what it will give again."""
        self.session = None
        if not self._auto:
            while self._waiting:
                self._end(self._waiting.popleft(), FAILED)

    def crash(self, kind: str) -> None:
        """Die, until `restart` is called as often as this."""
        self._ledger.crashes.append((self._env.now, f"consumer {self.index}", kind))
        self._outages += 1
        self.life += 1
        dying = [*self._working, *self._waiting]
        self._working.clear()
        self._waiting.clear()
        for delivery in dying:
            if delivery.phase is not EFFECTED:
                self._end(delivery, FAILED)
        if self.session is not None:
            session, self.session = self.session, None
            call = Call(partial(self._seen_dead, session))
            self._env.schedule(call, NORMAL, self._detect_s(self.life, 0))

    def restart(self) -> None:
        """Come back as a new process, once every crash is over."""
        self._outages -= 1
        if not self._outages:
            self._ledger.restarts.append((self._env.now, f"consumer {self.index}"))
            self._group.connect(self)

    def _start(self, _call: Call) -> None:
        self._outages -= 1
        if not self._outages:
            self._group.connect(self)

    def _seen_dead(self, session: Session, _call: Call) -> None:
        self._group.lost(session)

    def _work(self, delivery: Delivery, now_s: float) -> None:
        self._working[delivery] = True
        delivery.phase = WORKING
        # A function kept in an attribute is called faster by a name of its own.
        draw_s = self._service_s
        service_s = delivery.service_s = draw_s(delivery.copy.message.key, delivery.number)
        delivery.ends_s = now_s + service_s
        delivery.callbacks = self._done
        self._env.schedule(delivery, NORMAL, service_s)
        if self._acks_before:
            self._acknowledge_early(delivery, now_s)

    def _finish(self, delivery: Delivery) -> None:
        if not self._working.pop(delivery, False):
            return  # the process that worked on it is dead
        message, number, now = delivery.copy.message, delivery.number, delivery.ends_s
        key = message.key
        dies_before, fails, dies_after = self._dies_before, self._fails, self._dies_after
        if dies_before is not None and dies_before(key, number):
            self._working[delivery] = True  # it still does
            self._die()
            return
        if fails is not None and fails(key, number):
            self._ledger.raised.add(message.row, now, delivery.service_s, number & _COUNT)
            self._end(delivery, FAILED)
            answers = self._refuse(delivery)
        else:
            write, pack = self._write_effected, self._pack_effected
            write(pack(message.row, now, delivery.service_s, number & _COUNT))
            if delivery.counted:
                self._end(delivery, EFFECTED)
            delivery.phase = EFFECTED
            if dies_after is not None and dies_after(key, number):
                self._die()
                return
            answers = True
        # What waits here comes before what the broker may send for the answer.
        if self._waiting:
            self._work(self._waiting.popleft(), now)
        if answers:
            self._answer(delivery, now)

    def _refuse(self, delivery: Delivery) -> bool:
        """Make the answer a negative one; return whether there will be one."""
        # What was acknowledged before processing stays so: that answer may still be on its way.
        if self._acks_after:
            delivery.accepted = False
            delivery.requeue = self._options.on_failure is OnFailure.REQUEUE
        return self._options.on_failure is not OnFailure.IGNORE

    def _answer(self, delivery: Delivery, now_s: float) -> None:
        if self._answers_at_once:
            settle = self._settle
            settle(delivery, now_s)
        elif self._acks_after:
            self._send_answer(delivery, delivery, self._answered, now_s)

    def _acknowledge_early(self, delivery: Delivery, now_s: float) -> None:
        # The delivery itself is busy being worked on: its acknowledgement is a call of its own.
        arrive = (partial(self._arrive_early, delivery),)
        self._send_answer(delivery, Call(arrive[0]), arrive, now_s)

    def _arrive_early(self, delivery: Delivery, _call: Call) -> None:
        self._settle(delivery, self._env.now)

    def _send_answer(
        self, delivery: Delivery, call: Call, arrive: tuple[Callable[..., None]], now_s: float
    ) -> None:
        """Let *call* bring the answer to *delivery*, if the network takes its time for it."""
        link, key, number = self._link, delivery.copy.message.key, delivery.number
        if not link.ack_instant:
            link.answer(call, arrive, key, number)
        elif link.ack_lost is None or not link.ack_lost(key, number):
            self._settle(delivery, now_s)

    def _end(self, delivery: Delivery, phase: Phase) -> None:
        """Bring the delivery to its end here: *phase* is EFFECTED or FAILED."""
        delivery.phase = phase
        if delivery.counted:
            delivery.counted = False
            message = delivery.copy.message
            if phase is FAILED:
                cause = delivery.orphan
                if delivery.twin_of is not None:  # it was one more, and now is not
                    cause = Cause.NETWORK if delivery.copy.cause is None else delivery.copy.cause
                if cause is not None:
                    self._ledger.dropped.add(message.row, self._env.now, cause)
            self._census.release(message)

    def _die(self) -> None:
        """Die by one's own hand, and come back."""
        self.crash("crash")
        restart = Call(lambda _call: self.restart())
        self._env.schedule(restart, NORMAL, self._restart_s(self.life, 0))
