"""What a picture is asked to show, by name: swept keys, estimates, a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.config.estimate_names import ESTIMATES
from sim.config.suggestions import did_you_mean
from sim.plots.series import varied_keys
from sim.wording import short_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.runner import PointResult, Result


class PictureError(ValueError):
    """A picture that cannot be drawn; the text says what it needs, and what the result has."""


def estimate_named(name: str) -> str:
    """Return *name*; raise a `PictureError` if it names no estimate."""
    if name not in ESTIMATES:
        there = f"estimates: {_list(ESTIMATES)}"
        raise PictureError(f'"{name}" is no estimate; {_nearest(name, ESTIMATES, there)}')
    return name


def key_named(result: Result, name: str) -> str:
    """Return the swept key called *name*, by its path or its last part.

    Raise a `PictureError` if *result* varies none of that name.
    """
    paths = varied_keys(result)
    short = {last: path for path, last in short_names(paths).items()}
    if name in paths or name in short:
        return short.get(name, name)
    there = f"varied are: {_list(paths)}" if paths else "nothing is varied"
    raise PictureError(f'"{name}" is not varied; {_nearest(name, [*paths, *short], there)}')


def point_numbered(result: Result, number: int) -> PointResult:
    """Return the point with the *number*, from 1; raise a `PictureError` if there is none."""
    size = len(result.points)
    if not 1 <= number <= size:
        raise PictureError(f"point must be between 1 and {size}, got {number}")
    return result.points[number - 1]


def _nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    return did_you_mean(name, known) or otherwise


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
