"""Counts and times of the measured messages, out of facts of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from models.ledger import Facts
    from sim.outcomes.outcome import Codes, Counts, Flags, Times


class Window:
    """Counts and times per measured message, for facts of any kind."""

    def __init__(self, measured: range) -> None:
        self.start = measured.start
        self.size = len(measured)

    def rows(self, facts: Facts) -> tuple[npt.NDArray[np.int32], Flags]:
        """Return the places of the facts' messages, and which of them are measured."""
        place = facts.messages() - np.int32(self.start)
        return place, (place >= 0) & (place < self.size)

    def count(self, facts: Facts, only: Flags | None = None) -> Counts:
        """Return how many facts each message has."""
        place, inside = self.rows(facts)
        if only is not None:
            inside &= only
        return np.bincount(place[inside], minlength=self.size).astype(np.int32)

    def total(self, facts: Facts, values: Times) -> Times:
        """Return the sum of *values* per message."""
        place, inside = self.rows(facts)
        sums = np.bincount(place[inside], weights=values[inside], minlength=self.size)
        return sums.astype(np.float64)

    def first_s(self, facts: Facts) -> Times:
        """Return the time of each message's first fact, nan if there is none."""
        place, inside = self.rows(facts)
        times = np.full(self.size, np.inf)
        np.minimum.at(times, place[inside], facts.times_s()[inside])
        times[np.isinf(times)] = np.nan
        return times

    def last_s(self, facts: Facts, only: Flags | None = None) -> Times:
        """Return the time of each message's last fact, -inf if there is none."""
        place, inside = self.rows(facts)
        if only is not None:
            inside &= only
        times = np.full(self.size, -np.inf)
        np.maximum.at(times, place[inside], facts.times_s()[inside])
        return times

    def last(self, facts: Facts, column: str, only: Flags | None = None) -> Codes:
        """Return the *column* of each message's last fact, -1 if there is none."""
        place, inside = self.rows(facts)
        if only is not None:
            inside &= only
        values: Codes = np.full(self.size, -1, dtype=np.int8)
        # Of repeated places the last assignment stays, and rows are in the order of time.
        values[place[inside]] = facts.column(column)[inside]
        return values
