"""Pictures as part of the page: each an image inside it, with a text for who cannot see it.

An image of its own keeps the ids of one drawing from meeting those of another, and a drawing of
very many strokes is smaller as pixels.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from sim.plots import KINDS, draw, plot_point, save, suitable
from sim.plots.page import settle
from sim.report.chosen import worth_a_figure
from sim.report.names import name_of
from sim.wording import words

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from typing_extensions import Buffer

    from sim.runner import PointResult, Result

LARGEST_SVG = 300_000
"""Bytes; a larger drawing becomes pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image as a data URI, what it is called, and what it shows in words."""

    title: str
    uri: str
    alternative: str


def whole(result: Result) -> list[Picture]:
    """Return the pictures of all of *result* that say something of it, the main one first."""
    if len(result.points) == 1:
        point = result.points[0]
        causes = [kind for kind in suitable(result) if kind == "causes"]
        return [_of_point(point, ""), *(_of_kind(result, kind) for kind in causes)]
    kinds = suitable(result)
    # Systems that have no order stand side by side better than against each other.
    left_out = "tradeoff" if "presets" in kinds else ""
    return [_of_kind(result, kind) for kind in kinds if kind != left_out]


def single(result: Result) -> dict[int, Picture]:
    """Return the pictures of the few points of a sweep that have one, by their places."""
    if len(result.points) == 1:
        return {}
    points = {place: result.points[place] for place in worth_a_figure(result)}
    return {place: _of_point(point, f" at {name_of(point)}") for place, point in points.items()}


def _of_kind(result: Result, kind: str) -> Picture:
    plot = result.experiment.plot
    shown = {
        "tradeoff": f": {words(plot.y)} and {words(plot.x)}",
        "presets": f": {words(plot.y)} and {words(plot.x)}",
        "lines": f": {words(plot.y)}",
        "heatmap": f": {words(plot.y)}",
    }
    meaning = KINDS[kind].meaning
    title = meaning[:1].upper() + meaning[1:] + shown.get(kind, "")
    return Picture(
        title=title,
        uri=_uri(draw(result, kind)),
        alternative=f"{title}. The numbers stand in the tables.",
    )


def _of_point(point: PointResult, where: str) -> Picture:
    return Picture(
        title=f"Confirmation and latency{where}",
        uri=_uri(plot_point(point)),
        alternative=(
            f"The share of messages confirmed within a time, and how latencies are spread{where}. "
            "The quantiles stand in the table of estimates."
        ),
    )


class _TooLargeError(Exception):
    """A drawing that becomes larger than `LARGEST_SVG`."""


class _Small(BytesIO):
    """Takes no more than `LARGEST_SVG`: what will be thrown away need not be drawn to its end."""

    def write(self, data: Buffer, /) -> int:
        """Write *data*; raise a `_TooLargeError` if it is too much."""
        written = super().write(data)
        if self.tell() > LARGEST_SVG:
            raise _TooLargeError
        return written


def _uri(figure: Figure) -> str:
    settle(figure)
    drawn: BytesIO = _Small()
    kind = "svg+xml"
    try:
        save(figure, drawn, "svg")
    except _TooLargeError:
        drawn, kind = BytesIO(), "png"
        save(figure, drawn, kind)
    return f"data:image/{kind};base64,{b64encode(drawn.getvalue()).decode()}"
