"""One place where messages wait their turn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.laws import Law


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One place where messages wait their turn.

    `name` is what is slow to settle ("the queue"), `load` the share of time in which it is busy,
    and `too_much` says in words what a load of 1 or more does. `settles_s` is how long it remembers
    how it began: its relaxation time, s; infinite where it grows for ever.
    """

    name: str
    load: float
    settles_s: float
    too_much: str


def served(
    name: str,
    *,
    busy: str,
    grows: str,
    rate_per_s: float,
    work_s: float,
    hands: float = 1.0,
    spread: float = 1.0,
) -> Station:
    """Return the station *name* where work of mean *work_s* (s) comes at *rate_per_s*.

    It is done by so many *hands*; *spread* is the squared coefficient of variation of the work.
    *busy* is what a load is of, *grows* what happens at 1.
    """
    load = rate_per_s * work_s / hands if work_s else 0.0
    return Station(
        name=name,
        load=load,
        settles_s=relaxation_s(load, work_s / hands, spread),
        too_much=f"{busy} is {load:.3g} >= 1: {grows}",
    )


def relaxation_s(load: float, work_s: float, spread: float = 1.0) -> float:
    """Return the relaxation time (s) of a queue, as of M/M/1 with one fast server.

    That is work / (1 - sqrt(load))^2 (J. W. Cohen, "The Single Server Queue", 1982). Where work
    varies more, a queue in heavy traffic is slower by (1 + spread) / 2, as its diffusion is
    (W. Whitt, "Planning queueing simulations", Management Science 35, 1989).
    """
    if load >= 1.0:
        return math.inf
    if not load:
        return 0.0
    return max(1.0, (1.0 + spread) / 2.0) * work_s / (1.0 - math.sqrt(load)) ** 2


def full_s(load: float, work_s: float, places: int) -> float:
    """Return how long (s) a queue of so many *places* remembers that it began empty.

    Its slowest mode decays at the rate l + m - 2 sqrt(l m) cos(pi / (places + 1)), with arrivals at
    rate l and service at rate m (P. M. Morse, "Queues, Inventories and Maintenance", 1958); what
    comes faster than it is served must first fill it.
    """
    if not load or not work_s:
        return 0.0
    rate_per_s = 1.0 + load - 2.0 * math.sqrt(load) * math.cos(math.pi / (places + 1))
    fills = places / (load - 1.0) if load > 1.0 else 0.0
    return work_s * max(1.0 / rate_per_s, min(fills, float(places) ** 2))


def spread(law: Law) -> float:
    """Return the squared coefficient of variation of *law*; 0 of a time that is always 0."""
    return law.second_moment_s2 / law.mean_s**2 - 1.0 if law.mean_s else 0.0
