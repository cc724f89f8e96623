"""How all tables look: few lines, and colours that only repeat what a word says."""

from __future__ import annotations

from rich import box
from rich.table import Table

BAD = "bold red"
WARN = "yellow"
GOOD = "green"
QUIET = "dim"


def table(title: str | None) -> Table:
    """Return an empty table with *title* above it."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
        header_style="",
    )
