"""Facts that are known ahead, put into the ledger in the order of their times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.foresight.exchanges import CONFIRMED, UNKNOWN
from models.ledger import Cause

if TYPE_CHECKING:
    from models.foresight.exchanges import Exchanges
    from models.foresight.luck import Keys, Times
    from models.ledger import Facts, Ledger


class Strand:
    """One kind of fact: rows are added block by block, and blocks overlap in time."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._columns: list[list[npt.NDArray[Any]]] = []

    def add(self, messages: Keys, times_s: Times, *further: npt.NDArray[Any]) -> None:
        """Add rows, in any order; every array has shape (rows,)."""
        self._columns.append([times_s, messages, *further])

    def tell(self, until_s: float) -> None:
        """Record what happens before *until_s* (s); nothing will be added that does."""
        if not self._columns:
            return
        times_s, *others = map(np.concatenate, zip(*self._columns, strict=True))
        order = np.argsort(times_s, kind="stable")  # quick on what is nearly in order
        times_s = times_s[order]
        end = int(np.searchsorted(times_s, until_s))
        told, later = order[:end], order[end:]
        messages, *further = (column[told] for column in others)
        self._facts.extend(messages, times_s[:end], *further)
        self._columns = [[times_s[end:], *(column[later] for column in others)]]


class Strands:
    """All that happens at the producers and on their way to the broker."""

    def __init__(self, ledger: Ledger) -> None:
        self._sent = Strand(ledger.sent)
        self._dropped = Strand(ledger.dropped)
        self._doubled = Strand(ledger.doubled)
        self._confirmed = Strand(ledger.confirmed)
        self._failed = Strand(ledger.failed)
        self._unknown = Strand(ledger.unknown)
        self._all = [value for value in vars(self).values() if isinstance(value, Strand)]

    def add(self, rows: Keys, exchanges: Exchanges) -> None:
        """Add the *exchanges* of the messages *rows*."""
        for places, times_s in exchanges.sent:
            self._sent.add(rows[places], times_s)
        for places, times_s in exchanges.lost:
            self._dropped.add(rows[places], times_s, np.full(len(places), Cause.NETWORK))
        for places, times_s in exchanges.doubled:
            self._doubled.add(rows[places], times_s)
        belief, decided_s = exchanges.belief, exchanges.decided_s
        for strand, chosen in (
            (self._confirmed, belief == CONFIRMED),
            (self._unknown, belief == UNKNOWN),
        ):
            strand.add(rows[chosen], decided_s[chosen])
        failed = belief < CONFIRMED
        self._failed.add(rows[failed], decided_s[failed], belief[failed])

    def tell(self, until_s: float) -> None:
        """Record what happens before *until_s* (s)."""
        for strand in self._all:
            strand.tell(until_s)
