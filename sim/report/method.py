"""How a result was made, in words: as much as was done here, and no more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from sim.checks.check import POWER
from sim.config.warmup import Source
from sim.coupling import couplings
from sim.numerals import count, seconds, times
from sim.report.names import where
from sim.tables.rare import WAYS
from sim.totals import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from sim.config.warmup import Warmup
    from sim.runner import PointResult, Result

    T = TypeVar("T")

_SOURCES = {
    Source.FILE: "as the file says",
    Source.DATA: "found by short runs beforehand, which show for how long the beginning matters "
    "(MSER-5)",
    Source.THEORY: "as long as is known to be needed by queues like these, which is longer than "
    "what short runs beforehand showed",
    Source.USUAL: "the usual one, as none was written, and none could be found",
}


class Step(NamedTuple):
    """One part of the method: what it is called, and what was done."""

    name: str
    sentences: tuple[str, ...]


def method(result: Result) -> list[Step]:
    """Return how *result* was made."""
    steps = [
        Step("Simulation", tuple(_simulation(result))),
        Step("Warm-up", tuple(_warmup(result))),
        Step("Luck", tuple(_luck(result))),
        Step("Rare events", tuple(_rare(result))),
        Step("Intervals", tuple(_intervals(result))),
        Step("Bounds", tuple(_bounds(result))),
        Step("Verdicts on closed forms", tuple(_verdicts(result))),
        Step("Verdicts on claims", tuple(_claims(result))),
        Step("Limits", (_LIMITS,)),
    ]
    return [step for step in steps if step.sentences]


_LIMITS = (
    "How often a broker crashes or a network loses packets is no result but was put in; it is for "
    "whoever uses the result to know it of their own system. A simulation proves no guarantee: it "
    "finds what breaks one."
)


def _simulation(result: Result) -> Iterator[str]:
    run = result.points[0].experiment.run
    total = sum(messages(point) for point in result.points)
    yield (
        "Every message is followed from its creation on by a discrete-event simulation of "
        "producers, network, broker, disk and consumers. What it believes and what became of it is "
        "read off a record of all events afterwards."
    )
    sizes = _grouped(result, _size)
    for (size, each), at in sizes.items():
        plain = "plain replications" if result.points[0].rare else "independent replications"
        yield f"{_at(at, len(sizes))}{count(size)} {plain} of {times(each, 'measured message')}."
    points = times(len(result.points), "point")
    yield f"In all, {times(total, 'message')} were measured at {points}."
    if run.precision is not None:
        widths = [
            f"{100 * run.precision.relative:g} % of the value" if run.precision.relative else "",
            f"{run.precision.absolute:g}" if run.precision.absolute else "",
        ]
        yield (
            f"Replications were added until half the width of the interval of "
            f"{run.precision.estimate} was {' and '.join(filter(None, widths))} at most, or "
            f"{count(run.precision.max_replications)} were done."
        )
    if math.isfinite(run.horizon_s):
        yield (f"A run is cut off at {seconds(run.horizon_s)}: what is undecided then is pending.")
    else:
        yield "A run goes on until every measured message is decided."


def _size(point: PointResult) -> tuple[int, int]:
    return len(point.samples), point.experiment.run.messages


def _warmup(result: Result) -> Iterator[str]:
    yield "Messages created during a warm-up are not measured, as a system that starts is empty."
    found = _grouped(result, _used)
    for used, at in found.items():
        yield f"{_at(at, len(found))}{seconds(used.seconds)}, {_SOURCES[used.source]}."


def _used(point: PointResult) -> Warmup:
    return point.experiment.run.warmup_used


def _luck(result: Result) -> Iterator[str]:
    yield (
        "Every random number belongs to what it decides, and all follow from the seed: the same "
        "file and seed give the same result."
    )
    if len(result.points) > 1 and "seed" not in result.points[0].parameters:
        yield (
            "Replication r of every point meets the same luck (common random numbers). So points "
            "are compared replication by replication, and what befalls both makes no difference; "
            "their intervals may overlap though the difference is sure."
        )


def _rare(result: Result) -> Iterator[str]:
    ways = _grouped(result, _way)
    for way, at in ways.items():
        if way:
            yield f"{_at(at, len(ways))}{_WAYS[way]}"
    sizes = sorted(
        {(len(p.rare.samples), p.rare.method.replications) for p in result.points if p.rare}
    )
    for size, pilot in sizes:
        yield (
            f"{times(size, 'such replication')}, after a pilot of {times(pilot, 'replication')} "
            "that found out where to look. Plain ones beside them tell times, loads, and what is "
            "not rare; the outcomes and causes that are counted are theirs."
        )


_WAYS = {
    "importance": (
        f"Rare events were sought by {WAYS['importance']}: luck is tilted so that what is rare "
        "happens more often, and every outcome is weighed by how much less likely it really is."
    ),
    "splitting": (
        f"Rare events were sought by {WAYS['splitting']}: a run that comes close to what is rare "
        "is continued several times with fresh luck, and each branch counts for its share."
    ),
}


def _way(point: PointResult) -> str:
    return point.rare.method.name if point.rare else ""


def _intervals(result: Result) -> Iterator[str]:
    level = 100 * result.experiment.run.confidence
    yield (
        f"Every interval holds the true value of this model with {level:g} % confidence, each by "
        "itself. A value has no more digits than its interval is worth."
    )
    reasons = dict.fromkeys(
        coupling.reason for point in result.points for coupling in couplings(point.experiment)
    )
    if reasons:
        yield (
            "Messages of one replication are no independent trials here, as they share: "
            f"{'; '.join(reasons)}. So intervals are taken over replications, or over long batches "
            "where there are few."
        )
    else:
        yield "Nothing couples the fates of messages here: each is an independent trial."


def _bounds(result: Result) -> Iterator[str]:
    level = result.experiment.run.confidence
    yield (
        f"“< x” and “below x” mean that no such event was seen in n independent trials: the share "
        f"is below x = 1 - (1 - c)^(1/n) at confidence c = {level:g}. It is never told as 0 %. "
        "“> x” and “above x” say the same of what always happened."
    )


def _verdicts(result: Result) -> Iterator[str]:
    margins = sorted({check.margin for point in result.points for check in point.checks})
    if not margins:
        return
    margin = " or ".join(f"{100 * margin:g} %" for margin in margins)
    level = f"{100 * (1 - result.experiment.run.confidence):.3g} %"
    yield (
        f"“disagrees”: the result is too far from the prediction to be luck. All verdicts of a "
        f"point are wrong with a chance of {level} together at most (Holm's correction)."
    )
    yield (
        f"“agrees”: it is not, and an error of {margin} would have been noticed with a chance of "
        f"{100 * POWER:g} % at least. “undecided”: such an error could have gone unnoticed."
    )


def _claims(result: Result) -> Iterator[str]:
    if result.experiment.claims:
        yield (
            "A claim is true if the whole interval of each of its tests lies on the right side of "
            "what is asked, false if one lies wholly on the wrong side, and else undecided."
        )


def _grouped(result: Result, key: Callable[[PointResult], T]) -> dict[T, str]:
    """Return for each value of *key* at which points it is so, in words."""
    places: dict[T, list[int]] = {}
    for place, point in enumerate(result.points):
        places.setdefault(key(point), []).append(place)
    return {value: where(at, result) for value, at in places.items()}


def _at(at: str, cases: int) -> str:
    """Return the beginning of a sentence about the points *at*, where there are several cases."""
    return f"{at[:1].upper()}{at[1:]}: " if at and cases > 1 else ""
