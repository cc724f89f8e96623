"""Points of a sweep in the order of an estimate: against the best, and one after the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from sim.numerals import quantity
from sim.tables.style import GOOD, WARN, table
from sim.wording import interval_text, short_point_name, words

if TYPE_CHECKING:
    from rich.table import Table

    from sim.comparison import Comparison, Difference


def comparison_table(comparison: Comparison) -> Table:
    """Return a row for each point, the best first, with how much more than the best it has."""
    name = comparison.estimate
    shown = table(f"{words(name).capitalize()}, in order")
    shown.add_column("", justify="right", no_wrap=True)
    shown.add_column("point")
    shown.add_column(words(name), no_wrap=True)
    shown.add_column("more than the best", no_wrap=True)
    shown.add_column("variance saved", justify="right", no_wrap=True)
    best = comparison.best
    shown.add_row(
        "1",
        Text(short_point_name(best.parameters), style=GOOD),
        interval_text(name, best.estimates[name]),
        Text("the best", style=GOOD),
        "",
    )
    for place, other in enumerate(comparison.differences, 2):
        shown.add_row(
            str(place),
            short_point_name(other.point.parameters),
            interval_text(name, other.point.estimates[name]),
            _difference(name, other),
            _saved(other),
        )
    return shown


def neighbours_table(comparison: Comparison) -> Table:
    """Return a row for each point but the best: whether it is told from the one before it."""
    name = comparison.estimate
    shown = table("Each against the one before it")
    shown.add_column("", justify="right", no_wrap=True)
    shown.add_column("point")
    shown.add_column("more than the one before", no_wrap=True)
    shown.add_column("told apart", no_wrap=True)
    shown.add_column("variance saved", justify="right", no_wrap=True)
    for place, step in enumerate(comparison.steps, 2):
        shown.add_row(
            f"{place} after {place - 1}",
            short_point_name(step.point.parameters),
            _difference(name, step),
            Text("yes", style=GOOD) if step.apart else Text("no", style=WARN),
            _saved(step),
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
        told = (
            f"The best is {name}, with a probability of {min(sure, 99.9):g} % at least. That is "
            "100 % less the chances that one of the others is better, added up (Bonferroni)."
        )
    return (
        f"{told} The differences of any two points hold together; they are taken replication by "
        "replication, on the same luck."
    )


def _difference(name: str, other: Difference) -> str:
    if other.alike:
        return "alike so far"
    if math.isnan(other.low):
        return f"{quantity(name, other.value)}, from too few to tell"
    low, high = quantity(name, other.low), quantity(name, other.high)
    return f"{quantity(name, other.value)} [{low}, {high}]"


def _saved(other: Difference) -> str:
    return "-" if math.isnan(other.saved) else f"{other.saved:.3g} x"
