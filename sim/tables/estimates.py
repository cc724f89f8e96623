"""All estimates of one point: value, interval, and what the name means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.measures import MEASURES
from sim.numerals import times
from sim.tables.style import QUIET, table
from sim.wording import interval_text, value_text

if TYPE_CHECKING:
    from rich.table import Table

    from sim.runner import PointResult

SECTIONS = ("confirmed", "delivered", "silent_loss", "sends_per_message")
SECTIONS_TIMED = ("confirm_latency_mean", "delivery_latency_mean", "sojourn_mean")
_STARTS = {*SECTIONS, *SECTIONS_TIMED}

WIDE = 110
"""From so many columns on the meaning of each estimate fits beside it."""


def estimate_table(point: PointResult, width: int) -> Table:
    """Return the estimates of *point* for a screen *width* columns wide."""
    first = next(iter(point.estimates.values()))
    runs = times(first.replications, "replication")
    shown = table(f"Estimates over {runs}, {times(first.messages, 'message')}")
    shown.add_column("estimate", no_wrap=True)
    shown.add_column("value", justify="right")
    shown.add_column(f"{100 * first.confidence:g} % interval")
    if width >= WIDE:
        shown.add_column("meaning", style=QUIET)
    names = list(point.estimates)
    for name, following in zip(names, [*names[1:], ""], strict=True):
        estimate = point.estimates[name]
        row = [name, value_text(name, estimate), interval_text(name, estimate)]
        if width >= WIDE:
            row.append(MEASURES[name].meaning)
        style = "" if estimate.defined else QUIET
        shown.add_row(*map(Text, row), style=style, end_section=following in _STARTS)
    return shown
