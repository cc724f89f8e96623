"""Where messages wait their turn, and how much of its time each such place is busy.

Every load here is a lower bound: what only makes it worse (attempts that time out in vain, outages
of the broker, records that are read twice) is left out. So where one is said to reach 1, it does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks.load import arrival_rate_per_s
from sim.stations.consuming import consuming
from sim.stations.publishing import publishing
from sim.stations.station import Station
from sim.stations.wires import wires

if TYPE_CHECKING:
    from sim.config import Experiment

__all__ = ["Station", "overloads", "slowest", "stations"]


def stations(experiment: Experiment) -> tuple[Station, ...]:
    """Return the places where messages of *experiment* wait; none where the load has no rate."""
    if not 0 < arrival_rate_per_s(experiment) < math.inf:
        return ()
    return (consuming(experiment), *publishing(experiment), *wires(experiment))


def overloads(experiment: Experiment) -> tuple[str, ...]:
    """Return, in words, where more work comes in than can be done."""
    return tuple(place.too_much for place in stations(experiment) if place.load >= 1.0)


def slowest(experiment: Experiment) -> Station | None:
    """Return the place that remembers longest how it began; None if none remembers anything."""
    places = [place for place in stations(experiment) if place.settles_s > 0]
    return max(places, key=lambda place: place.settles_s, default=None)
