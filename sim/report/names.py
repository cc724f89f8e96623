"""What points are called: in full, and in as few words as tell them apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sim.wording import point_name, short_names, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.runner import PointResult, Result

_NAMED = 3
_UNIT = re.compile(r"(?<=\d) (?=(?:%|ns|µs|ms|s|min|h|d)(?!\w))")
_POWER = re.compile(r"(\d[\d.]*e-\d+)")
_SYSTEM = "the system"


def name_of(point: PointResult) -> str:
    """Return what sets *point* apart, in full; "the system" where nothing is varied."""
    return point_name(point.parameters) if point.parameters else _SYSTEM


def brief_names(result: Result) -> list[str]:
    """Return what the points of *result* are called in tables and sentences.

    Keys that others say already are left out: of those that move together one is enough. The points
    of a design have numbers, as each of their values is like no other.
    """
    if result.experiment.sweep.sample:
        return [f"point {place + 1}" for place in range(len(result.points))]
    keys = _telling(result.points)
    short = short_names(keys)
    return [
        ", ".join(f"{short[key]} = {written(point.parameters[key])}" for key in keys) or _SYSTEM
        for point in result.points
    ]


def where(places: Sequence[int], result: Result) -> str:
    """Return at which points something is so, in words; empty if there is one point only."""
    if len(result.points) == 1:
        return ""
    if len(places) == len(result.points):
        return "at all points"
    return f"at {listed(places, result)}"


def listed(places: Sequence[int], result: Result) -> str:
    """Return the names of the points at *places*, the first of them if they are many."""
    names = brief_names(result)
    others = len(places) - _NAMED
    more = f" and {others} more" if others > 0 else ""
    return "; ".join(names[place] for place in places[:_NAMED]) + more


def glued(name: str) -> str:
    """Return the *name* of a point so that no line ends between a key and its value."""
    return name.replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")


def units(text: str) -> str:
    """Return *text* so that no line ends between a number and its unit."""
    return _UNIT.sub("\N{NO-BREAK SPACE}", text)


def numbers(text: str) -> list[str]:
    """Return *text* in parts: every second one is a power of ten, which no line may break."""
    return _POWER.split(text)


def _telling(points: Sequence[PointResult]) -> list[str]:
    """Return the keys that it takes to tell *points* apart, without later ones that add nothing."""
    keys = list(points[0].parameters)
    texts = {key: [written(point.parameters[key]) for point in points] for key in keys}
    for key in reversed(keys):
        fewer = [other for other in keys if other != key]
        if fewer and _distinct(texts, fewer) == _distinct(texts, keys):
            keys = fewer
    return keys


def _distinct(texts: Mapping[str, Sequence[str]], keys: Sequence[str]) -> int:
    return len(set(zip(*(texts[key] for key in keys), strict=True)))
