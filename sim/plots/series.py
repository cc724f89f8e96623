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


def series_of(result: Result, places: Sequence[int]) -> list[Series]:
    """Return the points *places* of *result* as series along the longest axis of its sweep."""
    parameters = [point.parameters for point in result.points]
    varied = _varied(result)
    if not varied:
        return [Series(name="", along=(), places=tuple(places), values=((),) * len(places))]
    along = max(varied, key=lambda keys: (_distinct(parameters, keys), varied.index(keys)))
    others = [key for keys in varied if keys != along for key in keys]
    design = result.experiment.sweep.sample
    scattered = design is not None and along[0] in design.ranges
    short = short_names([key for keys in varied for key in keys])
    groups: dict[str, list[int]] = {}
    for place in places:
        name = ", ".join(f"{short[key]} = {written(parameters[place][key])}" for key in others)
        groups.setdefault(name, []).append(place)
    return [
        Series(
            name=name,
            along=tuple(short[key] for key in along),
            places=tuple(group),
            values=tuple(tuple(written(parameters[at][key]) for key in along) for at in group),
            scattered=scattered,
        )
        for name, group in groups.items()
    ]


def _varied(result: Result) -> list[Keys]:
    """Return the axes of the sweep that have more than one value.

    Keys that move together, as zipped ones and those of a design do, are one axis.
    """
    together = [keys for keys in result.experiment.sweep.axes if len(keys) > 1]
    parameters = [point.parameters for point in result.points]
    alone = [key for key in parameters[0] if not any(key in keys for keys in together)]
    axes: list[Keys] = [*((key,) for key in alone), *together]
    return [keys for keys in axes if _distinct(parameters, keys) > 1]


def _distinct(parameters: Sequence[dict[str, object]], keys: Keys) -> int:
    return len({tuple(written(at[key]) for key in keys) for at in parameters})
