"""Which points of a sweep belong together, and what they are called in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.wording import short_names, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.runner import Result

    Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points that differ in one thing only, in the order of the sweep.

    `name` says what they share (empty if there is one series), `values` what sets each apart and
    `along` what these are values of; several where keys move together. The points of a design are
    `scattered`: none is the next one to another.
    """

    name: str
    along: tuple[str, ...]
    places: tuple[int, ...]
    values: tuple[tuple[str, ...], ...]
    scattered: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The values of each point as one text."""
        return tuple(", ".join(values) for values in self.values)


def series_of(result: Result, places: Sequence[int], key: str | None = None) -> list[Series]:
    """Return the points *places* of *result* as series along the longest axis of its sweep.

    Or along the axis of *key*, one of the keys that are varied.
    """
    parameters = [point.parameters for point in result.points]
    varied = axes_of(result)
    if not varied:
        return [Series(name="", along=(), places=tuple(places), values=((),) * len(places))]
    along = _longest(result, varied) if key is None else _axis_with(key, varied)
    others = [name for keys in varied if keys != along for name in keys]
    scattered = is_scattered(result, along[0])
    if key is not None and not scattered and not _determines(parameters, key, along):
        others += [name for name in along if name != key]
        along = (key,)
    short = short_names([key for keys in varied for key in keys])
    groups: dict[str, list[int]] = {}
    for place in places:
        name = ", ".join(f"{short[one]} = {written(parameters[place][one])}" for one in others)
        groups.setdefault(name, []).append(place)
    return [
        Series(
            name=name,
            along=tuple(short[one] for one in along),
            places=tuple(group),
            values=tuple(tuple(written(parameters[at][one]) for one in along) for at in group),
            scattered=scattered,
        )
        for name, group in groups.items()
    ]


def all_together(result: Result, places: Sequence[int]) -> Series:
    """Return the points *places* of *result* as one series without order, each with all it has."""
    keys = varied_keys(result)
    short = short_names(keys)
    return Series(
        name="",
        along=tuple(short[key] for key in keys),
        places=tuple(places),
        values=tuple(
            tuple(written(result.points[place].parameters[key]) for key in keys) for place in places
        ),
        scattered=True,
    )


def axes_of(result: Result) -> list[Keys]:
    """Return the axes of the sweep that have more than one value.

    Keys that move together, as zipped ones and those of a design do, are one axis.
    """
    together = [keys for keys in result.experiment.sweep.axes if len(keys) > 1]
    parameters = [point.parameters for point in result.points]
    alone = [key for key in parameters[0] if not any(key in keys for keys in together)]
    axes: list[Keys] = [*((key,) for key in alone), *together]
    return [keys for keys in axes if _distinct(parameters, keys) > 1]


def varied_keys(result: Result) -> list[str]:
    """Return the keys that have more than one value, in the order of the file."""
    parameters = [point.parameters for point in result.points]
    return [key for key in parameters[0] if _distinct(parameters, (key,)) > 1]


def companions(result: Result, key: str) -> list[str]:
    """Return the keys that move together with *key*, and whose values it tells."""
    along = _axis_with(key, axes_of(result))
    parameters = [point.parameters for point in result.points]
    if is_scattered(result, key) or not _determines(parameters, key, along):
        return []
    return [other for other in along if other in varied_keys(result) and other != key]


def moved_with(result: Result, key: str) -> list[str]:
    """Return what is to be said of keys that move with *key*, if there are any."""
    others = companions(result, key)
    verb = "moves" if len(others) == 1 else "move"
    return [f"With {key} {verb} {', '.join(others)}."] if others else []


def is_scattered(result: Result, key: str) -> bool:
    """Return whether *key* is one of a design, whose points are next to no other."""
    design = result.experiment.sweep.sample
    return design is not None and key in design.ranges


def _longest(result: Result, varied: Sequence[Keys]) -> Keys:
    parameters = [point.parameters for point in result.points]
    return max(varied, key=lambda keys: (_distinct(parameters, keys), varied.index(keys)))


def _axis_with(key: str, varied: Sequence[Keys]) -> Keys:
    return next((keys for keys in varied if key in keys), (key,))


def _determines(parameters: Sequence[dict[str, object]], key: str, along: Keys) -> bool:
    """Return whether the value of *key* tells those of all the keys that move with it."""
    return _distinct(parameters, (key,)) == _distinct(parameters, along)


def _distinct(parameters: Sequence[dict[str, object]], keys: Keys) -> int:
    return len({tuple(written(at[key]) for key in keys) for at in parameters})
