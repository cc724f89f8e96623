"""Ordering keys: what messages belong together, so that their order matters.

Each message has one of `keys` keys, drawn uniformly by the message's own luck; with one key there
are none, and all messages of a producer belong together. A key is a function of the message's name
in the draws: brokers and consumers ask for it, and nothing has to be carried along.

A log puts all messages of a key into one partition. Without keys it takes partitions in turn. Real
clients hash the key (Kafka's `BuiltInPartitioner`: murmur2 of its bytes, modulo the partitions); of
keys that are drawn uniformly the remainder is as good, and it can be foretold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.checks import at_least
from models.draws import look_up

if TYPE_CHECKING:
    from models.draws import Draws
    from models.ledger import Ledger
    from models.message import Message

_NUMBER = (1 << 32) - 1  # leaves of a message's name its number


class OrderKeys:
    """The ordering keys of all messages, 0 to *keys* - 1. Raise a ValueError if *keys* < 1."""

    def __init__(self, draws: Draws, keys: int) -> None:
        at_least(1, keys=keys)
        self.keys = keys
        if keys > 1:
            self._rows = draws.uniform_rows("producer", "order_key")
            self._u = draws.uniform("producer", "order_key")

    def of(self, message: Message) -> int:
        """Return the key of *message*; 0 if there are none."""
        return int(self._u(message.key, 0) * self.keys) if self.keys > 1 else 0

    def partition(self, message: Message, partitions: int) -> int:
        """Return which of *partitions* (0, 1, …) takes *message*."""
        if partitions == 1:
            return 0
        return (self.of(message) if self.keys > 1 else message.key & _NUMBER) % partitions

    def record(self, ledger: Ledger) -> None:
        """Tell the keys of all messages in *ledger*, which is closed, if there are any keys.

        The messages of a producer are numbered in the order of `created`.
        """
        if self.keys == 1:
            return
        producers = ledger.created.column("producer")
        keys = np.empty(len(producers), dtype=np.uint32)
        for index in np.unique(producers):
            own = producers == index
            names = (int(index) << 32) + np.arange(int(own.sum()))
            keys[own] = look_up(self._rows, 0, names) * self.keys
        ledger.keyed.extend(ledger.created.messages(), ledger.created.times_s(), keys)
        ledger.keyed.close(np.inf)
