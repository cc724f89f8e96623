"""When a disk begins to make its records durable.

The policy fixes the trade between throughput and what a power loss can take. It is asked whenever
the disk is idle and something has changed, and answers with a time, so that a quiet disk syncs on
time too.
"""

# ruff: noqa: D102 (what a method promises is said once, in the protocol)

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from models.checks import positive, whole_at_least


class SyncPolicy(Protocol):
    """When the next sync begins."""

    def due_s(self, started_s: float, now_s: float, written: int, removed: int) -> float:
        """Return the time (s) of the next sync, now or later; infinity for none.

        *written* records and *removed* marks of removal are not covered by any sync yet; the broker
        runs since *started_s*.
        """


@dataclass(frozen=True, slots=True)
class Always:
    """Sync as soon as anything is written: group commit under load.

    What is written during a sync shares the next one. A removal waits for the next write.
    """

    def due_s(self, started_s: float, now_s: float, written: int, removed: int) -> float:  # noqa: ARG002
        return now_s if written else math.inf


@dataclass(frozen=True, slots=True)
class Interval:
    """Sync at every multiple of `interval_s` after the broker's start, if there is anything to do.

    A record written at the very instant of a tick waits for the next one. A tick during a sync is
    skipped.
    """

    interval_s: float

    def __post_init__(self) -> None:
        positive(interval_s=self.interval_s)

    def due_s(self, started_s: float, now_s: float, written: int, removed: int) -> float:
        if not (written or removed):
            return math.inf
        ticks = math.floor((now_s - started_s) / self.interval_s) + 1
        due_s = started_s + ticks * self.interval_s
        # The quotient may be rounded down onto a tick that is now.
        return due_s if due_s > now_s else started_s + (ticks + 1) * self.interval_s


@dataclass(frozen=True, slots=True)
class Count:
    """Sync when `count` records are written and not synced."""

    count: int

    def __post_init__(self) -> None:
        whole_at_least(1, count=self.count)

    def due_s(self, started_s: float, now_s: float, written: int, removed: int) -> float:  # noqa: ARG002
        return now_s if written >= self.count else math.inf


@dataclass(frozen=True, slots=True)
class Never:
    """Leave every record to the page cache."""

    def due_s(self, started_s: float, now_s: float, written: int, removed: int) -> float:  # noqa: ARG002
        return math.inf
