"""Arrivals at the broker that are known ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.message import Message

if TYPE_CHECKING:
    from models.foresight.exchanges import Exchanges
    from models.foresight.luck import Flags, Keys, Times
    from models.ledger import Ledger


class Coming:
    """What will arrive, in no order yet; `tell` puts it in order.

    Of arrivals at one instant those come later that a timeout of that instant has caused, by
    producer; else those of earlier messages come first, and of one message those sent earlier.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._times_s: Times = np.empty(0)
        self._turns: Keys = np.empty(0, dtype=np.int64)  # 0, or producer + 1 if prompt
        self._rows: Keys = np.empty(0, dtype=np.int64)
        self._messages = np.empty(0, dtype=np.object_)

    def add(self, producer: int, rows: Keys, keys: Keys, exchanges: Exchanges) -> Flags:
        """Add what arrives of the messages *rows*; return which of them arrive at all."""
        places, times_s, prompt = map(np.concatenate, zip(*exchanges.arrived, strict=True))
        copies = np.bincount(places, minlength=len(rows))
        made = map(Message, rows.tolist(), keys.tolist(), copies.tolist())
        messages = np.fromiter(made, dtype=np.object_, count=len(rows))
        self._times_s = np.concatenate((self._times_s, times_s))
        self._turns = np.concatenate((self._turns, prompt * (producer + 1)))
        self._rows = np.concatenate((self._rows, rows[places]))
        self._messages = np.concatenate((self._messages, messages[places]))
        return copies > 0

    def tell(self, until_s: float) -> tuple[list[float], list[Message]]:
        """Record and return what arrives before *until_s* (s): times and messages, in order."""
        order = np.argsort(self._times_s, kind="stable")
        times_s = self._times_s[order]
        if (times_s[1:] == times_s[:-1]).any():
            order = np.lexsort((self._rows, self._turns, self._times_s))
            times_s = self._times_s[order]
        end = int(np.searchsorted(times_s, until_s))
        rows, messages = self._rows[order], self._messages[order]
        for facts in (self._ledger.arrived, self._ledger.stored):
            facts.extend(rows[:end], times_s[:end])
        self._times_s, self._turns = times_s[end:], self._turns[order[end:]]
        self._rows, self._messages = rows[end:], messages[end:]
        return times_s[:end].tolist(), messages[:end].tolist()
