"""Which points of a picture have labels, and what stands there.

Few points all have one. Labels of very many could not be read: then those on the front have one,
and those that lie outermost as far as there is room. The footer says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.plots.labels import Label
from sim.plots.legend import colour_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.plots.frontier import Frontier
    from sim.plots.scales import Scale
    from sim.plots.series import Series

MOST = 40
"""So many points all have labels."""

MOST_OF_A_DESIGN = 8
"""So many where each label holds the values of several keys."""

MOST_OF_A_FRONT = 12
"""Of more points on the front, so many have labels that are spread evenly along it."""

_LONGEST = 32  # characters; a longer label is the number of the point


def labels_of(
    drawn: Sequence[Series], across: Scale, along: Scale, front: Frontier | None
) -> tuple[list[Label], list[str]]:
    """Return the labels of the points *drawn*, and what is to be said of those without one."""
    places = [place for series in drawn for place in series.places]
    scattered = any(series.scattered for series in drawn)
    if len(places) <= (MOST_OF_A_DESIGN if scattered else MOST):
        return _written(drawn, across, along, dict.fromkeys(places, True)), []
    on = [] if front is None else [place for place in places if front.on[place]]
    on.sort(key=lambda place: (across.values[place], -along.values[place]))
    spread = np.linspace(0, len(on) - 1, min(len(on), MOST_OF_A_FRONT)).round().astype(int)
    chosen = {on[index]: True for index in spread.tolist()}
    for place in _outermost(places, across, along):
        chosen.setdefault(place, False)
    numbered = _numbered(drawn)
    told = "Labels: "
    if on:
        told += "the front" if len(on) <= MOST_OF_A_FRONT else "some points of the front"
        told += ", and "
    told += "the outermost points where there is room; the tables tell which the others are"
    told += ". Points have their numbers, in the order of the sweep." if numbered else "."
    # What is needed comes first: it has the choice.
    return _written(drawn, across, along, chosen, numbered=numbered), [told]


def _outermost(places: Sequence[int], across: Scale, along: Scale) -> list[int]:
    found = []
    for scale in (across, along):
        values = scale.values[list(places)]
        found += [places[int(values.argmin())], places[int(values.argmax())]]
    return found


def _numbered(drawn: Sequence[Series]) -> bool:
    return max(len(label) for series in drawn for label in series.labels) > _LONGEST


def _written(
    drawn: Sequence[Series],
    across: Scale,
    along: Scale,
    chosen: dict[int, bool],
    *,
    numbered: bool = False,
) -> list[Label]:
    """Return the labels of the *chosen* places, true for those that are needed, in that order."""
    found = {
        place: (series, at, colour_of(index))
        for index, series in enumerate(drawn)
        for at, place in enumerate(series.places)
        if place in chosen
    }
    labels: list[Label] = []
    for place, needed in chosen.items():
        series, at, colour = found[place]
        text = f"point {place + 1}" if numbered else series.labels[at]
        if not labels and not series.name and not numbered:
            # No legend says what the values are of: the first label does.
            pairs = zip(series.along, series.values[at], strict=True)
            text = ", ".join(f"{name} = {value}" for name, value in pairs)
        x, y = float(across.values[place]), float(along.values[place])
        labels.append(Label(x, y, text, colour, needed))
    return labels
