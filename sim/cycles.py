"""How often a system failed and settled again: each such cycle is a trial of its own.

Where faults fall after up-times that remember nothing (exponential ones), what comes after a fault
depends on what was before it through the messages that met it alone. So the system starts anew when
everything works again and all messages of before are over: stretches between such faults are cycles
of a regenerative process, nearly (A. M. Law, "Simulation Modeling and Analysis", section 9.5.3).
Nearly, since messages of the time between may be there still; they met no fault. Faults that come
before the last one has settled belong to its cycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.ledger import Ledger

    Times = npt.NDArray[np.float64]


def cycles(ledger: Ledger, start_s: float, end_s: float) -> int:
    """Return how many faults from *start_s* to *end_s* found all settled from the one before."""
    if not ledger.crashes:
        return 0
    created_s, over_s = ledger.created.times_s(), _over_s(ledger)
    found = 0
    began = False
    for at_s, healed_s in _faults(ledger):
        before = int(np.searchsorted(created_s, healed_s, side="left"))
        settled = not before or over_s[before - 1] <= at_s
        if not began or settled:
            began = True
            found += start_s < at_s <= end_s
    return found


def _faults(ledger: Ledger) -> list[tuple[float, float]]:
    """Return each time of a fault, and since when all had been working; inf if all did not."""
    # An outage may take no time: the fall comes first.
    events = [(at_s, 0, who) for at_s, who, _ in ledger.crashes]
    events += [(at_s, 1, who) for at_s, who in ledger.restarts]
    down: set[str] = set()
    healed_s = -np.inf
    found: dict[float, float] = {}
    for at_s, returns, who in sorted(events):
        if returns:
            down.discard(who)
            healed_s = at_s
        else:
            found.setdefault(at_s, np.inf if down else healed_s)
            down.add(who)
    return list(found.items())


def _over_s(ledger: Ledger) -> Times:
    """Return when a message and all before it were over, shape (messages,)."""
    last_s = ledger.created.times_s()
    for book in {id(book): book for book in (ledger, *ledger.groups)}.values():
        for facts in book.kinds.values():
            own_s = np.zeros(len(last_s))
            # Of repeated places the last assignment stays, and rows are in the order of time.
            own_s[facts.messages()] = facts.times_s()
            np.maximum(last_s, own_s, out=last_s)
    return np.asarray(np.maximum.accumulate(last_s))
