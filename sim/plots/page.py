"""The page that every picture is drawn on: size, title, footer, colours, and how it is saved."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from sim.numerals import PERCENT_FROM, time_scale
from sim.versions import versions
from sim.wording import run_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from matplotlib.axes import Axes
    from matplotlib.typing import LineStyleType
    from numpy.typing import ArrayLike

    from sim.runner import PointResult

BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY, BLACK = "#CC79A7", "#E69F00", "#56B4E9", "#000000"
YELLOW = "#F0E442"  # for areas: a line of it cannot be seen on white
GREY = "0.4"

COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES: tuple[LineStyleType, ...] = ("-", "--", "-.", ":")

SMALL = 8
ARROW = 22
"""Length of the arrow that says "or less", in points."""

_CHARACTERS_PER_INCH = 12
_OF_TITLE = 9.5  # bold, and larger


def page(
    points: Sequence[PointResult], width: float, height: float, notes: Sequence[str] = ()
) -> Figure:
    """Return an empty figure of *width* by *height* inches with the title of *points*.

    The footer holds the *notes* and what it takes to make the picture again. The figure belongs to
    no window: whoever takes it draws it.
    """
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    experiment = points[0].experiment
    characters = round(width * _CHARACTERS_PER_INCH)
    lines = [*notes, footer(points)]
    figure.suptitle(
        textwrap.fill(experiment.title, round(width * _OF_TITLE)),
        fontweight="bold",
        parse_math=False,
    )
    figure.supxlabel(
        "\n".join(textwrap.fill(line, round(characters * 1.4)) for line in lines),
        fontsize=SMALL,
        color=GREY,
        parse_math=False,
    )
    return figure


def footer(points: Sequence[PointResult]) -> str:
    """Return what it takes to make the picture again."""
    experiment = points[0].experiment
    return (
        f"{run_text(points)}; {100 * experiment.run.confidence:g} % intervals; "
        f"msgfate {versions()['msgfate']}"
    )


def caption(axes: Axes, text: str) -> None:
    """Write *text* above *axes*, from the left."""
    axes.set_title(text, loc="left", fontsize=10, parse_math=False)


def tidy(axes: Axes) -> None:
    """Take away lines that say nothing, and add a faint grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, which="major", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)


def draw_bounds(
    axes: Axes,
    x: ArrayLike,
    y: ArrayLike,
    away: tuple[int, int],
    colour: str,
    marker: str = "o",
) -> None:
    """Mark the bounds at *x* and *y*, where nothing was seen, and point *away* from each.

    *away* is the way to the tip of the arrow, in points. All arrows are marks of one line: an
    annotation for each takes seconds where there are hundreds.
    """
    look: dict[str, Any] = {"color": colour, "linestyle": "none", "clip_on": False}
    axes.plot(x, y, marker=_arrow(away), markersize=2 * max(map(abs, away)), **look)
    axes.plot(x, y, marker, markersize=6, markerfacecolor="white", **look)


def _arrow(away: tuple[int, int]) -> MarkerStyle:
    """Return an arrow from beside the mark to the end of *away*, as a mark of twice its length."""
    tip = np.array(away, dtype=np.float64)
    along = tip / np.hypot(*tip)
    beside = 3.0 * np.array([-along[1], along[0]])
    back = tip - 4.0 * along
    corners = [3.0 * along, tip, back + beside, tip, back - beside]
    codes = [Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO, Path.LINETO]
    return MarkerStyle(Path(corners, codes), fillstyle="none")


def settle(figure: Figure) -> None:
    """Give everything on *figure* its place for good.

    To find room for axes and legends takes longer than to draw them, and would be done again for
    every file.
    """
    engine = figure.get_layout_engine()
    if engine is None:
        return
    engine.execute(figure)
    figure.set_layout_engine(None)
    for axes in figure.axes:
        legend = axes.get_legend()
        if legend is not None:
            box = legend.get_window_extent().transformed(axes.transAxes.inverted())
            legend.set(loc=(box.x0, box.y0))


def paler(colour: str) -> str:
    """Return *colour* with two thirds of white."""
    red, green, blue = (0.36 * part + 0.64 for part in to_rgb(colour))
    return to_hex((red, green, blue))


def probability_ticks() -> FuncFormatter:
    """Return a formatter of probabilities: "10 %", "1e-6"."""
    return FuncFormatter(lambda value, _place: _probability_tick(value))


def log_locator(lower: float, upper: float, most: int = 6) -> LogLocator | MaxNLocator:
    """Return where ticks belong on a logarithmic axis between *lower* and *upper*.

    About so many at *most* where it is short, and twice as many where it is long.
    """
    decades = math.log10(upper / lower)
    if decades < 0.8:
        return MaxNLocator(most)
    return LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2.5 else (1.0,), numticks=2 * most)


def time_steps(lower: float, upper: float, most: int) -> list[float]:
    """Return round times between *lower* and *upper*, about so many at *most*, in their unit."""
    size = time_scale(upper).size
    places = MaxNLocator(most).tick_values(lower / size, upper / size)
    return [float(place) * size for place in places if lower <= place * size <= upper]


def time_ticks() -> FuncFormatter:
    """Return a formatter of times in seconds: "20 ms", "5 min"."""
    return FuncFormatter(lambda value, _place: _time_tick(value))


def save(figure: Figure, target: BinaryIO, form: str) -> None:
    """Write *figure* to *target* as "png", "svg" or "pdf"; the same figure gives the same bytes."""
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with mpl.rc_context({"svg.hashsalt": "msgfate"}):
        figure.savefig(target, format=form, metadata=dates.get(form))


def _probability_tick(value: float) -> str:
    if value >= PERCENT_FROM * (1 - 1e-9) or value <= 0:
        return f"{100 * value:g} %"
    exponent = math.floor(math.log10(value * (1 + 1e-9)))
    return f"{value / 10.0**exponent:.3g}e{exponent}"


def _time_tick(value: float) -> str:
    known = time_scale(value * (1 + 1e-9)) if value > 0 else time_scale(0.0)
    return f"{value / known.size:.6g}{known.unit}"
