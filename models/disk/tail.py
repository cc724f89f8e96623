"""The tail of a log: what is in the page cache and not on the disk, in the order of writing.

A power loss cuts it off. If the disk was just taking it over, a first part of it may have arrived:
the record at the end of that part is torn, and recovery truncates the log there, as databases and
brokers do that check each record (SQLite's write-ahead log, Kafka's `LogSegment.recover`, Redis'
`aof-load-truncated`).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.message import Copy


class Tail:
    """`records` of copies, and `removals`: after how many of the records, and of which copy.

    It has been dirty since `since_s` (s).
    """

    __slots__ = ("records", "removals", "since_s")

    def __init__(self) -> None:
        self.records: list[Copy] = []
        self.removals: list[tuple[int, Copy]] = []
        self.since_s = math.inf

    def __len__(self) -> int:
        return len(self.records) + len(self.removals)

    def follow(self, earlier: Tail) -> None:
        """Put what is in *earlier* before all this."""
        before = len(earlier.records)
        self.removals = earlier.removals + [(before + place, copy) for place, copy in self.removals]
        self.records[:0] = earlier.records
        self.since_s = min(self.since_s, earlier.since_s)

    def reached(self, entries: int) -> tuple[int, int]:
        """Return how many records and how many removals the first *entries* of it are."""
        places = [place + number for number, (place, _) in enumerate(self.removals)]
        removals = bisect_left(places, entries)
        return entries - removals, removals

    def next_record(self, records: int, removals: int) -> Copy | None:
        """Return the copy whose record comes after so many; None if that is a removal's."""
        if removals < len(self.removals) and self.removals[removals][0] == records:
            return None
        return self.records[records]
