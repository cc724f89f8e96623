"""Which publications had their first effect after that of a younger one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from models.ledger import Ledger
    from sim.outcomes.outcome import Flags, Times


def ordered_together(ledger: Ledger, rows: slice) -> npt.NDArray[np.integer]:
    """Return the same number for messages of one producer and key, in the shape (messages,)."""
    producer: npt.NDArray[np.integer] = ledger.created.column("producer")[rows]
    if not len(ledger.keyed):
        return producer
    keys = ledger.keyed.column("order_key")[rows]  # a row per message, in the same order
    together: npt.NDArray[np.int64] = producer.astype(np.int64) << 32 | keys
    return together


def out_of_order(group: npt.NDArray[np.integer], first_effect_s: Times) -> Flags:
    """Return which publications had their first effect after that of a younger one of the group."""
    late = np.zeros(len(group), dtype=np.bool_)
    if not len(group):
        return late
    if (group == group[0]).all():
        return _later_than_a_younger_one(first_effect_s)
    order = np.argsort(group, kind="stable")
    ends = np.flatnonzero(np.diff(group[order])) + 1
    for own in np.split(order, ends):
        late[own] = _later_than_a_younger_one(first_effect_s[own])
    return late


def _later_than_a_younger_one(times_s: Times) -> Flags:
    # The earliest first effect among all younger ones, from the back; no effect is no nan here.
    younger_s = np.fmin.accumulate(times_s[::-1])[::-1]
    late = np.zeros(len(times_s), dtype=np.bool_)
    late[:-1] = times_s[:-1] > younger_s[1:]
    return late
