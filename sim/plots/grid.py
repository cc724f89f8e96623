"""Which points of a sweep lie on a grid of two keys, the others being fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.plots.asked import PictureError, key_named
from sim.plots.series import axes_of, companions, is_scattered, moved_with, varied_keys
from sim.plots.varied import varied
from sim.wording import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.plots.varied import Varied
    from sim.runner import PointResult, Result


@dataclass(frozen=True, slots=True)
class Grid:
    """The points at which all but two keys are fixed, and how these two lie.

    `fixed` tells of the others, `notes` of those that move with one of the two.
    """

    points: list[PointResult]
    across: Varied
    along: Varied
    fixed: str
    notes: tuple[str, ...]


def grid_keys(result: Result) -> list[str]:
    """Return a key of each axis of the sweep that has values of its own, most values last."""
    parameters = [point.parameters for point in result.points]
    keys = varied_keys(result)
    axes = [axis for axis in axes_of(result) if not is_scattered(result, axis[0])]
    firsts = [next(key for key in axis if key in keys) for axis in axes]
    return sorted(firsts, key=lambda key: len(varied(key, parameters).levels))


def _two_keys(result: Result, x: str | None, y: str | None) -> tuple[str, str]:
    """Return the keys to draw over; what is not given is the key with the most values left."""
    chosen = [None if key is None else key_named(result, key) for key in (x, y)]
    _checked(result, [key for key in chosen if key is not None])
    free = [
        key
        for key in grid_keys(result)
        if not any(key in axis and other in axis for axis in axes_of(result) for other in chosen)
    ]
    found = [key or (free.pop() if free else None) for key in chosen]
    across, along = found
    if across is None or along is None:
        raise PictureError(
            "a heatmap needs two keys that are varied independently, each with several values; "
            f"{_told(axes_of(result))}. Lines need one key, a tradeoff none"
        )
    return across, along


def _told(axes: Sequence[tuple[str, ...]]) -> str:
    """Return which keys are varied, and which of them together."""
    if not axes:
        return "nothing is varied here"
    names = [f"{', '.join(keys)}{' (together)' if len(keys) > 1 else ''}" for keys in axes]
    return f"varied here: {'; '.join(names)}"


def _checked(result: Result, chosen: Sequence[str]) -> None:
    """Raise a `PictureError` if the *chosen* keys cannot span a grid."""
    for key in chosen:
        if is_scattered(result, key):
            raise PictureError(
                f"{key} is varied by a design, whose points are no grid; draw lines over it"
            )
    if len(chosen) > 1:
        if chosen[0] == chosen[1]:
            raise PictureError(f"a heatmap needs two keys, got {chosen[0]} twice")
        if any(set(chosen) <= set(axis) for axis in axes_of(result)):
            raise PictureError(f"{' and '.join(chosen)} move together, so that they span no grid")


def grid_of(result: Result, x: str | None, y: str | None, at: PointResult) -> Grid:
    """Return the grid over the keys *x* and *y*; what is not given is the one with most values.

    Other keys are as *at* that point. Raise a `PictureError` if two keys span no grid.
    """
    return _cut(result, *_two_keys(result, x, y), at)


def _cut(result: Result, x: str, y: str, at: PointResult) -> Grid:
    parameters = [point.parameters for point in result.points]
    with_them = {x, y, *companions(result, x), *companions(result, y)}
    fixed = {key: at.parameters[key] for key in varied_keys(result) if key not in with_them}
    points = [
        point
        for point in result.points
        if all(point.parameters[key] == value for key, value in fixed.items())
    ]
    texts = [
        f"{key} = {written(value)} (of {len(varied(key, parameters).levels)} values)"
        for key, value in fixed.items()
    ]
    kept = [point.parameters for point in points]
    return Grid(
        points=points,
        across=varied(x, kept),
        along=varied(y, kept),
        fixed=f"fixed: {', '.join(texts)}" if texts else "",
        notes=(*moved_with(result, x), *moved_with(result, y)),
    )
