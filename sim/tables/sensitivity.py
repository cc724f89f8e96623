"""Which knob matters: how much of what an estimate varies is due to each key."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from sim.numerals import quantity
from sim.tables.style import GOOD, table
from sim.wording import words

if TYPE_CHECKING:
    from rich.table import Table

    from sim.indices import Index
    from sim.sensitivity import Sensitivity

MUCH_NOISE = 0.1
"""From this share of the variance on, what is left of luck is warned of."""

WIDE = 0.25
"""A total that may be further off than this is not known."""


def sensitivity_table(told: Sensitivity) -> Table:
    """Return a row for each key, the largest effect first."""
    shown = table(f"What makes {words(told.estimate)} vary")
    shown.add_column("key")
    shown.add_column("with all others", no_wrap=True)
    shown.add_column("by itself", no_wrap=True)
    for effect in told.effects:
        matters = effect.total.low > 0
        shown.add_row(
            Text(effect.name, style=GOOD if matters else ""),
            _share(effect.total),
            _share(effect.first),
        )
    return shown


def sensitivity_sentence(told: Sensitivity) -> str:
    """Return which key matters most, and how far noise is from being one."""
    most = told.effects[0]
    level = 100 * told.result.experiment.run.confidence
    return (
        f"Over these ranges {words(told.estimate)} has a standard deviation of "
        f"{quantity(told.estimate, told.deviation)}. {most.name} matters most: fixing all others "
        f"would leave {_percent(most.total.value)} of the variance, {most.name} by itself makes "
        f"{_percent(most.first.value)}. {_noise(told)} Intervals ({level:g} %) are over the points "
        f"of the design, on this luck.{_few(told)}"
    )


def _few(told: Sensitivity) -> str:
    totals = [effect.total for effect in told.effects]
    widest = max(max(total.high - total.value, total.value - total.low) for total in totals)
    if widest <= WIDE:
        return ""
    return " They are wide: these shares are hardly known. Take more points (sweep.sample.points)."


def _noise(told: Sensitivity) -> str:
    if math.isnan(told.noise):
        return (
            "From one replication it is not told how much of it is simulation noise, which makes "
            "totals too high."
        )
    share = max(told.noise, 0.0)
    text = (
        f"{_percent(share)} of the variance is simulation noise that points do not share: a share "
        "with all others may be too high by as much, one by itself too low by that part of it."
    )
    return text if share < MUCH_NOISE else f"{text} More replications would make it less."


def _share(index: Index) -> str:
    low, high = 100 * index.low, 100 * index.high
    return f"{100 * index.value:.0f} % [{low:.0f}, {high:.0f}]"


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"
