"""How an estimate lies along an axis: its scale, its bounds, its label."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from sim.measures import MEASURES, Better, Kind
from sim.plots.page import log_locator, probability_ticks, time_steps, time_ticks
from sim.wording import point_name, why_undefined, words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    import numpy.typing as npt
    from matplotlib.axes import Axes

    from sim.estimates import Estimate
    from sim.runner import PointResult

    Array = npt.NDArray[np.float64]

LOGARITHMIC_FROM = 10.0
"""Times that differ by such a factor stand on a logarithmic axis; probabilities always do."""

_HEIGHT = 66  # characters along a vertical axis
_MOST_NAMED = 4  # points that cannot be drawn
_ABOVE_ONE = 0.02  # of the way from the lower end to 1
_FARTHEST = 30.0  # an end of an interval farther than that from its value is cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One estimate at all points, as it is drawn; every array has shape (points,).

    Where nothing was seen, `bounded` is true and `values` holds the upper bound. Where there is no
    upper end, `unending` is true and `highs` is the value; the bar leaves the picture. What is not
    defined is nan. With `complement` 1 - p is drawn instead of p, which should be close to 1.
    """

    name: str
    values: Array
    lows: Array
    highs: Array
    bounded: npt.NDArray[np.bool_]
    unending: npt.NDArray[np.bool_]
    complement: bool
    logarithmic: bool

    @property
    def label(self) -> str:
        """What stands along the axis."""
        measure = MEASURES[self.name]
        name = words(self.name)
        if measure.kind is Kind.PROBABILITY:
            name = f"{'1 - ' if self.complement else ''}probability of {name}"
        elif measure.unit != "s":  # times carry their unit at each tick
            unit = "per second" if measure.unit == "/s" else measure.unit
            name += f" ({unit})" if unit else ""
        return f"{name}: {measure.meaning}"

    @property
    def errors(self) -> Array:
        """Distances from the values to the ends of the intervals, shape (2, points)."""
        errors = np.array([self.values - self.lows, self.highs - self.values])
        errors[1, self.unending] = 2.0 * self.limits()[1]
        errors[:, self.bounded] = 0.0
        return errors

    def limits(self) -> tuple[float, float]:
        """Return the ends of the axis, with room for arrows where they are needed."""
        known = ~np.isnan(self.values)
        values, lows, highs = self.values[known], self.lows[known], self.highs[known]
        if not values.size:
            return (0.1, 1.0) if self.logarithmic else (0.0, 1.0)
        if not self.logarithmic:
            low, high = float(lows.min()), float(highs.max())
            room = 0.1 * (high - low) or 0.1 * abs(high) or 1.0
            return (0.0 if 0 <= low < 0.3 * high else low - room), high + room
        low = float(np.maximum(lows, values / _FARTHEST).min())
        high = float(np.minimum(highs, values * _FARTHEST).max())
        probable = MEASURES[self.name].kind is Kind.PROBABILITY
        # Close to 1 there is little to see in a factor.
        room = max((high / low) ** 0.08, 1.3 ** max(1.0 - low, 0.01) if probable else 1.3)
        lower = low / room / (3.0 if self.bounded.any() else 1.0)
        if not probable:
            return lower, high * room
        # Nothing is more probable than 1, but a mark there is seen whole.
        return lower, min(high * room, lower**-_ABOVE_ONE)

    def prepare(self, axes: Axes, side: Literal["x", "y"], most: int = 6) -> None:
        """Set scale, limits, ticks and label of one *side* of *axes*.

        A linear axis has about so many ticks at *most*, a logarithmic one twice as many.
        """
        lower, upper = self.limits()
        ticks = axes.xaxis if side == "x" else axes.yaxis
        if self.logarithmic:
            axes.set(**{f"{side}scale": "log"})
            ticks.set_major_locator(log_locator(lower, upper, most))
            ticks.set_minor_locator(NullLocator())
        elif MEASURES[self.name].unit == "s":
            ticks.set_major_locator(FixedLocator(time_steps(lower, upper, most)))
        else:
            ticks.set_major_locator(MaxNLocator(most))
        label = textwrap.fill(self.label, _HEIGHT) if side == "y" else self.label
        axes.set(**{f"{side}lim": (lower, upper), f"{side}label": label})
        ticks.set_major_formatter(self.formatter())

    def formatter(self) -> FuncFormatter:
        """Return how values are written along the axis."""
        measure = MEASURES[self.name]
        if measure.kind is Kind.PROBABILITY:
            return probability_ticks()
        if measure.unit == "s":
            return time_ticks()
        return FuncFormatter(lambda value, _place: f"{value:,.6g}")


def scale_of(name: str, estimates: Sequence[Estimate]) -> Scale:
    """Return how the *estimates* called *name* are drawn.

    What is bad, such as a loss, is drawn as it is, however probable. Of what is good, such as a
    delivery, what is left is drawn: 1 - p, which tells 99.9 % from 99.99 %. That is decided by the
    name and not by the values, so that less and more never change places between two pictures.
    """
    values, lows, highs = (
        np.array([getattr(estimate, end) for estimate in estimates], dtype=np.float64)
        for end in ("value", "low", "high")
    )
    alone = np.isnan(lows) | np.isnan(highs)  # of one replication
    lows[alone] = highs[alone] = values[alone]
    probability = MEASURES[name].kind is Kind.PROBABILITY
    complement = probability and MEASURES[name].better is Better.MORE
    if complement:
        values, lows, highs = 1.0 - values, 1.0 - highs, 1.0 - lows
    unending = np.isinf(highs)
    highs = np.where(unending, values, highs)
    bounded = np.asarray(probability & (values == 0))
    values = np.where(bounded, highs, values)
    known = values[~np.isnan(values)]
    apart = known.size > 0 and known.min() > 0 and known.max() / known.min() >= LOGARITHMIC_FROM
    return Scale(
        name=name,
        values=values,
        lows=np.where(bounded, values, np.minimum(lows, values)),
        highs=np.maximum(highs, values),
        bounded=bounded,
        unending=unending,
        complement=complement,
        logarithmic=bool(probability or apart),
    )


def notes_on(*scales: Scale) -> list[str]:
    """Return what is to be said of bars that leave the picture, if there are any."""
    if not any(scale.unending.any() for scale in scales):
        return []
    return ["A bar without an end: too few messages lie beyond for an upper limit."]


def missing(points: Sequence[PointResult], *scales: Scale) -> list[str]:
    """Return which of *points* cannot be drawn on all *scales*, and why; by reason, if many."""
    places: dict[str, list[int]] = {}
    for place in range(len(points)):
        lacking = next((scale.name for scale in scales if np.isnan(scale.values[place])), None)
        if lacking is not None:
            places.setdefault(f"{words(lacking)}: {why_undefined(lacking)}", []).append(place)
    notes = []
    for reason, group in places.items():
        names = "; ".join(point_name(points[place].parameters) for place in group[:_MOST_NAMED])
        others = len(group) - _MOST_NAMED
        names += f" and {others} others" if others > 0 else ""
        notes.append(f"Not drawn: {names} ({reason}).")
    return notes
