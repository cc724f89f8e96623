"""A consumer group that reads a log: its partitions, its members, and what it has committed.

What a group has committed is removed for it, although the log keeps it. What it has not is its lag,
and that is the length of its queue. The group may see a record again that it has not committed;
where a new owner of a partition begins is its committed position, which is a record on the broker's
own disk: in the page cache at once, durable with the next sync, like every removal
(`models.disk`). So a power loss can take a position back, and never beyond the log's end, since
what it cuts off the log no durable position has passed. Kafka keeps positions in a log of their own
(`__consumer_offsets`), on the same kind of disk, which is not synced for them either. Who keeps its
partition over a crash of the broker goes on from where it was (`positions`).

Subscriptions are as those of queues: `from_start` is a group whose first position is the end of the
log (Kafka's `auto.offset.reset=latest`), `transient` one that keeps no position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from models.broker.group import Subscription
from models.broker.store import Store
from models.keys import OrderKeys
from models.ledger import Cause
from models.log.fetches import Fetches
from models.log.member import Member
from models.log.membership import Membership
from models.log.partition import Partition
from models.log.positions import Continuations
from models.log.returns import Returns
from models.message import FAILED, WAITING

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.consumer_group import Held
    from models.broker.options import BrokerOptions
    from models.broker.sessions import Session
    from models.census import Census
    from models.consumer import AckMode, Consumer
    from models.draws import Draws
    from models.ledger import Ledger
    from models.log.options import LogOptions
    from models.log.partition import Reading, Record
    from models.log.reader import Reader
    from models.message import Copy, Delivery, Message, Packet


class LogGroup:
    """Group *index* (0, 1, …) of a broker, which has a log. *ledger* is the group's own.

    *ack* and *prefetch* are what its readers ask for. *erase* hears of each written record that the
    group commits, *processed*, if anybody wants to know, of each that a reader has acknowledged.
    """

    full = False
    readmit = None  # nothing is published to a log again

    def __init__(
        self,
        env: simpy.Environment,
        options: BrokerOptions,
        log: LogOptions,
        *,
        index: int,
        ack: AckMode,
        prefetch: int,
        erase: Callable[[Copy], None],
        processed: Callable[[Copy], None] | None,
        ledger: Ledger,
        census: Census,
        draws: Draws,
    ) -> None:
        self._env = env
        self._stored = ledger.stored.add
        self.index = index
        self._store = Store(
            env,
            ledger,
            census,
            erase=erase,
            processed=processed,
            dead_letter=options.redelivery.dead_letter,
        )
        self._hides = options.hides
        self._keys = OrderKeys(draws, log.keys)
        self._partitions = [Partition(number) for number in range(log.partitions)]
        self._fed: list[Partition] = []  # with records that nobody was told of
        self._fetches = Fetches(
            env,
            ack=ack,
            prefetch=prefetch,
            ask_again_s=options.redelivery.ack_timeout_s,
            store=self._store,
            ledger=ledger,
        )
        name = f"group {index}" if index else "broker"
        self._returns = Returns(
            env,
            options.redelivery,
            ttl_s=options.ttl_s,
            store=self._store,
            ledger=ledger,
            draws=draws,
            name=name,
        )
        self._continuations = Continuations(env, self._returns.take_in)
        self._membership = Membership(
            env,
            self._partitions,
            rebalance_s=draws.law(name, "rebalance", log.rebalance),
            move=self._move,
            settled=self._settled,
        )
        self._readers: list[Reader] = []
        self._transient = options.subscription is Subscription.TRANSIENT
        self.subscribed = options.subscription is Subscription.DURABLE
        self.pause_s = self._returns.pause_s

    @property
    def rebalancing(self) -> bool:
        """Whether nobody may begin a record."""
        return self._membership.rebalancing

    # ------------------------------------------------------------ for the broker

    def add(self, message: Message, packet: Packet | None, now_s: float) -> Copy:
        """Append a record of *message*, which *packet* brought, to its partition."""
        number = self._keys.partition(message, len(self._partitions))
        partition = self._partitions[number]
        self._stored(message.row, now_s)
        record = partition.append(message, packet, now_s, hidden=self._hides)
        if not self._hides:
            self._fed.append(partition)
        self._returns.age(record)
        return record

    def reveal(self, copy: Copy) -> None:
        """Let readers have the record *copy*, which is committed, if it is not too old."""
        record = cast("Record", copy)
        if self.subscribed:
            self._returns.take_in(record)
            self._fed.append(record.partition)
        else:
            self._store.drop(record, Cause.NO_SUBSCRIBER)

    def offer(self, now_s: float) -> None:
        """Tell whoever waits for them of new records."""
        fed, self._fed = self._fed, []
        for partition in fed:
            member = partition.owner
            if member is not None and member.asking and not self.rebalancing:
                self._fetches.hand_out(member, now_s)

    def shed(self) -> None:
        """Make room, of which a log has always enough."""

    def halt(self) -> list[Held]:
        """Serve no longer: let all members go. Return every record, with who works on it, if any.

        The caller says of each what becomes of it, `keep` or `lose`, before or when it lets the
        group `resume`.
        """
        self._returns.up = False
        for member in self._membership.members:
            member.consumer.stand_by()
        self._membership.dissolve()
        held: list[Held] = []
        for partition in self._partitions:
            for reading in partition.close():
                if reading.phase is WAITING:
                    reading.phase = FAILED  # which nobody is to begin
                held.append((reading.record, reading))
            held.extend((record, None) for record in partition.take_all())
        for copy, _ in held:
            copy.packet = None  # whom to confirm to is forgotten
        return held

    def forsake(self, held: list[Held]) -> None:
        """Wait no longer for those who work on these, whatever they may make of it."""
        for _, delivery in held:
            if delivery is not None:
                self._returns.void(delivery)

    def keep(self, held: list[Held]) -> None:
        """Have these records in the log, of which nothing else is left."""
        self.forsake(held)
        for copy, _ in sorted(held, key=lambda item: item[0].order):
            record = cast("Record", copy)
            record.partition.put_back(record)

    def lose(self, held: Held, cause: Cause) -> None:
        """Let one of the held records be gone."""
        copy, delivery = held
        self._store.lose(copy, cause, delivery)

    def withdraw(self, copy: Copy, cause: Cause) -> None:
        """Let *copy* be gone, wherever it is, while the broker goes on; who has it may finish."""
        record = cast("Record", copy)
        self._store.lose(record, cause, record.partition.withdraw(record))

    def restore(self, copy: Copy) -> None:
        """Take back a record whose commit was undone; the caller keeps it like the others."""
        self._store.restore(copy)
        self._returns.age_on(cast("Record", copy))

    def resume(self) -> None:
        """Serve again, with what was kept."""
        self._returns.up = True
        if self._transient:
            self._unsubscribe()
        for reader in self._readers:
            if not reader.up:
                reader.cut_off()
        for partition in self._partitions:
            for record in partition.take_all():
                self._continuations.take_in(record)
        self._join(*(reader for reader in self._readers if reader.up))

    # ----------------------------------------------------------- for its readers

    def connect(self, consumer: Consumer) -> None:
        """Make *consumer* a member now, or as soon as the broker is up."""
        reader = cast("Reader", consumer)
        if reader not in self._readers:
            self._readers.append(reader)
        if self._returns.up:
            self._join(reader)

    def lost(self, session: Session) -> None:
        """See that the reader of *session* is dead, and give its partitions to others."""
        if not session.open:
            return
        self._membership.leave(cast("Member", session))
        if self._transient and not self._membership.members:
            self._unsubscribe()

    def ask(self, member: Member, now_s: float) -> None:
        """Hear that *member* wants records, and give it some, as soon as there are any."""
        if not self.rebalancing:
            self._fetches.hand_out(member, now_s)

    def take_up(self, member: Member) -> list[Reading]:
        """Have as given what *member* has passed, although the broker was down.

        Return the last of each partition; it is to be committed.
        """
        return self._continuations.take_up(member)

    def settle(self, delivery: Delivery, now_s: float) -> None:
        """Commit everything up to and with the record of *delivery*, if its tenure is not over."""
        reading = cast("Reading", delivery)  # as all deliveries of a log are
        if not reading.uncommitted:
            return
        given, last = reading.record.partition.given, reading.record.order
        while given and given[0].record.order <= last:
            passed = given.popleft()
            if passed.phase is FAILED and not passed.accepted:
                limited = passed.requeue
                cause = Cause.DELIVERY_LIMIT if limited else Cause.REJECTED
                self._store.discard(passed.record, cause)
            else:
                self._store.acknowledge(passed.record, passed, Cause.COMMIT, now_s)

    def again(self, reading: Reading, now_s: float) -> bool:
        """Give *reading* to its reader once more; return whether its record is still there."""
        if not self._returns.is_there(reading):
            return False
        self._fetches.again(reading, now_s)
        return True

    # -------------------------------------------------------------------- inside

    def _join(self, *readers: Reader) -> None:
        if not readers:
            return
        self.subscribed = True
        for reader in readers:
            reader.session = Member(reader)
        self._membership.join(*(reader.session for reader in readers if reader.session))

    def _move(self, partition: Partition, owner: Member | None) -> None:
        """Give *partition* to *owner*, who reads on from the committed position.

        Who had it before the broker fell goes on from its own.
        """
        last, reader = partition.reader, None if owner is None else owner.consumer
        if last is not None and last is not reader:
            last.revoke(partition)
        given, ahead = partition.close(), partition.take_all()
        partition.owner, partition.reader = owner, reader
        for reading in given:
            self._returns.take_back(reading)
        for record in ahead:
            partition.put_back(record)

    def _settled(self) -> None:
        """Let the members go on with the partitions they have now."""
        for member in list(self._membership.members):
            member.consumer.repeat(self._continuations.take_up(member))
            member.consumer.go_on()
            if member.asking:
                self._fetches.hand_out(member, self._env.now)

    def _unsubscribe(self) -> None:
        """Let the subscription go, with all that it has not committed."""
        self.subscribed = False
        for partition in self._partitions:
            for record in partition.take_all():
                self._store.drop(record, Cause.NO_SUBSCRIBER)
