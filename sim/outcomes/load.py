"""The system as a whole in the measured window: queue length, arrivals, effects, crashes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.ledger import Facts, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The system as a whole in the measured window of one replication.

    `queue_length` is the time average of the messages waiting or in service at the broker, of all
    consumer groups together;
    `effects` counts publications whose first effect fell into the window,
    `arrivals` copies stored in it, `crashes` crashes of the broker.
    """

    window_s: float
    queue_length: float
    arrivals: int
    effects: int
    crashes: int


def _crashes_of_broker(ledger: Ledger, start_s: float, end_s: float) -> set[float]:
    """Return when the broker crashed in the window; replicas that fall together are one crash."""
    return {
        at_s
        for at_s, who, _ in ledger.crashes
        if who.partition(" ")[0] == "broker" and start_s < at_s <= end_s
    }


def observe(ledger: Ledger, measured: range, start_s: float | None = None) -> Load:
    """Return what *ledger* says of the window from *start_s* to the last measured creation.

    The start should be a time that no message has chosen: a window that begins with a creation (the
    default) begins after a longer gap than usual, with a queue that has drained.
    """
    times = ledger.created.times_s()
    start, end = (float(times[measured[place]]) for place in (0, -1)) if measured else (0.0, 0.0)
    if start_s is not None:
        start = start_s
    if not end > start:
        return Load(window_s=0.0, queue_length=np.nan, arrivals=0, effects=0, crashes=0)

    def left_s(facts: Facts) -> float:
        """Return the sum over all rows of the time from the row to the window's end."""
        return float((end - np.clip(facts.times_s(), start, end)).sum())

    def within(facts: Facts) -> int:
        # What comes at the end itself has had no time in the window.
        at = facts.times_s()
        return int(((at > start) & (at < end)).sum())

    area = 0.0
    arrivals = effects = 0
    for group in ledger.groups:
        area += left_s(group.stored) + left_s(group.recovered) - left_s(group.removed)
        arrivals += within(group.stored)
        _, first = np.unique(group.effected.messages(), return_index=True)
        first_s = group.effected.times_s()[first]
        effects += int(((first_s > start) & (first_s <= end)).sum())
    return Load(
        window_s=end - start,
        queue_length=area / (end - start),
        arrivals=arrivals,
        effects=effects,
        crashes=len(_crashes_of_broker(ledger, start, end)),
    )
