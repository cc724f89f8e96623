"""Puts labels beside their points where they hide least.

Each label is tried at some places, and takes the one that costs least, given the labels before it.
So the cost grows with labels times points: `sim.plots.labelled` keeps the labels few.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke

from sim.plots.page import SMALL, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Array = npt.NDArray[np.float64]

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
_SHARES = {"left": 0.0, "bottom": 0.0, "center": 0.5, "right": 1.0, "top": 1.0}
_ON_LABEL, _OUTSIDE, _ON_MARKER, _ON_LINE = 8.0, 20.0, 4.0, 1.0
_MOST_COST = 12.0  # of markers and lines, of which a crowd hides no more than a few
_MARKER = 6.0  # half the size of a marker and its surroundings, in points
_HALO = 2.0  # points of white around a text, without which it cannot be read on a line


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a point, in data coordinates; left out for want of room unless `needed`."""

    x: float
    y: float
    text: str
    colour: str
    needed: bool = True


@dataclass(slots=True)
class _Taken:
    """What labels should not hide, in pixels: boxes have the shape (n, 4), from x, y to x, y."""

    inside: Array
    markers: Array
    lines: Array
    labels: list[Array] = field(default_factory=list)

    def costs(self, boxes: Array) -> Array:
        """Return how much a label in each of *boxes* would hide, other labels left aside."""
        within = (boxes[:, :2] >= self.inside[:2]).all(1) & (boxes[:, 2:] <= self.inside[2:]).all(1)
        hidden = _ON_MARKER * _overlaps(boxes, self.markers) + _ON_LINE * _crossed(
            boxes, self.lines
        )
        return np.minimum(hidden, _MOST_COST) + np.where(within, 0.0, _OUTSIDE)

    def on_labels(self, boxes: Array) -> Array:
        """Return how many labels lie under each of *boxes*."""
        return _overlaps(boxes, np.array(self.labels).reshape(-1, 4))


def place_labels(figure: Figure, axes: Axes, labels: Sequence[Label], lines: Array) -> None:
    """Write *labels* into *axes*, whose limits are set, clear of each other and of *lines*.

    Each of the *lines* is straight: shape (lines, 2, 2), two ends in data coordinates. The page is
    settled: whatever moves on it later does not move the labels.
    """
    settle(figure)  # now the axes have their place on the page
    transform = axes.transData
    reach = _MARKER * figure.dpi / 72
    centres = np.array([transform.transform((label.x, label.y)) for label in labels]).reshape(-1, 2)
    taken = _Taken(
        inside=np.array(axes.get_window_extent().extents),
        markers=np.hstack([centres - reach, centres + reach]),
        lines=transform.transform(lines.reshape(-1, 2)).reshape(-1, 4),
    )
    legend = axes.get_legend()
    if legend is not None:
        taken.labels.append(np.array(legend.get_window_extent().extents))
    for label, centre in zip(labels, centres, strict=True):
        _place(axes, label, centre, taken)


def _place(axes: Axes, label: Label, centre: Array, taken: _Taken) -> None:
    note = axes.annotate(
        label.text,
        (label.x, label.y),
        xytext=(0, 0),
        textcoords="offset points",
        fontsize=SMALL,
        color=label.colour,
        parse_math=False,
        path_effects=[withStroke(linewidth=_HALO, foreground="white")],
        zorder=4,
    )
    note.set_in_layout(False)
    extent = note.get_window_extent()
    figure = axes.get_figure(root=True)
    dots = 1.0 if figure is None else figure.dpi / 72
    boxes = _boxes(centre, (extent.width, extent.height), dots)
    on_labels = taken.on_labels(boxes)
    costs = taken.costs(boxes) + _ON_LABEL * on_labels
    best = int(costs.argmin())
    if not label.needed and (on_labels[best] or costs[best] > _ON_LINE):
        note.remove()
        return
    x, y, horizontal, vertical = _OFFSETS[best]
    note.set(position=(x, y), ha=horizontal, va=vertical)
    taken.labels.append(boxes[best])


def _boxes(centre: Array, size: tuple[float, float], dots: float) -> Array:
    """Return where a label of that *size* lies at each of the offsets, *dots* to the point."""
    shares = np.array([(_SHARES[h], _SHARES[v]) for _, _, h, v in _OFFSETS])
    corners = centre + dots * np.array([offset[:2] for offset in _OFFSETS]) - shares * size
    return np.hstack([corners, corners + size])


def _overlaps(boxes: Array, others: Array) -> Array:
    """Return how many of *others* each of *boxes* overlaps."""
    one, other = boxes[:, None], others[None]
    apart = (one[..., :2] >= other[..., 2:]) | (one[..., 2:] <= other[..., :2])
    count: Array = (~apart.any(axis=2)).sum(axis=1).astype(np.float64)
    return count


def _crossed(boxes: Array, lines: Array) -> Array:
    """Return how many straight *lines*, shape (n, 4), cross each of *boxes*.

    A line is in a box on both axes for some share of its way (Liang and Barsky, ACM Trans. Graph.
    3, 1984).
    """
    start, way = lines[:, :2], lines[:, 2:] - lines[:, :2]
    way = np.where(way == 0, 1e-9, way)  # along an axis it enters early or never
    one = (boxes[:, None, :2] - start) / way
    other = (boxes[:, None, 2:] - start) / way
    enters = np.maximum(np.minimum(one, other).max(axis=2), 0.0)
    leaves = np.minimum(np.maximum(one, other).min(axis=2), 1.0)
    count: Array = (enters <= leaves).sum(axis=1).astype(np.float64)
    return count
