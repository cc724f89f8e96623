"""Puts labels beside their points where they hide least."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from matplotlib.path import Path
from matplotlib.transforms import Bbox

from sim.plots.page import SMALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

# Offset in points, and which corner of the label lies there; the first is liked best. The last
# ones are a line further away, for points on top of each other.
_OFFSETS = (
    (7, 5, "left", "bottom"),
    (-7, 5, "right", "bottom"),
    (7, -5, "left", "top"),
    (-7, -5, "right", "top"),
    (9, 0, "left", "center"),
    (-9, 0, "right", "center"),
    (0, 9, "center", "bottom"),
    (0, -9, "center", "top"),
    (7, 16, "left", "bottom"),
    (-7, 16, "right", "bottom"),
    (7, -16, "left", "top"),
    (-7, -16, "right", "top"),
)
_ON_LABEL, _OUTSIDE, _ON_MARKER, _ON_LINE = 8.0, 6.0, 4.0, 1.0
_MARKER = 6.0  # half the size of a marker and its surroundings, in points

MANY = 40
"""With more labels than that, those that would hide something are left out."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a point, in data coordinates."""

    x: float
    y: float
    text: str
    colour: str


@dataclass(slots=True)
class _Taken:
    """What labels should not hide, in pixels."""

    inside: Bbox
    markers: list[Bbox]
    lines: list[Path]
    labels: list[Bbox] = field(default_factory=list)

    def cost(self, box: Bbox) -> float:
        """Return how much a label in *box* would hide."""
        within = self.inside.x0 <= box.x0 and box.x1 <= self.inside.x1
        within = within and self.inside.y0 <= box.y0 and box.y1 <= self.inside.y1
        return (
            _ON_LABEL * box.count_overlaps(self.labels)
            + _ON_MARKER * box.count_overlaps(self.markers)
            + _ON_LINE * sum(line.intersects_bbox(box, filled=False) for line in self.lines)
            + (0.0 if within else _OUTSIDE)
        )


def place_labels(
    figure: Figure, axes: Axes, labels: Sequence[Label], lines: Sequence[npt.NDArray[np.float64]]
) -> None:
    """Write *labels* into *axes*, whose limits are set, clear of each other and of *lines*.

    Each of the *lines* has shape (corners, 2), in data coordinates.
    """
    figure.draw_without_rendering()  # now the axes have their place on the page
    transform = axes.transData
    reach = _MARKER * figure.dpi / 72
    centres = [transform.transform((label.x, label.y)) for label in labels]
    taken = _Taken(
        inside=axes.get_window_extent(),
        markers=[Bbox.from_extents(x - reach, y - reach, x + reach, y + reach) for x, y in centres],
        lines=[Path(transform.transform(line)) for line in lines],
    )
    legend = axes.get_legend()
    if legend is not None:
        taken.labels.append(legend.get_window_extent())
    for label in labels:
        _place(axes, label, taken, optional=len(labels) > MANY)


def _place(axes: Axes, label: Label, taken: _Taken, *, optional: bool) -> None:
    note = axes.annotate(
        label.text,
        (label.x, label.y),
        xytext=(0, 0),
        textcoords="offset points",
        fontsize=SMALL,
        color=label.colour,
        parse_math=False,
    )
    note.set_in_layout(False)
    costs = [taken.cost(_moved(note, offset)) for offset in _OFFSETS]
    best = min(costs)
    box = _moved(note, _OFFSETS[costs.index(best)])
    if optional and best > _ON_LINE:
        note.remove()
    else:
        taken.labels.append(box)


def _moved(note: Annotation, offset: tuple[int, int, str, str]) -> Bbox:
    x, y, horizontal, vertical = offset
    note.set(position=(x, y), ha=horizontal, va=vertical)
    return note.get_window_extent()
