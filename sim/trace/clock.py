"""The times of a trace: from the creation of its message, all in one unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.trace.step import Step
    from sim.trace.trace import Trace

_LONG_S, _SHORT_S = 10.0, 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Tells times in one unit, so that they stand below each other and can be compared."""

    size_s: float
    unit: str
    places: int

    def text(self, time_s: float) -> str:
        """Return *time_s* (s) with its unit."""
        shown = f"{time_s / self.size_s:,.{self.places}f}"
        return (
            f"{shown.removeprefix('-') if not float(shown.replace(',', '')) else shown} {self.unit}"
        )


def clock_for(found: Trace) -> Clock:
    """Return the clock that fits the steps of *found*."""
    longest_s = max(abs(step.time_s - found.created_s) for step in found.steps)
    if longest_s >= _LONG_S:
        return Clock(size_s=1.0, unit="s", places=4)
    if 0.0 < longest_s < _SHORT_S:
        return Clock(size_s=1e-6, unit="µs", places=3)
    return Clock(size_s=1e-3, unit="ms", places=3)


def times(found: Trace) -> list[str]:
    """Return the time of each step of *found*, "" where it is that of the step before."""
    clock = clock_for(found)
    shown, last_s = [], None
    for step in found.steps:
        shown.append("" if step.time_s == last_s else _text(clock, step, found))
        last_s = step.time_s
    return shown


def _text(clock: Clock, step: Step, found: Trace) -> str:
    return clock.text(step.time_s - found.created_s)
