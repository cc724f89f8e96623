"""When a producer's application creates its messages.

Creation times depend on nothing else in the system (an open load), so that a slow broker is not
spared by a slow test: what waits, waits in the producer's buffer and is counted there.
"""

# ruff: noqa: D102 (what a method promises is said once, in the protocol)

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Protocol

import numpy as np

from models.checks import positive
from models.laws import Exponential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.draws import Draws
    from models.laws import Law


class Arrivals(Protocol):
    """A law of creation times."""

    @property
    def rate_per_s(self) -> float:
        """Messages per second in the long run; nan where there is no long run."""

    def times_s(self, draws: Draws, producer: str) -> Iterator[float]:
        """Yield the creation times in seconds, in order; *producer* names the draws."""


@dataclass(frozen=True, slots=True)
class Poisson:
    """A Poisson process: gaps between messages are exponential."""

    rate_per_s: float

    def __post_init__(self) -> None:
        positive(rate_per_s=self.rate_per_s)

    def times_s(self, draws: Draws, producer: str) -> Iterator[float]:
        law = Exponential(1.0 / self.rate_per_s)
        time_s = 0.0
        if draws.in_time:
            gap_s = draws.law(producer, "gap", law)
            for number in count():
                time_s += gap_s(number, 0)
                yield time_s
        gaps = draws.law_rows(producer, "gap", law)
        for block in count():
            gaps_s = gaps.span(0, block)
            gaps_s[0] += time_s
            times_s = np.add.accumulate(gaps_s).tolist()  # each the last plus a gap
            yield from times_s
            time_s = times_s[-1]


@dataclass(frozen=True, slots=True)
class Regular:
    """One message every 1 / rate seconds; the first one gap after the start."""

    rate_per_s: float

    def __post_init__(self) -> None:
        positive(rate_per_s=self.rate_per_s)

    def times_s(self, draws: Draws, producer: str) -> Iterator[float]:  # noqa: ARG002 - needs no luck
        # A product, not a sum: a million rounded gaps would drift.
        return (number / self.rate_per_s for number in count(1))


@dataclass(frozen=True, slots=True)
class Bursty:
    """Phases with load and phases without, in turn: Poisson at `peak_per_s` while on.

    The interrupted Poisson process where both laws are exponential (W. Fischer and
    K. Meier-Hellstern, "The Markov-modulated Poisson process (MMPP) cookbook", 1993).
    """

    on: Law
    off: Law
    peak_per_s: float

    def __post_init__(self) -> None:
        positive(peak_per_s=self.peak_per_s, on_mean_s=self.on.mean_s)

    @property
    def rate_per_s(self) -> float:
        return self.peak_per_s * self.on.mean_s / (self.on.mean_s + self.off.mean_s)

    def times_s(self, draws: Draws, producer: str) -> Iterator[float]:
        gap_s = draws.law(producer, "gap", Exponential(1.0 / self.peak_per_s))
        on_s = draws.law(producer, "on", self.on)
        off_s = draws.law(producer, "off", self.off)
        start_s = 0.0
        number = 0
        # The clock of the load runs only while it is on: a gap may span a silence.
        busy_s = left_s = on_s(0, 0)
        phase = 0
        wait_s = gap_s(0, 0)
        while True:
            while wait_s > left_s:
                wait_s -= left_s
                start_s += busy_s + off_s(phase, 0)
                phase += 1
                busy_s = left_s = on_s(phase, 0)
            left_s -= wait_s
            yield start_s + busy_s - left_s
            number += 1
            wait_s = gap_s(number, 0)


@dataclass(frozen=True, slots=True)
class Trace:
    """Recorded creation times in seconds from the start, ascending."""

    recorded_s: tuple[float, ...]

    def __post_init__(self) -> None:
        times = np.asarray(self.recorded_s)
        if not (times.size and np.isfinite(times).all() and times[0] >= 0):
            raise ValueError("recorded_s must hold at least one time, finite and >= 0")
        if (np.diff(times) < 0).any():
            raise ValueError("recorded_s must be ascending")

    @property
    def rate_per_s(self) -> float:
        return math.nan

    def times_s(self, draws: Draws, producer: str) -> Iterator[float]:  # noqa: ARG002 - needs no luck
        return iter(self.recorded_s)
