"""The consumers of a system without a broker: PULL, SUB and REP sockets, and who works behind them.

What a consumer has received is its own: nobody will give it again. A reply goes back the way the
request came, if that connection still exists, and says what the consumer says of a failure:
"reject" refuses the request for good, "requeue" asks to try again, "ignore" says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.broker.sessions import Session
from models.consumer import Consumer
from models.ledger import Cause
from models.message import ACCEPTED, FAILED, TWIN, Answer, Packet

if TYPE_CHECKING:
    from models.brokerless.pipe import Pipe
    from models.message import Delivery


class Inbox:
    """What a consumer of group *index* is connected to: the pipes to it, one for each producer.

    It stands where a consumer of a broker has its group.
    """

    readmit = None  # there is nobody to publish to

    def __init__(self, index: int) -> None:
        self.index = index
        self.pipes: list[Pipe] = []

    def connect(self, consumer: Consumer) -> None:
        """Let all producers find *consumer*."""
        consumer.session = Session(consumer, 0)
        for pipe in self.pipes:
            pipe.connect()

    def lost(self, session: Session) -> None:
        """Let all producers see that the consumer of *session* is dead."""
        for pipe in self.pipes:
            pipe.lose(session.life)

    def taken(self, delivery: Delivery, now_s: float) -> None:
        """Hear that work on *delivery* has begun."""
        self._pipe_of(delivery).taken(delivery, now_s)

    def settle(self, delivery: Delivery, _now_s: float) -> None:
        """Send a reply to *delivery*."""
        pipe = self._pipe_of(delivery)
        request = delivery.copy.packet
        if request is None or delivery.session is not pipe.session:
            return  # the connection that it came by is gone
        twin = TWIN if delivery.twin_of is not None else 0
        reply = Packet(request.message, request.answer | twin)
        reply.verdict = ACCEPTED
        if not delivery.accepted:
            reply.verdict = Answer.TRY_AGAIN if delivery.requeue else Answer.REJECTED
        pipe.reply(reply)

    def _pipe_of(self, delivery: Delivery) -> Pipe:
        return self.pipes[delivery.copy.message.key >> 32]


class Receiver(Consumer):
    """A consumer that producers send to. *group* is its `Inbox`."""

    _group: Inbox

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.group_index = self._group.index

    def meet(self, pipe: Pipe) -> None:
        """Have the next producer (0, 1, …) at the other end of *pipe*."""
        self._group.pipes.append(pipe)

    def cut(self, lost: list[Delivery]) -> None:
        """Never get the deliveries that were on their way."""
        for delivery in lost:
            delivery.orphan = Cause.CONNECTION_CUT
            self._end(delivery, FAILED)

    def _work(self, delivery: Delivery, now_s: float) -> None:
        super()._work(delivery, now_s)
        self._group.taken(delivery, now_s)
