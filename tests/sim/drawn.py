"""What is to be seen in a figure, and sweeps made by hand to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.path import Path

from sim.config import from_mapping
from sim.result import Result
from tests.sim.made import a_file, a_point

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def swept(sweep: Mapping[str, object], **estimates: Sequence[tuple[float, float, float]]) -> Result:
    """Return a result of all points of *sweep*, with *estimates* by name, one for each point."""
    experiment = from_mapping(a_file({"sweep": sweep}))
    points = [
        a_point(
            parameters=point.parameters,
            estimates={name: values[place] for name, values in estimates.items()},
        )
        for place, point in enumerate(experiment.points())
    ]
    return Result(experiment=experiment, points=tuple(points))


def texts(figure: Figure) -> list[str]:
    """Return every text of *figure*."""
    figure.draw_without_rendering()
    found = [figure.get_suptitle(), figure.get_supxlabel()]
    legends = list(figure.legends)
    for axes in figure.axes:
        found += [axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()]
        found += [text.get_text() for text in axes.texts]
        found += [label.get_text() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
        legends += [axes.get_legend()] if axes.get_legend() else []
    return found + [text.get_text() for legend in legends for text in legend.get_texts()]


def arrows(axes: Axes) -> list[tuple[float, float]]:
    """Return where arrows start."""
    return [
        (float(x), float(y))
        for line in axes.lines
        if isinstance(line.get_marker(), Path)
        for x, y in line.get_xydata()
    ]


def ways(axes: Axes) -> list[tuple[float, float]]:
    """Return the ways that arrows go, in points, one for each group of arrows that go alike."""
    drawn = [line for line in axes.lines if isinstance(line.get_marker(), Path)]
    tips = [line.get_marker().vertices[1] for line in drawn]
    return [(float(x), float(y)) for x, y in tips]


def labels(axes: Axes) -> list[str]:
    """Return the texts beside points."""
    return [text.get_text() for text in axes.texts if text.get_text()]
