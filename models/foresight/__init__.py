"""Foresight: what nothing can disturb is worked out before it happens.

Where the broker answers every packet the instant it arrives and never goes down, the whole exchange
of a producer with it hangs on the producer's own luck: when each attempt is sent, lost or doubled,
when it arrives, when its acknowledgement is back, and when the message is given up. `Foresight`
works that out for thousands of messages at once, from the same named draws as `models.producer`
would use, and gives the broker its arrivals. The ledger is the same, fact by fact, as that of the
events one by one, and it is there much sooner.

The one thing it cannot foresee is a message that waits for room in the in-flight window. It sees
that this would happen and raises `WindowBinds`; the run must then be made again without it.
"""

from models.foresight.conditions import applies
from models.foresight.foresight import Foresight, WindowBinds

__all__ = ["Foresight", "WindowBinds", "applies"]
