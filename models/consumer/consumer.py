"""A consumer: works on deliveries and acknowledges them, before or after, or not at all.

It works on up to `concurrency` deliveries at once and keeps the others it was given in a buffer.
Processing can raise before its effect (`consumer.failures`). Then the consumer answers, or says
nothing, or publishes the message again (`consumer.republish`), or dies, since nothing in its
process catches the error. An idempotent consumer skips what it
remembers (`consumer.memory`): it looks before it begins, when that costs no time, and again with
the effect, since another may have been quicker. A transactional one has its effects only where
their acknowledgements are taken (`consumer.transaction`).

The process can also die during processing (just before the effect), between the effect and its
acknowledgement, or at any time by an outside fault. Whatever it had not finished is then forgotten;
the broker sees the death after `detect`, until when it goes on giving to the dead, and a new
process connects after `restart`. A consumer that asks for what it gets asks no more from then on,
and the broker never sees its death.

If the broker goes down, a consumer that acknowledges by itself throws away what it has not begun,
since the broker will give it again, and finishes what it has begun, for an acknowledgement that
means nothing any more. With automatic acknowledgement it works on: the deliveries are its own.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, cast

from models.calls import NORMAL, Call
from models.consumer.answers import Answers
from models.consumer.failures import failures
from models.consumer.memory import Memory
from models.consumer.options import AckMode, OnFailure
from models.consumer.republish import Republisher
from models.consumer.transaction import Transaction
from models.ledger import Cause
from models.message import EFFECTED, FAILED, TWIN, WORKING, Delivery, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.group import Group
    from models.broker.sessions import Session
    from models.census import Census
    from models.consumer.home import Home
    from models.consumer.options import ConsumerOptions
    from models.draws import Draws
    from models.faults import Victim
    from models.ledger import Ledger
    from models.network.link import Link

_COUNT = ~TWIN  # leaves of a delivery's number what the broker counts


class Consumer:
    """Consumer *index* of all, in *group*; acknowledgements travel back over *link*.

    `life` counts its processes: what belongs to an earlier one is dead. `body` is what dies when it
    kills its process: itself, unless it shares that with others.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: ConsumerOptions,
        *,
        index: int,
        group: Home,
        link: Link,
        ledger: Ledger,
        census: Census,
        draws: Draws,
        memory: Memory | None = None,
    ) -> None:
        self._env = env
        self._auto = options.ack is AckMode.AUTO
        self.index = index
        self._group = group
        self.line = link.line(index)
        self._ledger = ledger
        self._write_effected, self._pack_effected = ledger.effected.write, ledger.effected.pack
        self._census = census
        # Deliveries are numbered in each group, so each has luck of its own.
        name = f"consumer of group {group.index}" if group.index else "consumer"
        self._service_s = draws.law(name, "service", options.service)
        self._fails = failures(draws, name, options)
        self._dies_before = draws.coin(name, "crash_before", options.crash_before_effect)
        self._dies_after = draws.coin(name, "crash_after", options.crash_after_effect)
        self._restart_s = draws.law(f"consumer {index}", "restart", options.restart)
        self._detect_s = draws.law(f"consumer {index}", "detect", options.detect)
        self._concurrency = options.concurrency
        self._memory = Memory(0) if memory is None else memory
        self._take_up: Callable[[Delivery, float], None] = self._work
        self._do: Callable[[Delivery, float], bool] = self._effect
        if memory is not None:
            self._take_up, self._do = self._work_unless_known, self._do_once
        settle, settle_all = group.settle, None
        if options.transactional:
            commit = Transaction(cast("Group", group), self._do)
            settle, settle_all, self._do = commit.settle, commit.settle_all, self._put_off
        answers = Answers(env, options, settle=settle, settle_all=settle_all, line=self.line)
        self._forget, self._refuse = answers.forget, answers.refuse
        self._answer_before, self._answer = answers.before, answers.after
        self._fail: Callable[[Delivery, float], bool] = self._give_up_on
        if options.on_failure is OnFailure.CRASH:
            self._fail = self._die_of
        elif options.on_failure is OnFailure.REPUBLISH:
            again = Republisher(env, self.line, group.readmit, ledger=ledger, census=census)
            self._publish_again, self._fail = again.publish, self._republish
        self._waiting: deque[Delivery] = deque()
        self._working: dict[Delivery, bool] = {}  # all true
        self._done = (self._finish,)
        self.hear = (self._arrive,)
        self.session: Session | None = None
        self.life = 0
        self.body: Victim = self
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
            take_up = self._take_up
            take_up(delivery, now_s)
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
        self._forget()
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
        self._forget()
        for delivery in dying:
            if delivery.phase is not EFFECTED:
                self._end(delivery, FAILED)
        if self.session is not None:
            session, self.session = self.session, None
            if session.unwatched:
                self._group.lost(session)
                return
            call = Call(partial(self._seen_dead, session))
            self._env.schedule(call, NORMAL, self._detect_s(self.life, 0))

    def restart(self) -> None:
        """Come back as a new process, once every crash is over."""
        self._outages -= 1
        if not self._outages:
            self._ledger.restarts.append((self._env.now, f"consumer {self.index}"))
            self._join()

    def _start(self, _call: Call) -> None:
        self._outages -= 1
        if not self._outages:
            self._join()

    def _join(self) -> None:
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
        if self._answer_before is not None:
            self._answer_before(delivery, now_s)

    def _work_unless_known(self, delivery: Delivery, now_s: float) -> None:
        """Work on the first of *delivery* and those that wait which is not remembered."""
        known = []
        while delivery.copy.message.key in self._memory:
            known.append(delivery)
            if not self._waiting:
                break
            delivery = self._waiting.popleft()
        else:
            self._work(delivery, now_s)
        # Only now, when the hand is busy or nothing waits: an answer may bring the next delivery.
        for delivery in known:
            self._skip(delivery, now_s)
            for answer in (self._answer_before, self._answer):
                if answer is not None:
                    answer(delivery, now_s)

    def _skip(self, delivery: Delivery, now_s: float) -> None:
        message, number = delivery.copy.message, delivery.number
        self._ledger.skipped.add(message.row, now_s, number & _COUNT)
        self._end(delivery, EFFECTED)  # by an earlier one

    def _finish(self, delivery: Delivery) -> None:
        if not self._working.pop(delivery, False):
            return  # the process that worked on it is dead
        message, number, now = delivery.copy.message, delivery.number, delivery.ends_s
        key = message.key
        dies_before, fails = self._dies_before, self._fails
        if dies_before is not None and dies_before(key, number):
            self._working[delivery] = True  # it still does
            self._die()
            return
        if fails is not None and fails(key, number):
            self._ledger.raised.add(message.row, now, delivery.service_s, number & _COUNT)
            fail = self._fail
            says_so = fail(delivery, now)
        else:
            do = self._do
            says_so = do(delivery, now)
        # What waits here comes before what the broker may send for the answer.
        if self._waiting:
            take_up = self._take_up
            take_up(self._waiting.popleft(), now)
        answer = self._answer
        if says_so and answer is not None:
            answer(delivery, now)

    def _give_up_on(self, delivery: Delivery, _now_s: float) -> bool:
        """Let *delivery* come to nothing; return whether the broker will hear of it."""
        self._end(delivery, FAILED)
        return self._refuse(delivery)

    def _republish(self, delivery: Delivery, now_s: float) -> bool:
        """Publish the message again, while it is certain that it is still open."""
        self._publish_again(delivery, now_s)
        return self._give_up_on(delivery, now_s)

    def _die_of(self, delivery: Delivery, _now_s: float) -> bool:
        """Let nobody catch the error: *delivery* was the last of this process."""
        self._end(delivery, FAILED)
        self._die()
        return False

    def _effect(self, delivery: Delivery, now_s: float) -> bool:
        """Have the effect; return whether the process survives it, and can say so."""
        message, number = delivery.copy.message, delivery.number
        write, pack, dies_after = self._write_effected, self._pack_effected, self._dies_after
        write(pack(message.row, now_s, delivery.service_s, number & _COUNT))
        if delivery.counted:
            self._end(delivery, EFFECTED)
        delivery.phase = EFFECTED
        if dies_after is None or not dies_after(message.key, number):
            return True
        if delivery.session.life == self.life:  # a commit may outlive its sender
            self._die()
        return False

    def _do_once(self, delivery: Delivery, now_s: float) -> bool:
        """Have the effect, unless another had it meanwhile."""
        key, memory = delivery.copy.message.key, self._memory
        if key in memory:
            self._skip(delivery, now_s)
            return True
        memory.remember(key)
        return self._effect(delivery, now_s)

    def _put_off(self, delivery: Delivery, _now_s: float) -> bool:
        """Leave the effect to the commit: without it this delivery comes to nothing."""
        self._end(delivery, FAILED)
        return True

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
        body = self.body
        body.crash("crash")
        restart = Call(lambda _call: body.restart())
        self._env.schedule(restart, NORMAL, self._restart_s(self.life, 0))
