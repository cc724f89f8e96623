"""Closed forms beside what came out: each form once, with what it says of every point.

What does not hold is told with the assumptions that are broken, each form once for all points at
which the same ones are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.checks.check import Verdict
from sim.numerals import count, times
from sim.report.chosen import anchor
from sim.report.grid import Cell, Column, Grid, Piece, Row, cell, column, pieces, quiet
from sim.report.names import brief_names, glued, where
from sim.tables import verdicts
from sim.tables.checks import VERDICT_STYLES, power_text
from sim.tables.style import BAD, GOOD, WARN
from sim.wording import interval_text, predicted_text, value_text, words

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from sim.checks.check import Check
    from sim.runner import Result

_TONES = {BAD: "bad", WARN: "warn", GOOD: "good"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One closed form and its checks, each with the place of its point."""

    name: str
    formula: str
    source: str
    checks: tuple[tuple[int, Check], ...]

    @property
    def estimates(self) -> tuple[str, ...]:
        """What it predicts; several where the worst of many predictions speaks for all."""
        return tuple(dict.fromkeys(check.estimate for _, check in self.checks))


def forms(result: Result) -> list[Form]:
    """Return the closed forms that hold somewhere, with all their checks."""
    found: dict[tuple[str, str, str], list[tuple[int, Check]]] = {}
    for place, point in enumerate(result.points):
        for check in point.checks:
            key = (check.name, check.formula, check.source)
            found.setdefault(key, []).append((place, check))
    return [
        Form(name=name, formula=formula, source=source, checks=tuple(checks))
        for (name, formula, source), checks in found.items()
    ]


def form_grid(found: Sequence[Form], result: Result) -> Grid | None:
    """Return each closed form with formula, source and verdicts; None if none holds.

    Of one point it is all there is to say; of a sweep each form has a table of its own besides.
    """
    if not found:
        return None
    alone = len(result.points) == 1
    numbers = _CHECK_COLUMNS if alone else (column("points", "number"), column("verdicts", "whole"))
    rows = []
    for form in found:
        checks = [check for _, check in form.checks]
        told = check_cells(checks[0]) if alone else (cell(count(len(checks))), verdict_cell(checks))
        rows.append(
            Row((cell(form.name, quiet(_of(form))), *told, cell(form.formula, quiet(form.source))))
        )
    number = times(sum(len(form.checks) for form in found), "comparison")
    return Grid(
        caption=f"Closed forms that hold here, {number}",
        columns=(column("closed form of"), *numbers, column("formula and source", "long")),
        rows=tuple(rows),
        note=_POWER if alone else "",
    )


def point_grid(form: Form, result: Result, shown: Container[int]) -> Grid:
    """Return the checks of one *form*, point by point; those of points not *shown* are left out.

    A check that disagrees is always there.
    """
    kept = [
        (place, check)
        for place, check in form.checks
        if place in shown or check.verdict is Verdict.DISAGREES
    ]
    left_out = len(form.checks) - len(kept)
    several = len(form.estimates) > 1
    names = brief_names(result)
    return Grid(
        caption=f"{form.name}: {_of(form)}",
        columns=(
            column("point"),
            *([column("of")] if several else []),
            *_CHECK_COLUMNS,
        ),
        rows=tuple(
            Row(
                (
                    cell(
                        glued(names[place]),
                        link=anchor(place) if place in shown else "",
                    ),
                    *([cell(words(check.estimate))] if several else []),
                    *check_cells(check),
                )
            )
            for place, check in kept
        ),
        note=f"{times(left_out, 'comparison')} left out, none of which disagrees."
        if left_out
        else "",
    )


_POWER = (
    "“would notice 25 % with 96 %”: had the simulation been wrong by 25 %, this check would have "
    "said so with a chance of 96 %."
)

_CHECK_COLUMNS: tuple[Column, ...] = (
    column("predicted", "number"),
    column("simulated", "number"),
    column("interval", "whole"),
    column("verdict, and what the check can see", "long"),
)


def check_cells(check: Check) -> tuple[Cell, ...]:
    """Return predicted and simulated value, interval, and verdict of one *check*."""
    name = check.estimate
    seen = "" if check.verdict is Verdict.DISAGREES else power_text(check)
    return (
        cell(predicted_text(name, check, check.predicted)),
        cell(value_text(name, check)),
        cell(interval_text(name, check)),
        cell(Piece(str(check.verdict), _TONES[VERDICT_STYLES[check.verdict]]), quiet(seen)),
    )


def skipped_grid(result: Result) -> Grid | None:
    """Return the closed forms that do not hold somewhere, and why; None if all hold."""
    found: dict[tuple[str, str, tuple[str, ...]], list[int]] = {}
    for place, point in enumerate(result.points):
        for form in point.skipped:
            found.setdefault((form.name, form.formula, form.reasons), []).append(place)
    order = list(dict.fromkeys(name for name, _, _ in found))
    if not found:
        return None
    alone = len(result.points) == 1
    return Grid(
        caption="Closed forms that do not hold, and the assumptions that are broken",
        columns=(
            column("not checked"),
            *([] if alone else [column("where", "long")]),
            column("because", "long"),
            column("formula", "long"),
        ),
        rows=tuple(
            Row(
                (
                    cell(name),
                    *([] if alone else [cell(where(places, result))]),
                    cell(*reasons),
                    cell(quiet(formula)),
                )
            )
            for (name, formula, reasons), places in sorted(
                found.items(), key=lambda item: order.index(item[0][0])
            )
        ),
    )


def verdict_cell(checks: Sequence[Check]) -> Cell:
    """Return how many *checks* came to which verdict, one below the other."""
    found = [pieces(verdicts([c for c in checks if c.verdict is verdict])) for verdict in Verdict]
    seen = {check.verdict for check in checks}
    return Cell(
        tuple(line for verdict, line in zip(Verdict, found, strict=True) if verdict in seen)
    )


def _of(form: Form) -> str:
    first, *others = form.estimates
    return f"the worst of several, such as {words(first)}" if others else words(first)
