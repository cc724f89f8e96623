"""A pipe from one producer to one consumer: what has not left yet, and what is on its way.

Messages leave as soon as the consumer is connected and has room; they cross the publish link.
What happens to the two ends:

- The consumer dies: all that it had received and not done is lost (`auto_ack`), and so is what is
  sent to it until the producer sees that it is gone. What has not left waits for its next process,
  which connects again: the pipe of a socket that connects exists without a peer (ZMQ_IMMEDIATE 0,
  zmq_setsockopt(3)). The pipe of a PUB, which is connected to, goes with the connection
  (`no_subscriber`).
- The producer dies: what has not left is lost (`producer_crash`).
- The connection is cut: what is on its way is lost (`connection_cut`); what has not left waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.broker.sessions import Session
from models.broker.store import Store
from models.ledger import Cause
from models.message import FAILED, TWIN, Delivery
from models.network.connection import ConnectedLine

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.brokerless.receiver import Receiver
    from models.census import Census
    from models.ledger import Ledger
    from models.message import Copy, Message, Packet
    from models.network.line import Line


class Pipe:
    """The pipe to *consumer* over *line*; its producer gets replies by *hear*.

    *room* hears when there may be room again.

    `subscribed`: it is connected. `index` is the group of the consumer. With *transient* it does
    not outlive its connection. *cause* is to blame for what the consumer has and does not do.
    """

    session: Session | None = None

    def __init__(
        self,
        env: simpy.Environment,
        *,
        line: Line,
        hear: tuple[Callable[[Packet], None]],
        consumer: Receiver,
        capacity: int,
        transient: bool,
        cause: Cause,
        room: Callable[[], None],
        ledger: Ledger,
        census: Census,
    ) -> None:
        self._env = env
        self._line = line
        self._hear = hear
        if isinstance(line, ConnectedLine):
            line.connection.peer = self
        self.consumer = consumer
        self.index = consumer.group_index
        self._capacity = capacity
        self._transient = transient
        self._cause = cause
        self._room = room
        self._delivered = ledger.delivered.add
        self._doubled = ledger.doubled.add
        self._store = Store(
            env,
            ledger,
            census,
            erase=lambda copy: census.release(copy.message),
            processed=None,
            dead_letter=False,
        )
        self._queue = self._store.queue
        self._away = 0  # sent by this session, and not begun
        self._up = True  # its producer is
        self._there = False  # its consumer is, as far as can be seen
        self._whole = True  # its connection is, likewise
        self._offering = False
        self._life = -1

    @property
    def subscribed(self) -> bool:
        """Whether this pipe is connected."""
        return self.session is not None

    @property
    def full(self) -> bool:
        """Whether nothing more may wait here."""
        return 0 < self._capacity <= self._queue.size

    def add(self, message: Message, packet: Packet, now_s: float) -> Copy:
        """Put a copy of *message*, which *packet* brought, at the end."""
        return self._store.add(message, packet, now_s)

    def offer(self, now_s: float) -> None:
        """Send what can be sent."""
        if self._offering:
            return
        self._offering = True
        while self._queue.size and self.session is not None and self._window_open:
            self._send(self._queue.pop(), self.session, now_s)
            self._room()
        self._offering = False

    @property
    def _window_open(self) -> bool:
        return not self._capacity or self._away < self._capacity

    def taken(self, delivery: Delivery, now_s: float) -> None:
        """Hear that the consumer has begun to work on *delivery*."""
        if delivery.session is self.session and delivery.twin_of is None:
            self._away -= 1
            self.offer(now_s)

    def withdraw(self, copy: Copy) -> None:
        """Take back a *copy* that has not left, because its sender asks otherwise."""
        if copy.pending and copy.ready:
            self._queue.take_out(copy)
            self._store.drop(copy, Cause.OVERFLOW if self.subscribed else Cause.NO_SUBSCRIBER)
            self._room()

    def reply(self, reply: Packet) -> None:
        """Bring *reply* back to the producer."""
        self._line.answer(reply, self._hear, reply.message.key, reply.answer)

    def _send(self, copy: Copy, session: Session, now_s: float) -> None:
        message, line, consumer = copy.message, self._line, self.consumer
        key = message.key
        number = message.deliveries = message.deliveries + 1
        copy.deliveries += 1
        delivery = Delivery(copy, session, number, now_s)
        self._delivered(message.row, now_s, consumer.index, False)
        if line.lost is not None and line.lost(key, number):
            delivery.phase = FAILED
            self._store.acknowledge(copy, delivery, line.cause, now_s)
            return
        self._store.acknowledge(copy, delivery, self._cause, now_s)
        self._away += 1
        if line.doubled is not None and line.doubled(key, number):
            self._send_twin(delivery)
        if line.instant:
            consumer.receive(delivery, now_s)
        else:
            line.carry(delivery, consumer.hear, key, number)

    def _send_twin(self, delivery: Delivery) -> None:
        message = delivery.copy.message
        self._doubled(message.row, delivery.given_s)
        twin = Delivery(delivery.copy, delivery.session, delivery.number | TWIN, delivery.given_s)
        twin.twin_of = delivery
        twin.counted = True
        message.open += 1
        self._line.carry_twin(twin, self.consumer.hear, message.key, delivery.number)

    # The consumer comes and goes, and so does the producer.

    def connect(self) -> None:
        """Find a new process of the consumer there."""
        self._there = True
        self._life = self.consumer.life
        self._join()

    def lose(self, life: int) -> None:
        """See that the process of the consumer that was its *life* is dead."""
        if life == self._life:  # and not back already
            self._there = False
            self._part()

    def crash(self) -> None:
        """Die with the producer."""
        self._up = False
        self.session = None
        self._drop(Cause.PRODUCER_CRASH)

    def restart(self) -> None:
        """Be made anew by a new process of the producer."""
        self._up = True
        self._join()

    def _join(self) -> None:
        if self._up and self._there and self._whole:
            self.session = Session(self.consumer, 0)
            self._away = 0
            self.offer(self._env.now)

    def _part(self) -> None:
        self.session = None
        if self._transient:
            self._drop(Cause.NO_SUBSCRIBER)

    def _drop(self, cause: Cause) -> None:
        for copy in self._queue.take_all():
            self._store.drop(copy, cause)

    # What a connection tells its peer (`models.network.connection`).

    def cut(self, lost: list[Delivery]) -> None:
        """Lose deliveries on their way, without knowing."""
        self.consumer.cut(lost)

    def disconnected(self) -> None:
        """Notice that the connection is broken."""
        self._whole = False
        self._part()

    def reconnected(self) -> None:
        """Be connected again."""
        self._whole = True
        self._join()
