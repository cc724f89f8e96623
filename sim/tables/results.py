"""Stored results as tables: what there is, and what is different between two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from sim.numerals import count, quantity
from sim.tables.style import BAD, GOOD, QUIET, WARN, table
from sim.wording import interval_text, short_point_name, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sim.changes import Change
    from sim.store import Listed

_MEGABYTE = 1e6


def result_table(results: Sequence[Listed]) -> Table:
    """Return a row for each stored result."""
    shown = table("Results")
    shown.add_column("name", no_wrap=True)
    shown.add_column("title")
    for heading in ("points", "runs", "messages", "seed", "MB"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("")
    for one in results:
        numbers = (one.points, one.replications, one.messages)
        told = [count(number) for number in numbers] if one.points else [""] * len(numbers)
        shown.add_row(
            one.path.name,
            one.title,
            *told,
            str(one.seed) if one.points else "",
            f"{one.size_bytes / _MEGABYTE:.1f}",
            _state(one),
        )
    return shown


def _state(one: Listed) -> Text:
    if one.problem:
        return Text(one.problem, style=BAD if "complete" not in one.problem else WARN)
    return Text("", style=GOOD) if one.current else Text("by another version", style=QUIET)


def change_table(changes: Sequence[Change], estimate: str, names: tuple[str, str]) -> Table:
    """Return a row for each point that both results, called *names*, have."""
    shown = table(f"{words(estimate).capitalize()}, point by point")
    shown.add_column("point")
    for name in (*names, "difference"):
        shown.add_column(name, overflow="fold")
    shown.add_column("told apart", no_wrap=True)
    for change in changes:
        shown.add_row(
            short_point_name(change.first.parameters) or "the only one",
            interval_text(estimate, change.first.estimates[estimate]),
            interval_text(estimate, change.second.estimates[estimate]),
            _difference(estimate, change),
            Text("yes", style=GOOD) if change.apart else Text("no", style=WARN),
        )
    return shown


def _difference(name: str, change: Change) -> str:
    if change.alike:
        return "none in any replication"
    if math.isnan(change.low):
        return "not known"
    value, low, high = (quantity(name, x) for x in (change.value, change.low, change.high))
    return f"{value} [{low}, {high}]"
