"""The outcome matrix, belief by fate, and the causes of loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.numerals import count, probability
from sim.outcomes import Belief, Fate
from sim.tables.style import BAD, QUIET, WARN, table
from sim.totals import BELIEFS, FATES, causes_of_loss, messages, outcome_matrix
from sim.wording import words

if TYPE_CHECKING:
    from rich.table import Table

    from sim.runner import PointResult

NAMED = {
    (Belief.CONFIRMED, Fate.LOST): ("silent loss", BAD),
    (Belief.FAILED, Fate.LOST): ("reported loss", WARN),
    (Belief.FAILED, Fate.ONCE): ("false failure", WARN),
    (Belief.FAILED, Fate.DUPLICATED): ("false failure", WARN),
    (Belief.UNKNOWN, Fate.LOST): ("unknown loss", WARN),
}
"""The cells that hurt: their name and its style."""


def outcome_table(point: PointResult) -> Table:
    """Return what producers believe (rows) beside what became of it (columns)."""
    matrix = outcome_matrix(point)
    total = messages(point)
    shown = table(f"Outcomes of {count(total)} messages, and their shares")
    shown.add_column("belief")
    for fate in FATES:
        shown.add_column(words(fate), justify="right")
    shown.add_column("all", justify="right")
    for belief, (name, row) in enumerate(zip(BELIEFS, matrix.tolist(), strict=True)):
        cells = [
            _cell(number, total, *NAMED.get((Belief(belief), Fate(fate)), ("", "")))
            for fate, number in enumerate(row)
        ]
        shown.add_row(name, *cells, _cell(sum(row), total), end_section=belief == len(BELIEFS) - 1)
    shown.add_row(
        "all", *(_cell(number, total) for number in matrix.sum(axis=0).tolist()), count(total)
    )
    return shown


def cause_table(point: PointResult) -> Table | None:
    """Return what the losses are due to; None if nothing was lost."""
    causes = causes_of_loss(point)
    if not causes:
        return None
    lost = sum(causes.values())
    shown = table("Causes of loss")
    shown.add_column("cause")
    shown.add_column("lost", justify="right")
    shown.add_column("share of losses", justify="right")
    for cause, number in causes.items():
        shown.add_row(cause, count(number), "all" if number == lost else probability(number / lost))
    return shown


def _cell(number: int, total: int, name: str = "", style: str = "") -> Text:
    """Return a count, its share, and the cell's name, one below the other."""
    if number == 0:
        # The name stands here too, in quiet: a reader looks for it in its place.
        return Text("\n".join(filter(None, ("0", name))), style=QUIET)
    share = "all" if number == total else probability(number / total)
    cell = Text(f"{count(number)}\n{share}")
    return cell.append(f"\n{name}", style=style) if name else cell
