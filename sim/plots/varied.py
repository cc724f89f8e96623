"""How a swept key lies along an axis: numbers where they belong, other values evenly spaced."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sim.config.units import DURATION, FLOW, RATE, SIZE, UnitError
from sim.plots.page import SMALL, log_locator, time_ticks
from sim.wording import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.ticker import Formatter

    from sim.config.units import Kind

    Array = npt.NDArray[np.float64]

LOGARITHMIC_FROM = 10.0
"""Values that differ by such a factor may stand on a logarithmic axis."""

MANY = 12
"""Of more values than that, an axis has ticks at round numbers, not at each of them."""

_KINDS = (DURATION, RATE, SIZE, FLOW)
_CHARACTER = 0.013  # the width of one, as a share of an axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Varied:
    """One swept key at all points.

    `values` are its numbers in base units, or 0, 1, 2, … where it is `categorical`; shape
    (points,). `levels` are those that differ, ascending, and `texts` how they stand in the file.
    """

    key: str
    values: Array
    levels: Array
    texts: tuple[str, ...]
    kind: Kind | None
    categorical: bool

    @property
    def continuous(self) -> bool:
        """Whether there are enough numbers for a curve."""
        return not self.categorical and len(self.levels) > 2

    @property
    def logarithmic(self) -> bool:
        """Whether the values are spread over decades; zero may be among them."""
        above = self.levels[self.levels > 0]
        if self.categorical or self.levels[0] < 0 or len(above) < 2:
            return False
        first, last = float(above[0]), float(above[-1])
        if last / first < LOGARITHMIC_FROM:
            return False
        # Spread evenly by factors, their middle one lies in the middle of the factors.
        middle = float(np.median(above))
        by_factor = abs(math.log(middle / math.sqrt(first * last))) / math.log(last / first)
        by_step = abs(middle - (first + last) / 2) / (last - first)
        return len(above) == 2 or by_factor < by_step

    @property
    def cells(self) -> npt.NDArray[np.int64]:
        """Which of the levels each point has, shape (points,)."""
        return np.searchsorted(self.levels, self.values)

    def prepare(self, axes: Axes) -> None:
        """Set scale, limits, ticks and label of the horizontal axis of *axes*."""
        first, last = float(self.levels[0]), float(self.levels[-1])
        ticks = axes.xaxis
        if self.categorical:
            axes.set_xlim(-0.5, last + 0.5)
        elif not self.logarithmic:
            room = 0.05 * (last - first) or 0.5
            axes.set_xlim(first - room, last + room)
        elif first > 0:
            axes.set_xscale("log")
            room = (last / first) ** 0.05
            axes.set_xlim(first / room, last * room)
        else:
            least = float(self.levels[1])
            axes.set_xscale("symlog", linthresh=least, linscale=0.6)
            axes.set_xlim(-0.3 * least, last * (last / least) ** 0.07)
        if self.categorical or len(self.levels) <= MANY:
            shown = self._with_room(axes)
            if len(shown) < len(self.levels) and self.categorical:
                shown = list(range(len(self.levels)))
                axes.tick_params(axis="x", labelrotation=90, labelsize=SMALL)
            ticks.set_major_locator(FixedLocator(self.levels[shown].tolist()))
            ticks.set_major_formatter(self._formatter())
        else:
            if self.logarithmic and first > 0:
                ticks.set_major_locator(log_locator(first, last))
            ticks.set_major_formatter(self._round())
        ticks.set_minor_locator(NullLocator())
        axes.set_xlabel(self.key, parse_math=False)

    def notes(self) -> list[str]:
        """Return what is to be said of the axis, if anything is."""
        if self.logarithmic and self.levels[0] == 0:
            return [f"{self.key}: linear from 0 to {self.texts[1]}, logarithmic beyond."]
        return []

    def _with_room(self, axes: Axes) -> list[int]:
        """Return which levels have room for a tick; the first and the last one come first."""
        x = (axes.transScale + axes.transLimits).transform([(v, 1.0) for v in self.levels])[:, 0]
        wide = [_CHARACTER * len(text) for text in self.texts]
        shown: list[int] = []
        size = len(self.levels)
        for place in dict.fromkeys((0, size - 1, *range(size))):
            if all(abs(x[place] - x[o]) > (wide[place] + wide[o]) / 2 + 0.01 for o in shown):
                shown.append(place)
        return sorted(shown)

    def _formatter(self) -> Formatter:
        texts = dict(zip(self.levels.tolist(), self.texts, strict=True))
        return FuncFormatter(lambda value, _place: texts.get(value, ""))

    def _round(self) -> Formatter:
        if self.kind is DURATION:
            return time_ticks()
        unit = {RATE.noun: " /s", SIZE.noun: " B", FLOW.noun: " B/s"}
        after = "" if self.kind is None else unit[self.kind.noun]
        return FuncFormatter(lambda value, _place: f"{value:,.6g}{after}")


def varied(key: str, parameters: Sequence[dict[str, object]]) -> Varied:
    """Return how the *key* of all *parameters*, one of them for each point, lies along an axis."""
    values = [at[key] for at in parameters]
    numbers, kind = _numbers(values)
    if numbers is None:
        order = dict.fromkeys(map(written, values))
        places = {text: float(place) for place, text in enumerate(order)}
        numbers = np.array([places[written(value)] for value in values])
    levels, first = np.unique(numbers, return_index=True)
    return Varied(
        key=key,
        values=numbers,
        levels=levels,
        texts=tuple(written(values[place]) for place in first),
        kind=kind,
        categorical=_numbers(values)[0] is None,
    )


def _numbers(values: Sequence[object]) -> tuple[Array | None, Kind | None]:
    """Return *values* as finite numbers of one kind, and which; None if they are not."""
    if any(isinstance(value, bool) or not isinstance(value, int | float | str) for value in values):
        return None, None
    kinds = _KINDS if any(isinstance(value, str) for value in values) else _KINDS[:1]
    for kind in kinds:
        try:
            numbers = np.array([kind.parse(value) for value in values])
        except UnitError:
            continue
        if not np.isfinite(numbers).all():
            break
        plain = not any(isinstance(value, str) for value in values)
        return numbers, None if plain else kind
    return None, None
