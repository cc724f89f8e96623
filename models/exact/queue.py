"""What a queue with breakdowns does in the long run (`models.exact.station`), exactly.

Steady states are those of S. M. Ross, "Introduction to Probability Models", chapter 6. A queue
without bound is cut where it is almost never found (`NEVER`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from models.exact.continuous import chain, long_run, mean, settling_s
from models.exact.station import EMPTY, moves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.exact.station import State, Station

NEVER = 1e-12
"""A queue without bound is cut where it spends less than this share of its time."""
MOST_STATES = 50_000
MOST_PHASES = 100
MOST_STEPS = 20_000
ENDLESS = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """What a `Station` does in the long run.

    `number` of messages waiting or worked on; the share `refused` (nobody took it in) and `lost`
    (that, or forgotten) of all messages; messages with an effect per second; breakdowns of
    consumers and falls of the broker per second; how long (s) it remembers that it began empty.
    """

    number: float
    refused: float
    lost: float
    throughput_per_s: float
    breakdowns_per_s: float
    falls_per_s: float
    settling_s: float


@lru_cache(maxsize=64)
def steady(station: Station) -> Steady | None:
    """Return the steady state of *station*; None if it has too many states to be written down.

    So it has where the queue grows for ever.
    """
    edge = _edge(station)
    if edge is None:
        return None
    rates = partial(moves, station, edge)
    shares = long_run(EMPTY, rates)
    refused = mean(shares, lambda state: not station.takes(state))
    forgotten = 0.0
    if station.falls and not station.keeps:
        # Of what is worked on when the broker forgets it, this has its effect all the same.
        ends = station.service / (station.service + station.breakdowns * station.units)
        saved = ends * (1.0 - station.failure)
        left = mean(shares, lambda s: s.open * (s.held - saved * station.at_work(s)))
        forgotten = station.falls * left / station.arrivals
    return Steady(
        number=mean(shares, lambda state: state.held),
        refused=refused,
        lost=refused + forgotten,
        throughput_per_s=station.arrivals * (1.0 - refused - forgotten),
        breakdowns_per_s=station.breakdowns * mean(shares, lambda s: station.units - s.down),
        falls_per_s=station.falls * mean(shares, lambda state: state.open),
        settling_s=max(
            settling_s(EMPTY, rates, lambda state: state.held),
            settling_s(EMPTY, rates, station.takes),
        ),
    )


def _edge(station: Station) -> int | None:
    """Return how many messages there can be, or how many there almost never are; None if many."""
    busy, phases = station.consumers * station.hands, _phases(station)
    most = MOST_STATES // len(phases)
    if station.room is not None:
        edge = station.room + busy
        return edge if edge <= most else None
    if len(phases) > MOST_PHASES or _grows(station):
        return None
    fade = _fade(station)
    if fade is None or fade**most > NEVER:
        return None
    return busy + max(10, math.ceil(math.log(NEVER) / math.log(fade)))


def _phases(station: Station) -> tuple[State, ...]:
    """Return all states, but for their number, of a queue where there is always something to do."""
    return chain(EMPTY._replace(held=ENDLESS), partial(_endless, station)).states


def _endless(station: Station, state: State) -> Iterator[tuple[float, State]]:
    for rate, following in moves(station, 2 * ENDLESS, state):
        yield rate, following._replace(held=ENDLESS)


def _fade(station: Station) -> float | None:
    """Return by what factor one message more is rarer, in a long queue; None if it is near 1.

    The largest eigenvalue of the matrix R of M. F. Neuts ("Matrix-Geometric Solutions in Stochastic
    Models", 1981, chapter 3): where all hands are busy, pi(n + 1) = pi(n) R, and R is the least
    solution of R = A0 (-A1 - R A2)^-1, where A0, A1 and A2 are the rates to one message more, the
    same number, and one fewer.
    """
    phases = _phases(station)
    place = {phase: n for n, phase in enumerate(phases)}
    more, same, fewer = (np.zeros((len(phases), len(phases))) for _ in range(3))
    for phase, here in place.items():
        for rate, following in moves(station, 2 * ENDLESS, phase):
            same[here, here] -= rate
            step = following.held - ENDLESS
            if abs(step) > 1:
                continue  # all forgotten: nothing comes back to a long queue
            there = place[following._replace(held=ENDLESS)]
            (fewer, same, more)[step + 1][here, there] += rate
    r = np.zeros_like(more)
    for _ in range(MOST_STEPS):
        before, r = r, np.asarray(np.linalg.solve((-same - r @ fewer).T, more.T).T)
        if np.abs(r - before).max() < NEVER:
            return float(np.abs(np.linalg.eigvals(r)).max())
    return None


def _grows(station: Station) -> bool:
    """Return whether more comes than is done while there is always something to do."""
    if station.falls and not station.keeps:
        return False
    shares = long_run(EMPTY._replace(held=ENDLESS), partial(_endless, station))
    comes = station.arrivals * mean(shares, lambda state: state.open)
    done = station.service * (1.0 - station.failure) * mean(shares, station.at_work)
    return comes >= done * (1.0 - NEVER)
