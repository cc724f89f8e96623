"""All kinds of pictures by name: what each shows, what it takes, and which suit a result.

`draw` is the one door for whoever knows a kind by its name only: a command, a report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.config.suggestions import did_you_mean
from sim.plots.asked import PictureError, estimate_named, point_numbered
from sim.plots.causes import plot_causes
from sim.plots.confirmation import plot_confirmation
from sim.plots.curves import has_latency
from sim.plots.grid import grid_keys
from sim.plots.heatmap import plot_heatmap
from sim.plots.kinds import are_kinds, plot_kinds
from sim.plots.latency import plot_latency
from sim.plots.lines import lines_suit, plot_lines
from sim.plots.losses import losses_of
from sim.plots.tradeoff import plot_tradeoff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure

    from sim.result import PointResult, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, by name: `x`, `y` and the `estimate`; `point` is a number, from 1."""

    x: str | None = None
    y: str | None = None
    estimate: str | None = None
    point: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of picture: its `meaning`, and in words what each option that it `takes` is.

    `draw` makes it, or raises a `PictureError`; `suits` tells whether it says something of a result
    that others do not.
    """

    meaning: str
    takes: Mapping[str, str]
    draw: Callable[[Result, Asked], Figure]
    suits: Callable[[Result], bool]


def draw(
    result: Result,
    kind: str,
    *,
    x: str | None = None,
    y: str | None = None,
    estimate: str | None = None,
    point: int | None = None,
) -> Figure:
    """Return the picture *kind* of *result*; `KINDS` tells what *x*, *y* and the others are in it.

    Raise a `PictureError` if there is no such kind, if it does not take what is given, or if
    *result* has not what it needs.
    """
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"kinds: {', '.join(KINDS)}"
        raise PictureError(f'"{kind}" is no kind of picture; {hint}')
    chosen = KINDS[kind]
    for name, value in (("x", x), ("y", y), ("estimate", estimate), ("point", point)):
        if value is not None and name not in chosen.takes:
            known = "; ".join(f"{option}: {what}" for option, what in chosen.takes.items())
            raise PictureError(f"{kind} takes no {name}, got {value}; it takes {known}")
    return chosen.draw(result, Asked(x=x, y=y, estimate=estimate, point=point))


def suitable(result: Result) -> list[str]:
    """Return the kinds that make sense for *result*, in the order of `KINDS`."""
    return [name for name, kind in KINDS.items() if kind.suits(result)]


def _several(result: Result, kind: str) -> None:
    if len(result.points) < 2:
        raise PictureError(
            f"{kind} needs several points, and the result has one; of one point there are "
            "confirmation, latency and causes"
        )


def _tradeoff(result: Result, asked: Asked) -> Figure:
    _several(result, "tradeoff")
    return plot_tradeoff(result, _estimate(asked.x), _estimate(asked.y))


def _presets(result: Result, asked: Asked) -> Figure:
    _several(result, "presets")
    return plot_kinds(result, _estimate(asked.x), _estimate(asked.y))


def _heatmap(result: Result, asked: Asked) -> Figure:
    at = None if asked.point is None else point_numbered(result, asked.point)
    return plot_heatmap(result, asked.x, asked.y, asked.estimate, at)


def _confirmation(result: Result, asked: Asked) -> Figure:
    point = point_numbered(result, 1 if asked.point is None else asked.point)
    if not has_latency(point, "confirm"):
        raise PictureError(
            "confirmation needs confirmed messages, and none was; latency shows first effects"
        )
    return plot_confirmation(point)


def _latency(result: Result, asked: Asked) -> Figure:
    return plot_latency(_one_or_all(result, asked))


def _causes(result: Result, asked: Asked) -> Figure:
    return plot_causes(_one_or_all(result, asked))


def _one_or_all(result: Result, asked: Asked) -> Result | PointResult:
    return result if asked.point is None else point_numbered(result, asked.point)


def _estimate(name: str | None) -> str | None:
    return None if name is None else estimate_named(name)


def _has_latencies(result: Result) -> bool:
    return any(
        has_latency(point, "confirm") or has_latency(point, "delivery") for point in result.points
    )


_ACROSS = "an estimate, along the horizontal axis"
_UP = "an estimate, along the vertical axis"

KINDS: Mapping[str, Kind] = {
    "tradeoff": Kind(
        meaning="two estimates of all points against each other, and their Pareto front",
        takes={"x": _ACROSS, "y": _UP},
        draw=_tradeoff,
        suits=lambda result: len(result.points) > 1,
    ),
    "presets": Kind(
        meaning="systems side by side: a row for each point, a panel for each of two estimates",
        takes={"x": "an estimate, on the right", "y": "an estimate, on the left"},
        draw=_presets,
        suits=lambda result: len(result.points) > 1 and are_kinds(result),
    ),
    "lines": Kind(
        meaning="an estimate over one swept key, a line for each combination of the others",
        takes={"x": "a swept key", "y": _UP},
        draw=lambda result, asked: plot_lines(result, asked.x, asked.y),
        suits=lambda result: lines_suit(result) and not are_kinds(result),
    ),
    "heatmap": Kind(
        meaning="an estimate over two swept keys, the others fixed",
        takes={
            "x": "a swept key, along the horizontal axis",
            "y": "a swept key, along the vertical axis",
            "estimate": "what the colours stand for",
            "point": "the number of the point at which other keys are fixed",
        },
        draw=_heatmap,
        suits=lambda result: len(grid_keys(result)) > 1,
    ),
    "confirmation": Kind(
        meaning="R(t): the chance of being confirmed within t, beside its closed form",
        takes={"point": "the number of the point, by default 1"},
        draw=_confirmation,
        suits=lambda result: len(result.points) == 1 and has_latency(result.points[0], "confirm"),
    ),
    "latency": Kind(
        meaning="the share of confirmations and of first effects that comes later than t",
        takes={"point": "the number of the one point to draw, by default up to six"},
        draw=_latency,
        suits=_has_latencies,
    ),
    "causes": Kind(
        meaning="how much is lost at each point, and the share of each cause in it",
        takes={"point": "the number of the one point to draw, by default all"},
        draw=_causes,
        suits=lambda result: any(losses_of(point).any for point in result.points),
    ),
}
"""Every kind of picture by its name."""
