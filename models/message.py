"""What travels: messages, their packets, their stored copies, their deliveries.

A producer makes a `Message` once. Each attempt to send it is a `Packet`; what the broker stores of
a packet that arrives is a `Copy`; each hand-over of a copy to a consumer is a `Delivery`. Packets
and deliveries are calls (`models.calls`): the same object is in turn the way there, the work done,
and the acknowledgement on its way back, because it is never in two places.

`Message.open` counts what can still change the message's fate: its producer while undecided, each
packet in the network, each copy at the broker, and each delivery that outlived its copy. At zero
the message is decided.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from models.calls import Call

if TYPE_CHECKING:
    from models.broker.sessions import Session
    from models.ledger import Cause


TWIN = 1 << 31
"""Set in the number of a double that the network made: it has the name, but not the luck."""


class Message:
    """One message: `row` is its place in the ledger, `key` its name in the draws.

    `copies` of it were to be written so far, `deliveries` made of all of them.
    """

    __slots__ = ("copies", "deliveries", "key", "open", "row")
    group = 0  # the consumer group that sees it
    whole: Message | None = None

    def __init__(self, row: int, key: int, tokens: int) -> None:
        self.row = row
        self.key = key
        self.open = tokens
        self.copies = 0
        self.deliveries = 0


class Exchange(Message):
    """A message, and how its producer stands with the broker about it.

    `pending`: the producer has not made up its mind. `attempt` is the last one sent, 0 if none.
    `earlier` are the attempts that producers made which have crashed since. `pausing`: it waits to
    send the next one. `stale` timers run for attempts that are over already.
    """

    __slots__ = (
        "attempt",
        "earlier",
        "pause_s",
        "pausing",
        "pending",
        "publications",
        "stale",
    )

    def __init__(self, row: int, key: int) -> None:
        super().__init__(row, key, 1)
        self.publications: tuple[Publication, ...] = ()  # with fan-out
        self.pending = True
        self.attempt = 0
        self.earlier = 0
        self.pausing = False
        self.pause_s = 0.0
        self.stale = 0


class Answer(IntEnum):
    """What a broker says of a packet."""

    ACCEPTED = 0  # the message is as safe as was asked for
    REJECTED = 1  # for good: sending it again is no use
    TRY_AGAIN = 2  # just now it cannot be taken: too few replicas, a full disk, an I/O error
    OUT_OF_SEQUENCE = 3  # not before the one it follows: try again later


ACCEPTED = Answer.ACCEPTED  # looked up once: a member costs more than a name in a hot place


class Publication(Message):
    """A message as one of several consumer groups sees it: its copies, deliveries and end there.

    While it is open it holds the `whole` message open.
    """

    __slots__ = ("group", "whole")

    def __init__(self, whole: Exchange, group: int) -> None:
        super().__init__(whole.row, whole.key, 0)
        self.whole = whole
        self.group = group


class Stamp(NamedTuple):
    """What an idempotent producer writes on a packet.

    `number` (0, 1, …) counts its messages to a `partition` in an `epoch` of the process `life`.
    """

    life: int
    epoch: int
    partition: int
    number: int


class Packet(Call):
    """One attempt on its way to the broker, and its answer on the way back.

    `answer` names the luck of its answer: the attempt, with `TWIN` if the network made this packet.
    `verdict` is what that answer says. Where the answer waits for consumers, `awaited` counts their
    acknowledgements. `connection` numbers the one it came by, where there is one that can be cut. A
    packet holds its message, never the other way round: without rings of objects the garbage
    collector has nothing to do.
    """

    __slots__ = ("answer", "awaited", "connection", "message", "stamp", "verdict")
    connection: int
    stamp: Stamp  # of an idempotent producer
    verdict: Answer | None  # once the broker has answered

    def __init__(self, message: Exchange, answer: int) -> None:
        self.message = message
        self.answer = answer
        self.awaited = 1


class Place(IntEnum):
    """How deep a copy has sunk: what it takes to remove it."""

    MEMORY = 0  # a crash of the broker's process
    CACHE = 1  # a power loss
    TORN = 2  # a power loss has: its record is half on the disk
    DISK = 3  # the loss of the disk


MEMORY = Place.MEMORY  # looked up once, too


class Copy:
    """One copy of a message in the broker, from when it is put in the queue.

    `order` is its place in the queue; `number` (1, 2, …) counts the copies of its message that are
    to be written. `pending`: it is in the broker. `ready`: it waits there for a consumer.
    `siblings` are the copies for other groups that the same record on the disk stands for.
    `deliveries` are those made of it, `charged` those that came to nothing and count.
    """

    __slots__ = (
        "cause",
        "charged",
        "deliveries",
        "holder",
        "message",
        "number",
        "order",
        "packet",
        "pause_s",
        "pending",
        "place",
        "ready",
        "siblings",
        "stored_s",
    )

    holder: int  # the consumer that had it last
    number: int

    def __init__(
        self, message: Message, packet: Packet | None, order: int, stored_s: float
    ) -> None:
        self.message = message
        self.packet = packet  # whose confirm is still to be sent
        self.order = order
        self.stored_s = stored_s
        self.pending = True
        self.ready = True
        self.deliveries = 0
        self.charged = 0
        self.pause_s = 0.0
        self.place = MEMORY
        self.siblings: tuple[Copy, ...] = ()
        self.cause: Cause | None = None  # why it left, if it left undelivered


class Anew(Call):
    """*message*, published once more by a consumer that could not process it, on its way."""

    __slots__ = ("message",)

    def __init__(self, message: Message) -> None:
        self.message = message


class Phase(IntEnum):
    """Where a delivery stands at its consumer."""

    WAITING = 0  # on its way, or in the consumer's buffer
    WORKING = 1
    EFFECTED = 2
    FAILED = 3  # processing raised, or the consumer died, or it never arrived


WAITING, WORKING, EFFECTED, FAILED = Phase  # looked up once, too


class Delivery(Call):
    """One hand-over of a copy to one consumer, *number* (1, 2, …) of its message.

    The broker gave it out at `given_s`; work on it ends at `ends_s`. `orphan`: the copy behind it
    is gone from the broker, and what is recorded as the cause if this delivery comes to nothing
    too. `counted`: it holds the message open by itself.
    """

    __slots__ = (
        "accepted",
        "copy",
        "counted",
        "ends_s",
        "given_s",
        "number",
        "orphan",
        "phase",
        "requeue",
        "service_s",
        "session",
        "twin_of",
    )

    service_s: float
    ends_s: float

    def __init__(self, copy: Copy, session: Session, number: int, given_s: float) -> None:
        self.copy = copy
        self.session = session
        self.number = number
        self.given_s = given_s
        self.phase = WAITING
        self.accepted = True
        self.requeue = False
        self.orphan: Cause | None = None
        self.counted = False
        self.twin_of: Delivery | None = None
