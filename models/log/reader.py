"""A consumer of a log: it asks for a batch, works on it, commits, and asks again.

It works on one record at a time of each partition, in order, and on up to `concurrency` partitions
at once. A partition keeps its turn until its records are done. When nothing is left the reader asks
for more; it may die at any time, like every consumer (`models.consumer`).

If processing raises, `requeue` tries again after the delay, in place, as a client that seeks back
does: the partition waits behind the record, the others go on. When the record has had all its
deliveries, or with `reject`, it goes to the dead letters and the partition goes on; the commit that
passes it parks it, as if both were one transaction. With `ignore` the partition goes on, and the
commit passes the record. What was committed before it was processed is not tried again.

If the broker goes down, or a partition gets another owner, the reader throws away what it has not
begun, and finishes what it has begun, for a commit that nobody accepts. With automatic
acknowledgement it works on: the records are its own.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, cast

from models.calls import NORMAL, Call
from models.consumer import AckMode, Consumer, OnFailure
from models.log.commits import Commits
from models.message import FAILED

if TYPE_CHECKING:
    import simpy

    from models.broker.consumer_group import ConsumerGroup
    from models.census import Census
    from models.consumer import ConsumerOptions, Memory
    from models.draws import Draws
    from models.ledger import Ledger
    from models.log.fetches import Batch
    from models.log.group import LogGroup
    from models.log.member import Member
    from models.log.partition import Partition, Reading
    from models.message import Delivery
    from models.network.link import Link


class Lane:
    """What a reader has of one partition: the record it is at, and those behind it."""

    __slots__ = ("current", "waiting")

    def __init__(self) -> None:
        self.current: Reading | None = None
        self.waiting: deque[Reading] = deque()


class Reader(Consumer):
    """Consumer *index* of all, a member of *group*; commits travel back over *link*."""

    session: Member | None

    def __init__(
        self,
        env: simpy.Environment,
        options: ConsumerOptions,
        *,
        index: int,
        group: ConsumerGroup,
        link: Link,
        ledger: Ledger,
        census: Census,
        draws: Draws,
        memory: Memory | None = None,
    ) -> None:
        super().__init__(
            env,
            options,
            index=index,
            group=group,
            link=link,
            ledger=ledger,
            census=census,
            draws=draws,
            memory=memory,
        )
        self._log = cast("LogGroup", group)  # as all groups of a log are
        self._lanes: dict[Partition, Lane] = {}  # those with something in them
        self._ready: deque[Lane] = deque()  # those of them that wait for their turn
        self._commits = Commits(env, options, line=self.line, settle=group.settle)
        self._gathers = options.ack is AckMode.BATCH
        self._commits_after = self._gathers or options.ack is AckMode.AFTER
        self._requeues = options.on_failure is OnFailure.REQUEUE
        goes_on = options.on_failure in (OnFailure.IGNORE, OnFailure.SWALLOW)
        self._passes = goes_on or not self._commits_after
        self._refuse = self._judge
        self._answer = self._go_behind
        self._answer_before = self._commit_before if options.ack is AckMode.BEFORE else None
        self.hear_batch = (self.take,)

    def take(self, batch: Batch) -> None:
        """Take the records of *batch*, except those that are somebody else's by now."""
        member = batch.member
        member.fetching = False
        if not self.up or member.life != self.life:
            self.forget(batch)
            return
        for reading in batch.readings:
            if reading.phase is not FAILED:
                self._put_in_lane(reading)
        self._begin(self._env.now)

    def forget(self, batch: Batch) -> None:
        """Let the records of *batch* come to nothing."""
        for reading in batch.readings:
            if reading.phase is not FAILED:
                self._end(reading, FAILED)

    def go_on(self) -> None:
        """Begin and ask, as far as there is reason to."""
        self._begin(self._env.now)

    def give_up(self) -> None:
        """Commit what is processed, since partitions are about to change hands."""
        if self._gathers:
            self._commits.send()

    def revoke(self, partition: Partition) -> None:
        """Have no part in *partition* any more."""
        if self._auto:
            return
        lane = self._lanes.pop(partition, None)
        if lane is not None and lane in self._ready:
            self._ready.remove(lane)

    def cut_off(self) -> None:
        """Lose the broker."""
        self.session = None
        self._commits.forget()
        if not self._auto:
            self._lanes.clear()
            self._ready.clear()

    def crash(self, kind: str) -> None:
        """Die, until `restart` is called as often as this."""
        for lane in self._lanes.values():
            self._waiting.extend(lane.waiting)  # whose end comes with all the others
        self._lanes.clear()
        self._ready.clear()
        self._commits.forget()
        if self.session is not None:
            self.session.asking = False  # its question dies with it
        super().crash(kind)

    def _put_in_lane(self, reading: Reading) -> None:
        partition = reading.record.partition
        lane = self._lanes.get(partition)
        if lane is None:
            lane = self._lanes[partition] = Lane()
            self._ready.append(lane)
        lane.waiting.append(reading)

    def _begin(self, now_s: float) -> None:
        """Work on what waits, unless the group stands still; ask for more if nothing is left."""
        ready = self._ready
        while ready and len(self._working) < self._concurrency and not self._log.rebalancing:
            lane = ready.popleft()
            lane.current = lane.waiting.popleft()
            self._work(lane.current, now_s)
        member = self.session
        if not self._lanes and member is not None and not member.fetching:
            member.fetching = member.asking = True
            self._log.ask(member, now_s)

    def _commit_before(self, delivery: Delivery, _now_s: float) -> None:
        self._commits.note(cast("Reading", delivery))

    def _judge(self, delivery: Delivery) -> bool:
        """Say what is to become of the record."""
        delivery.requeue = self._requeues
        delivery.accepted = self._passes
        return True

    def _go_behind(self, delivery: Delivery, now_s: float) -> None:
        """Go on behind *delivery*, or try it again."""
        reading = cast("Reading", delivery)
        partition = reading.record.partition
        lane = self._lanes.get(partition)
        if lane is not None and lane.current is reading:
            if not reading.accepted and reading.requeue:
                pause_s = self._log.pause_s(reading)
                if pause_s is not None:
                    again = Call(partial(self._try_again, lane, reading))
                    self._env.schedule(again, NORMAL, pause_s)
                    self._begin(now_s)
                    return
            if self._commits_after:
                self._commits.note(reading)
                if self._gathers and self._log.rebalancing:
                    self._commits.send()  # before it is too late
            self._step(lane, partition)
        self._begin(now_s)

    def _step(self, lane: Lane, partition: Partition) -> None:
        """Let *lane* have its next turn, if there is something left in it."""
        lane.current = None
        if lane.waiting:
            self._ready.appendleft(lane)
        else:
            del self._lanes[partition]

    def _try_again(self, lane: Lane, reading: Reading, _call: Call) -> None:
        partition, now_s = reading.record.partition, self._env.now
        if self._lanes.get(partition) is not lane or lane.current is not reading:
            return  # somebody else's by now, or forgotten with its process
        if self._log.again(reading, now_s):
            lane.waiting.appendleft(reading)
        self._step(lane, partition)
        self._begin(now_s)
