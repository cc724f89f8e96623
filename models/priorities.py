"""Priorities: which messages a broker hands out first.

Each message has one of `levels` priorities, drawn uniformly by the message's own luck; the highest
is levels - 1. Like an ordering key (`models.keys`), a priority is a function of the message's name
in the draws, and nothing has to be carried along.
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


class Priorities:
    """The priorities of all messages, 0 to *levels* - 1. Raise a ValueError if *levels* < 1."""

    def __init__(self, draws: Draws, levels: int) -> None:
        at_least(1, levels=levels)
        self.levels = levels
        if levels > 1:
            self._rows = draws.uniform_rows("producer", "priority")
            self._u = draws.uniform("producer", "priority")

    def of(self, message: Message) -> int:
        """Return the priority of *message*; 0 if there are none."""
        return int(self._u(message.key, 0) * self.levels) if self.levels > 1 else 0

    def record(self, ledger: Ledger) -> None:
        """Tell the priorities of all messages in *ledger*, which is closed, if there are any.

        The messages of a producer are numbered in the order of `created`.
        """
        if self.levels == 1:
            return
        producers = ledger.created.column("producer")
        priorities = np.empty(len(producers), dtype=np.uint32)
        for index in np.unique(producers):
            own = producers == index
            names = (int(index) << 32) + np.arange(int(own.sum()))
            priorities[own] = look_up(self._rows, 0, names) * self.levels
        ledger.ranked.extend(ledger.created.messages(), ledger.created.times_s(), priorities)
        ledger.ranked.close(np.inf)
