"""How each cause of a loss is drawn: the same colour and hatch in every picture.

No two causes have the same look. Those that often come together differ both in colour and in hatch:
the one is seen by the colour-blind too (M. Okabe and K. Ito, "Color universal design", 2008), the
other in print without colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from models.ledger import Cause
from sim.plots.page import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, YELLOW

if TYPE_CHECKING:
    from collections.abc import Mapping


class Look(NamedTuple):
    """A colour, and a hatch that is drawn over it."""

    colour: str
    hatch: str


_PLAIN, _RISING, _DOTS, _CROSSES = "", "////", "....", "xxxx"
_FALLING, _RINGS, _ACROSS, _ALONG = "\\\\\\\\", "ooo", "----", "||||"

LOOKS: Mapping[Cause, Look] = {
    Cause.NETWORK: Look(BLUE, _PLAIN),
    Cause.CONNECTION_CUT: Look(VERMILLION, _ACROSS),
    Cause.PRODUCER_CRASH: Look(GREEN, _RISING),
    Cause.PRODUCER_BUFFER: Look(SKY, _DOTS),
    Cause.BROKER_DOWN: Look(PURPLE, _CROSSES),
    Cause.BROKER_MEMORY: Look(GREEN, _DOTS),
    Cause.PAGE_CACHE: Look(VERMILLION, _RISING),
    Cause.DISK_LOSS: Look(ORANGE, _RINGS),
    Cause.TORN_WRITE: Look(SKY, _ALONG),
    Cause.FAILOVER: Look(BLACK, _ACROSS),
    Cause.OVERFLOW: Look(ORANGE, _FALLING),
    Cause.EXPIRED: Look(GREEN, _CROSSES),
    Cause.NO_SUBSCRIBER: Look(VERMILLION, _RINGS),
    Cause.AUTO_ACK: Look(SKY, _RINGS),
    Cause.EARLY_ACK: Look(BLUE, _RISING),
    Cause.COMMIT: Look(VERMILLION, _DOTS),
    Cause.DELIVERY_LIMIT: Look(YELLOW, _ALONG),
    Cause.HANDLER_ERROR: Look(PURPLE, _ACROSS),
    Cause.REJECTED: Look(BLACK, _PLAIN),
    Cause.WRITE_ERROR: Look(YELLOW, _FALLING),
    Cause.DEDUPLICATED: Look(SKY, _RISING),
    Cause.OUT_OF_SEQUENCE: Look(GREEN, _FALLING),
    Cause.NOT_IN_SYNC: Look(YELLOW, _RINGS),
}
"""The look of each cause."""
