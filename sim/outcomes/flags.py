"""How often the flag "redelivered" says nothing: it only means that a delivery was made before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from models.ledger import Ledger
    from sim.outcomes.outcome import Counts
    from sim.outcomes.window import Window


def flags(window: Window, ledger: Ledger) -> tuple[Counts, Counts]:
    """Return how many deliveries were called redelivered, and of how many that was not true.

    It is true if an earlier delivery of the message has had its effect by then.
    """
    called = ledger.delivered.column("redelivered")
    flagged = window.count(ledger.delivered, called)
    if not called.any():
        return flagged, flagged
    place, inside = window.rows(ledger.delivered)
    number = _numbers(place)
    chosen = called & inside
    place, number = place[chosen], number[chosen]
    given_s = ledger.delivered.times_s()[chosen]
    # All pairs of such a delivery and an effect of its message.
    effects, inside = window.rows(ledger.effected)
    by_message = np.argsort(np.where(inside, effects, -1), kind="stable")
    effects = np.where(inside, effects, -1)[by_message]
    first = np.searchsorted(effects, place, side="left")
    count = np.searchsorted(effects, place, side="right") - first
    pair = np.repeat(np.arange(len(place)), count)
    effect = by_message[np.arange(len(pair)) + np.repeat(first - np.cumsum(count) + count, count)]
    earlier = ledger.effected.column("delivery")[effect] < number[pair]
    earlier &= ledger.effected.times_s()[effect] <= given_s[pair]
    true = np.bincount(pair[earlier], minlength=len(place)) > 0
    lies = np.bincount(place[~true], minlength=window.size).astype(np.int32)
    return flagged, lies


def _numbers(messages: npt.NDArray[np.int32]) -> Counts:
    """Return of each row which one of its message it is (1, 2, …)."""
    order = np.argsort(messages, kind="stable")
    told = messages[order]
    rows = np.arange(len(told))
    firsts = np.maximum.accumulate(np.where(np.diff(told, prepend=-(2**31)) != 0, rows, 0))
    numbers = np.empty(len(told), dtype=np.int32)
    numbers[order] = rows - firsts + 1
    return numbers
