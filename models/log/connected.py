"""A reader whose connection to the broker can be cut.

When the cut is noticed, the broker lets the member go and gives its partitions to others; the
reader forgets what it has not begun, and what it has begun it finishes for a commit that nobody
accepts. (Kafka's membership outlives a short cut, since its heartbeats may come late by
`session.timeout.ms`: set the link's `detect` to that.) With its partitions it loses its positions,
and likewise if it is not connected when a broker that was down is back. With automatic
acknowledgement it works on; records on their way, which were committed as they were handed out, are
lost.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, cast

from models.consumer import ConnectedConsumer, Consumer
from models.log.reader import Reader

if TYPE_CHECKING:
    from models.log.fetches import Batch
    from models.message import Anew, Delivery


class ConnectedReader(ConnectedConsumer, Reader):
    """A reader that is told of its connection."""

    def cut(self, lost: list[Delivery | Anew]) -> None:
        """Lose batches on their way, without knowing."""
        batches = cast("list[Batch]", lost)  # which is what is on its way to a reader
        super().cut(list(chain.from_iterable(batch.readings for batch in batches)))


def kind_of_consumer(*, log: bool, connected: bool) -> type[Consumer]:
    """Return what consumes from a broker, which may be a log, over a link that may be cut."""
    if log:
        return ConnectedReader if connected else Reader
    return ConnectedConsumer if connected else Consumer
