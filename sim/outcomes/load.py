"""The system as a whole in the measured window: queue length, arrivals, effects, crashes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.ledger import Ledger
    from sim.outcomes.outcome import Times


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


def observe(ledger: Ledger, measured: range, start_s: float | None = None) -> Load:
    """Return what *ledger* says of the window from *start_s* to the last measured creation.

    The start should be a time that no message has chosen: a window that begins with a creation (the
    default) begins after a longer gap than usual, with a queue that has drained.
    """
    return observe_stretches(ledger, window_s(ledger, measured, start_s))[0]


def window_s(ledger: Ledger, measured: range, start_s: float | None = None) -> tuple[float, float]:
    """Return when the measured window begins and ends, s; (0, 0) if nothing was measured."""
    if not measured:
        return 0.0, 0.0
    times = ledger.created.times_s()
    start, end = (float(times[measured[place]]) for place in (0, -1))
    return start if start_s is None else start_s, end


def observe_stretches(ledger: Ledger, edges_s: Sequence[float]) -> list[Load]:
    """Return what *ledger* says of each stretch of time between two of *edges_s*, in a row."""
    edges = np.asarray(edges_s, dtype=np.float64)
    widths = np.diff(edges)
    area = np.zeros(len(widths))
    arrivals, effects = (np.zeros(len(widths), dtype=np.int64) for _ in range(2))
    for group in ledger.groups:
        stored, recovered, removed = (
            np.sort(facts.times_s(), kind="stable")
            for facts in (group.stored, group.recovered, group.removed)
        )
        area += _stay_s(stored, edges) + _stay_s(recovered, edges) - _stay_s(removed, edges)
        # What comes at the end itself has had no time in the stretch.
        arrivals += np.searchsorted(stored, edges[1:]) - _until(stored, edges[:-1])
        _, first = np.unique(group.effected.messages(), return_index=True)
        effects += np.diff(_until(np.sort(group.effected.times_s()[first]), edges))
    return [
        Load(
            window_s=float(width),
            queue_length=float(area[place] / width),
            arrivals=int(arrivals[place]),
            effects=int(effects[place]),
            crashes=len(_crashes_of_broker(ledger, edges[place], edges[place + 1])),
        )
        if width > 0
        else Load(window_s=0.0, queue_length=np.nan, arrivals=0, effects=0, crashes=0)
        for place, width in enumerate(widths)
    ]


def _stay_s(times_s: Times, edges_s: Times) -> Times:
    """Return the sum of the times from each of *times_s*, in order, to the end of each stretch.

    What came before a stretch is there for all of it.
    """
    before = _until(times_s, edges_s)
    stays = [
        there * (end - start) + (end - times_s[there:then]).sum()
        for there, then, start, end in zip(before, before[1:], edges_s, edges_s[1:], strict=False)
    ]
    return np.array(stays)


def _until(times_s: Times, edges_s: Times) -> npt.NDArray[np.int64]:
    """Return how many of *times_s*, in order, are at most each edge."""
    return np.searchsorted(times_s, edges_s, side="right")


def _crashes_of_broker(ledger: Ledger, start_s: float, end_s: float) -> set[float]:
    """Return when the broker crashed in the window; replicas that fall together are one crash."""
    return {
        at_s
        for at_s, who, _ in ledger.crashes
        if who.partition(" ")[0] == "broker" and start_s < at_s <= end_s
    }
