"""Legends: in the axes while they are short, beside them where they are long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from sim.plots.page import COLOURS, GREY, LINES, MARKERS, SMALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

MOST_INSIDE = 6
"""A longer legend stands beside the axes, not in them."""

_CHARACTER = 0.06  # inches


def width_with(entries: Sequence[Artist], width: float) -> float:
    """Return the *width* in inches of a page on which there is room for *entries* beside it."""
    if len(entries) <= MOST_INSIDE:
        return width
    longest = max(len(str(entry.get_label())) for entry in entries)
    return width + 0.5 + _CHARACTER * longest


def write_legend(
    figure: Figure, axes: Axes, entries: Sequence[Artist], title: str | None = None
) -> None:
    """Write *entries* into *axes*, or beside them on *figure* where they are many."""
    if not entries:
        return
    if len(entries) > MOST_INSIDE:
        legend = figure.legend(
            handles=list(entries),
            title=title,
            fontsize=SMALL,
            frameon=False,
            loc="outside right center",
        )
    else:
        legend = axes.legend(handles=list(entries), title=title, fontsize=SMALL, frameon=False)
    legend.get_title().set_fontsize(SMALL)
    for text in (legend.get_title(), *legend.get_texts()):
        text.set_parse_math(False)


def bound_entry() -> Line2D:
    """Return the entry that says what open marks are."""
    return Line2D(
        [],
        [],
        color=GREY,
        marker="o",
        markerfacecolor="white",
        linestyle="none",
        label="none seen: an upper bound",
    )


def colour_of(index: int) -> str:
    """Return the colour of the series with the number *index*, from 0."""
    return COLOURS[index % len(COLOURS)]


def marker_of(index: int) -> str:
    """Return its marker: shifted where the colours begin again, so that no pair comes twice."""
    return MARKERS[(index + index // len(COLOURS)) % len(MARKERS)]


def line_of(index: int) -> LineStyleType:
    """Return how its line is drawn."""
    return LINES[index % len(LINES)]
