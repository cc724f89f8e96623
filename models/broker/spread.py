"""Publish/subscribe: one arrival becomes one copy for each consumer group.

The copies of an arrival are one record on the disk: the first of them stands for it there, and the
others are its siblings, which sink as it does. Each group has its own view of the message, a
`Publication`, whose fate is its own; the message is decided when all of them are.

A group without a subscription does not get the message (cause `no_subscriber`). What reaches no
group at all is acknowledged all the same, as RabbitMQ does with what it cannot route
(www.rabbitmq.com/docs/publishers, "Unroutable Message Handling").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.ledger import Cause
from models.message import Publication

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.broker.consumer_group import Audience
    from models.census import Census
    from models.ledger import Ledger
    from models.message import Copy, Exchange, Packet


class Spread:
    """Gives each of *groups* its copy of what arrives."""

    def __init__(self, groups: Sequence[Audience], census: Census) -> None:
        self._groups = groups
        self._census = census

    def publish(
        self, packet: Packet, ledgers: Sequence[Ledger], now_s: float, *, skip_full: bool
    ) -> list[Copy]:
        """Store a copy of what *packet* brought in every group that takes it; return them.

        With *skip_full*, a group whose queue is full loses its copy. The packet itself is done with
        after this, except for its answer.
        """
        message = packet.message
        publications = self._publications(message)
        copies: list[Copy] = []
        for group, ledger, publication in zip(self._groups, ledgers, publications, strict=True):
            if not group.subscribed:
                ledger.dropped.add(message.row, now_s, Cause.NO_SUBSCRIBER)
            elif skip_full and group.full:
                ledger.dropped.add(message.row, now_s, Cause.OVERFLOW)
            else:
                if not publication.open:
                    message.open += 1
                publication.open += 1
                copies.append(group.add(publication, packet, now_s))
        if copies:
            copies[0].siblings = tuple(copies[1:])
        packet.awaited = len(copies)
        self._census.release(message)
        return copies

    def _publications(self, message: Exchange) -> tuple[Publication, ...]:
        if not message.publications:
            views = (Publication(message, group.index) for group in self._groups)
            message.publications = tuple(views)
        return message.publications
