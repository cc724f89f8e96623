"""The warm-up of a run: found from the data where the file does not give it.

Where the time of day matters to the file there is no steady state to be waited for, and moving the
measured window would move it against what was written: faults `at` given times or at a fixed pace,
a recorded load. There the warm-up is the usual 5 s, or 0 if a fault comes before. It is the usual
one, too, where more comes in than can be done, and where the run is too short to look beforehand
(fewer than 20,000 messages in all), unless more is known to be needed.

Elsewhere it is the longer of what short runs show (`sim.warmup.pilot`) and what is known of the
system (`sim.warmup.needed`): never less than that, unless it would take `MOST_WINDOWS` times the
measured window. A system that remembers nothing has next to none. One that grows through all that
short runs show has no steady state within reach: it gets the usual warm-up, and a caution.

All points of a sweep get the longest warm-up found at any of them, so that they measure the same
messages, with the same luck, and can be compared replication by replication. A point for which
that would be longer than its measured window (its load is so much higher) keeps its own, and so
does one whose file gives it. Points that never settle have no say. Where the time of day matters at
some points, these get the same warm-up, too, and the others no shorter one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from models.arrivals import Bursty, Trace
from sim.checks.load import arrival_rate_per_s
from sim.config.warmup import USUAL_S, Source, Warmup
from sim.numerals import count
from sim.stations import overloads
from sim.warmup.needed import needed_s
from sim.warmup.pilot import Look, look_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.config import Experiment
    from sim.config.experiment import Point

MOST_WINDOWS = 10.0


def open_warmup(experiment: Experiment, _number: int = 0) -> Warmup | None:
    """Return the warm-up that *experiment* needs by itself; None if its file gives one."""
    return found(experiment) if experiment.run.warmup_is_open else None


def warmed_up(points: Sequence[Point], own: Sequence[Warmup | None] | None = None) -> list[Point]:
    """Return *points* with the warm-ups that are still open; *own* is what each needs by itself."""
    if own is None:
        own = [open_warmup(point.experiment) for point in points]
    open_ones = [(p.experiment, w) for p, w in zip(points, own, strict=True) if w is not None]
    settled = [warmup for _, warmup in open_ones if warmup.found and not warmup.caution]
    longest = max(settled, key=lambda warmup: warmup.seconds, default=None)
    timed = [warmup.seconds for experiment, warmup in open_ones if keeps_time(experiment)]
    clock_s = min(timed, default=None)
    return [
        point if warmup is None else _with(point, _shared(point, warmup, longest, clock_s))
        for point, warmup in zip(points, own, strict=True)
    ]


def found(experiment: Experiment) -> Warmup:
    """Return the warm-up that *experiment* needs by itself."""
    usual_s = experiment.run.warmup_s
    if keeps_time(experiment):
        early = any(min(fault.at_s) < usual_s for fault in experiment.faults if fault.at_s)
        return Warmup(seconds=0.0 if early else usual_s, source=Source.USUAL)
    if overloads(experiment):
        return Warmup(seconds=usual_s, source=Source.USUAL)
    least_s = min(needed_s(experiment), MOST_WINDOWS * _window_s(experiment))
    look = look_at(experiment)
    # Growth within what is known to be needed tells nothing new.
    caution = _caution(look) if look is not None and look.seconds > least_s else ""
    if look is None or caution:
        warmup = Warmup(seconds=usual_s, source=Source.USUAL, caution=caution)
    else:
        warmup = Warmup(seconds=_rounded_up(look.cut_s), source=Source.DATA)
    if least_s > warmup.seconds:
        warmup = replace(warmup, seconds=_rounded_up(least_s), source=Source.THEORY)
    return replace(warmup, seconds=min(warmup.seconds, _room_s(experiment)))


def keeps_time(experiment: Experiment) -> bool:
    """Return whether something comes at times that the file has fixed, and that do not repeat."""
    arrivals = experiment.producer.arrivals
    if isinstance(arrivals, Trace):
        return True
    if isinstance(arrivals, Bursty) and arrivals.on.is_constant and arrivals.off.is_constant:
        return arrivals.on.mean_s + arrivals.off.mean_s > USUAL_S
    return any(fault.every is None or fault.every.is_constant for fault in experiment.faults)


def _caution(look: Look) -> str:
    if look.reliable or look.grows is None:
        return ""
    return (
        f"no steady state seen within {count(look.messages)} messages ({look.seconds:.3g} s): "
        f"messages in the system grew from {look.grows.before:.3g} to {look.grows.after:.3g}"
    )


def _shared(point: Point, own: Warmup, longest: Warmup | None, clock_s: float | None) -> Warmup:
    """Return what *point*, whose *own* warm-up is known, shares with the others of its sweep.

    *longest* is the longest that was found, *clock_s* that of points where the time of day matters.
    """
    experiment = point.experiment
    if clock_s is not None:
        if keeps_time(experiment):
            return replace(own, seconds=clock_s)
        if longest is None or longest.seconds <= clock_s:
            longest = Warmup(seconds=clock_s, source=Source.USUAL)
    if longest is None:
        return own
    room_s = min(_window_s(experiment), _room_s(experiment))
    if own.found and not own.seconds <= longest.seconds <= room_s:
        return own
    return replace(longest, seconds=min(longest.seconds, _room_s(experiment)), caution=own.caution)


def _with(point: Point, warmup: Warmup) -> Point:
    experiment = point.experiment
    run = experiment.run.warmed_up(warmup)
    return replace(point, experiment=experiment.model_copy(update={"run": run}))


def _window_s(experiment: Experiment) -> float:
    """Return how long the measured messages take to be created, s."""
    return experiment.run.messages / arrival_rate_per_s(experiment)


def _room_s(experiment: Experiment) -> float:
    """Return the longest warm-up after which a horizon leaves time for what is measured, s."""
    horizon_s = experiment.run.horizon_s
    return max(horizon_s - _window_s(experiment), horizon_s / 10.0)


def _rounded_up(seconds: float) -> float:
    """Return *seconds* with two digits, and not less."""
    if seconds <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(seconds)) - 1)
    return float(f"{math.ceil(seconds / unit * (1 - 1e-9)) * unit:.2g}")
