"""Points of a sweep against the best of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from sim.numerals import quantity
from sim.tables.style import GOOD, table
from sim.wording import interval_text, short_point_name, words

if TYPE_CHECKING:
    from rich.table import Table

    from sim.comparison import Comparison, Difference


def comparison_table(comparison: Comparison) -> Table:
    """Return a row for each point, the best first."""
    name = comparison.estimate
    shown = table(f"{words(name).capitalize()}, against the best")
    shown.add_column("point")
    shown.add_column(words(name), no_wrap=True)
    shown.add_column("more than the best", no_wrap=True)
    shown.add_column("variance saved", justify="right", no_wrap=True)
    best = comparison.best
    shown.add_row(
        Text(short_point_name(best.parameters), style=GOOD),
        interval_text(name, best.estimates[name]),
        Text("the best", style=GOOD),
        "",
    )
    for other in comparison.differences:
        shown.add_row(
            short_point_name(other.point.parameters),
            interval_text(name, other.point.estimates[name]),
            _difference(name, other),
            "-" if math.isnan(other.saved) else f"{other.saved:.3g} x",
        )
    return shown


def selection_sentence(comparison: Comparison) -> str:
    """Return how sure it is that the best is the best."""
    name = short_point_name(comparison.best.parameters)
    alike = [short_point_name(o.point.parameters) for o in comparison.differences if o.alike]
    if alike:
        told = f"{name} cannot be told apart from {'; '.join(alike)}: no replication differs."
    else:
        # Rounded down: what is not certain is not called so.
        sure = math.floor(1000 * comparison.probability) / 10
        told = f"The best is {name}, with a probability of {min(sure, 99.9):g} % at least."
    return (
        f"{told} All differences hold together; they are taken replication by replication, on the "
        "same luck."
    )


def _difference(name: str, other: Difference) -> str:
    if other.alike:
        return "alike so far"
    low, high = quantity(name, other.low), quantity(name, other.high)
    return f"{quantity(name, other.value)} [{low}, {high}]"
