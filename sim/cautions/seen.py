"""What the replications themselves tell: the number in the system grows, or the start is unlike.

Each is told only where it is more than chance (`sim.drift`), of at least four and nine
replications. What has its own times in the file, a fault at 10 s, a consumer that starts late, a
recording, makes one part of the window unlike another, and is meant to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.cautions.caution import Caution
from sim.course import STRETCHES, Watched
from sim.drift import growth, unlike_start
from sim.numerals import count, seconds
from sim.warmup import keeps_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.config import Experiment
    from sim.course import Course
    from sim.drift import Change
    from sim.sample import Sample

_FIRST = f"the first {1 / STRETCHES:.0%} of the measured window"


def seen(experiment: Experiment, samples: Sequence[Sample]) -> Iterator[Caution]:
    """Yield what *samples* say against themselves."""
    warmup = experiment.run.warmup_used
    if warmup.caution:
        yield Caution("pilot", warmup.caution)
    courses = [
        sample.course
        for sample in samples
        if isinstance(sample, Watched) and sample.course is not None
    ]
    late = experiment.consumer.start.bounds_s[1] > warmup.seconds
    if not courses or late or keeps_time(experiment):
        return
    present = np.array([course.present for course in courses])
    grown = growth(present) if all(course.consumed for course in courses) else None
    if grown is not None:
        yield Caution("load", _grown(grown, samples))
    elif not _ticks(experiment, samples):
        yield from _unlike(experiment, courses, present)


def _grown(change: Change, samples: Sequence[Sample]) -> str:
    window_s = float(np.mean([sample.window_s for sample in samples]))
    return (
        f"messages in the system grew from {_number(change.before)} in the first quarter to "
        f"{_number(change.after)} in the last of the {window_s:.3g} s that are measured: no steady "
        "state is seen"
    )


def _unlike(
    experiment: Experiment, courses: Sequence[Course], present: np.ndarray
) -> Iterator[Caution]:
    used = experiment.run.warmup_used
    latency_s = np.array([course.latency_s for course in courses])
    what = "delivery latency" if courses[0].consumed else "confirm latency"
    for name, series, text in (
        (what, latency_s, seconds),
        ("messages in the system", present, _number),
    ):
        change = unlike_start(series)
        if change is not None:
            told = (
                f"{_FIRST} is unlike its second half ({name}: {text(change.before)} against "
                f"{text(change.after)}): run.warmup = {used.seconds:.3g} s is too short"
            )
            yield Caution("warmup", told)
            return


def _ticks(experiment: Experiment, samples: Sequence[Sample]) -> bool:
    """Return whether a clock makes stretches unlike, since its pace is slower than they are."""
    stretch_s = max(sample.window_s for sample in samples) / STRETCHES
    return experiment.disk.policy == "interval" and experiment.disk.interval_s > stretch_s


def _number(value: float) -> str:
    return count(round(value)) if value >= 100 else f"{value:.3g}"
