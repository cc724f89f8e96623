"""What can befall a broker's machine, and which copies outlive it.

| fault | takes |
|---|---|
| `process_crash` | what is in the memory of the process |
| `power_loss` | that, and what is in the page cache |
| `disk_loss` | that, and what is on the disk: the machine comes back empty |
"""

from __future__ import annotations

from enum import StrEnum

from models.ledger import Cause
from models.message import Place


class BrokerFault(StrEnum):
    """What can befall a broker."""

    PROCESS_CRASH = "process_crash"
    POWER_LOSS = "power_loss"
    DISK_LOSS = "disk_loss"


_NEEDED = {BrokerFault.PROCESS_CRASH: Place.CACHE, BrokerFault.POWER_LOSS: Place.DISK}
_KILLERS = {
    Place.MEMORY: Cause.BROKER_MEMORY,
    Place.CACHE: Cause.PAGE_CACHE,
    Place.TORN: Cause.TORN_WRITE,
}


def survives(place: Place, fault: BrokerFault) -> bool:
    """Return whether a copy in *place* is still there after *fault*."""
    needed = _NEEDED.get(fault)
    return needed is not None and place >= needed


def killer(place: Place, fault: BrokerFault) -> Cause:
    """Return what has removed a copy in *place* that did not survive *fault*."""
    if fault is BrokerFault.DISK_LOSS and place is not Place.MEMORY:
        return Cause.DISK_LOSS
    return _KILLERS[place]
