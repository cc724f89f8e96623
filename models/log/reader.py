"""A consumer of a log: it asks for a batch, works on it, commits, and asks again.

It works on one record at a time of each partition, in order, and on up to `concurrency` partitions
at once. A partition keeps its turn until its records are done. When nothing is left the reader asks
for more; it may die at any time, like every consumer (`models.consumer`).

If processing raises, `requeue` tries again after the delay, in place, as a client that seeks back
does: the partition waits behind the record, the others go on. When the record has had all its
deliveries, or with `reject`, it goes to the dead letters and the partition goes on; the commit that
passes it parks it, as if both were one transaction. With `ignore` the partition goes on, and the
commit passes the record. What was committed before it was processed is not tried again.

If the broker goes down, the reader throws away what it has not begun and finishes what it has
begun. It keeps in mind how far it has come, and goes on there when the broker is back
(`positions`); if what it had begun raises, it reads that again. If a partition gets another owner,
it throws away what it has not begun, too, and finishes what it has begun for a commit that nobody
accepts. With automatic acknowledgement it works on: the records are its own.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, cast

from models.calls import NORMAL, Call
from models.consumer import AckMode, Consumer, OnFailure
from models.log.commits import Commits
from models.log.positions import Positions
from models.message import FAILED, WORKING

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
    from models.log.partition import Partition, Reading, Record
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
        self.positions = Positions()
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
        self.positions.forget(partition)
        lane = self._lanes.pop(partition, None)
        if lane is not None and lane in self._ready:
            self._ready.remove(lane)

    def stand_by(self) -> None:
        """Lose the broker, until it is back."""
        self.session = None
        self._commits.forget()
        if self._auto:
            return
        self._ready.clear()
        for partition, lane in list(self._lanes.items()):
            lane.waiting.clear()
            if lane.current is None or lane.current.phase is not WORKING:
                del self._lanes[partition]

    def cut_off(self) -> None:
        """Lose the broker, and all partitions with it."""
        self.stand_by()
        self.positions.clear()
        if not self._auto:
            self._lanes.clear()

    def has(self, record: Record) -> bool:
        """Return whether this reader is at work on *record*, or has passed it."""
        return not self._auto and (self.works_on(record) or self.positions.passed(record))

    def works_on(self, record: Record) -> bool:
        """Return whether *record* is in hand, in its turn."""
        lane = self._lanes.get(record.partition)
        current = None if lane is None else lane.current
        return current is not None and current.record is record and current.phase is WORKING

    def repeat(self, readings: list[Reading]) -> None:
        """Commit *readings*, which were passed while their partitions were nobody's."""
        if readings:
            self._commits.repeat(readings)

    def crash(self, kind: str) -> None:
        """Die, until `restart` is called as often as this."""
        for lane in self._lanes.values():
            self._waiting.extend(lane.waiting)  # whose end comes with all the others
        self._lanes.clear()
        self._ready.clear()
        self._commits.forget()
        self.positions.clear()
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
            if self._auto:
                self._step(lane, partition)
            elif reading.tenure != partition.tenure:
                self._pass_alone(reading, lane)
            elif reading.accepted or not reading.requeue or not self._pause(reading, lane):
                self._pass(reading)
                self._step(lane, partition)
        self._begin(now_s)

    def _pause(self, reading: Reading, lane: Lane) -> bool:
        """Try *reading* again after a pause; return False if it is not to be tried again."""
        pause_s = self._log.pause_s(reading)
        if pause_s is None:
            return False
        again = Call(partial(self._try_again, lane, reading))
        self._env.schedule(again, NORMAL, pause_s)
        return True

    def _pass(self, reading: Reading) -> None:
        """Leave *reading* behind."""
        if reading.accepted:
            self.positions.move(reading)
        if self._commits_after:
            self._note(reading)

    def _note(self, reading: Reading) -> None:
        self._commits.note(reading)
        if self._gathers and self._log.rebalancing:
            self._commits.send()  # before it is too late

    def _pass_alone(self, reading: Reading, lane: Lane) -> None:
        """Leave *reading* behind, of whose partition the broker has lost sight."""
        if reading.accepted:
            self.positions.move(reading)
        self._step(lane, reading.record.partition)
        if self.session is not None:
            for last in self._log.take_up(self.session):
                self._note(last)

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
