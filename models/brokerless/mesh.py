"""All sockets of a system without a broker, each producer joined to each consumer by a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.brokerless.pipe import Pipe
from models.brokerless.receiver import Inbox, Receiver
from models.brokerless.sender import Publisher, Pusher, Sender
from models.consumer import AckMode
from models.ledger import Cause
from models.network import LinkOptions
from models.network.link import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import simpy

    from models.brokerless.options import SocketOptions
    from models.census import Census
    from models.consumer import ConsumerOptions
    from models.draws import Draws
    from models.ledger import Ledger
    from models.producer import ProducerOptions


class Mesh:
    """*producers* and *consumers*, and the pipes between them.

    *publish* holds the links that the pipes cross: one for each subscriber, or one for all. Raise a
    ValueError if consumers shall do what takes a broker: commit, or publish again.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: SocketOptions,
        *,
        producer: ProducerOptions,
        producers: int,
        consumer: ConsumerOptions,
        consumers: int,
        publish: Sequence[Link],
        ledger: Ledger,
        census: Census,
        draws: Draws,
    ) -> None:
        if consumer.transactional:
            raise ValueError("consumer.transactional must be False without a broker, got True")
        self._env = env
        self._options = options
        self._publish = publish
        self._ledger = ledger
        self._census = census
        # Acknowledged before the work is done is what is replied to before.
        early = consumer.ack is AckMode.BEFORE
        self._cause = Cause.EARLY_ACK if early else Cause.AUTO_ACK
        # What a process says to its own socket crosses no network.
        inside = Link(env, LinkOptions(), draws, "inside", ledger)
        self.consumers = [
            Receiver(
                env,
                consumer,
                index=index,
                group=Inbox(index if options.subscribers else 0),
                link=inside,
                ledger=self._ledger_of(index),
                census=census,
                draws=draws,
            )
            for index in range(options.subscribers or consumers)
        ]
        self.producers = [
            Sender(
                env,
                producer,
                index=index,
                link=inside,
                ledger=ledger,
                census=census,
                draws=draws,
            )
            for index in range(producers)
        ]
        for sender in self.producers:
            self._give_socket(sender)

    def _ledger_of(self, consumer: int) -> Ledger:
        return self._ledger.groups[consumer if self._options.subscribers else 0]

    def _give_socket(self, sender: Sender) -> None:
        if self._options.subscribers:
            pipes = self._pipes(sender, _nobody_waits)
            sender.socket = Publisher(pipes, self._ledger, self._census)
            return
        socket = Pusher(
            self._env, drops=self._options.drops, ledger=self._ledger, census=self._census
        )
        socket.pipes = self._pipes(sender, socket.room)
        sender.socket = socket

    def _pipes(self, sender: Sender, room: Callable[[], None]) -> list[Pipe]:
        return [self._pipe(sender, place, room) for place in range(len(self.consumers))]

    def _pipe(self, sender: Sender, place: int, room: Callable[[], None]) -> Pipe:
        consumer, ledger = self.consumers[place], self._ledger_of(place)
        if self._options.subscribers:
            line = self._publish[place].line(sender.index)
        else:
            line = self._publish[0].line(sender.index * len(self.consumers) + place)
        pipe = Pipe(
            self._env,
            line=line,
            hear=sender.hear,
            consumer=consumer,
            capacity=self._options.capacity,
            transient=self._options.subscribers > 0,
            cause=self._cause,
            room=room,
            ledger=ledger,
            census=self._census,
        )
        consumer.meet(pipe)
        return pipe


def _nobody_waits() -> None:
    """Hear that there is room: a publisher has dropped already what found none."""
