"""What there is to say of one publication: a belief, a fate, and the counts behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Counts: TypeAlias = npt.NDArray[np.int32]  # of one message: small numbers, but many of them
Tally: TypeAlias = npt.NDArray[np.int64]
Times: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int8]
Flags: TypeAlias = npt.NDArray[np.bool_]


class Belief(IntEnum):
    """What the producer believes in the end."""

    CONFIRMED = 0
    FAILED = 1
    UNKNOWN = 2


class Fate(IntEnum):
    """What became of a publication."""

    ONCE = 0
    DUPLICATED = 1
    DEAD_LETTERED = 2
    LOST = 3
    PENDING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """The measured publications of one replication; every array has shape (publications,).

    Times are in seconds, nan where the thing never happened. `cause` is a `Cause`, -1 unless lost.
    `priority` (0, 1, …; the highest goes first) is -1 if there are none.
    `first_failed`: it was delivered, and its first delivery had no effect. `flagged` are deliveries
    that the broker called redelivered, `flag_lies` those of them without any effect before.
    `crash_removed`: copies that a crash of the broker removed; `refused`: copies that the disk did
    not take. `stayed_s` is the time its copies spent in the queue, in sum, nan while one is there
    still.
    """

    producer: npt.NDArray[np.uint16]
    priority: npt.NDArray[np.int32]
    created_s: Times
    confirm_latency_s: Times
    delivery_latency_s: Times
    belief: Codes
    fate: Codes
    cause: Codes
    sends: Counts
    copies: Counts
    deliveries: Counts
    effects: Counts
    parked: Counts
    stored: Counts
    crash_removed: Counts
    refused: Counts
    first_failed: Flags
    flagged: Counts
    flag_lies: Counts
    out_of_order: Flags
    stayed_s: Times
    service_s: Times
    served: Counts

    def __len__(self) -> int:
        return len(self.created_s)

    def matrix(self) -> Tally:
        """Return the outcome matrix, shape (3 beliefs, 5 fates)."""
        cells = np.bincount(self.belief.astype(np.int64) * 5 + self.fate, minlength=15)
        return cells.reshape(3, 5)
