"""All points of a sweep side by side: estimates, outcomes, causes of loss, rare events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.measures import MEASURES
from sim.numerals import count, probability, times
from sim.outcomes import Belief, Fate
from sim.report.forms import verdict_cell
from sim.report.grid import Cell, Column, Grid, Piece, Row, cell, column, quiet
from sim.report.rare import rare_causes, rare_overview
from sim.report.rows import named_rows, number_cell
from sim.tables.outcomes import NAMED
from sim.tables.style import BAD
from sim.tables.sweep import shown_estimates
from sim.totals import BELIEFS, FATES, causes_of_loss, messages, outcome_matrix
from sim.wording import (
    always_seen,
    interval_text,
    never_seen,
    short_text,
    value_text,
    words,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Container

    from sim.estimate import Estimate
    from sim.runner import Result


def overview(result: Result, shown: Container[int]) -> list[Grid]:
    """Return the tables over all points of *result*; points at the places *shown* are linked."""
    first = result.points[0].estimates[result.experiment.plot.y]
    grids = [
        _estimates(result, shown, f"{100 * first.confidence:g} % interval"),
        _outcomes(result, shown),
        _causes(result, shown),
        rare_overview(result, shown),
        rare_causes(result, shown),
    ]
    return [grid for grid in grids if grid is not None]


def key_grid(result: Result) -> Grid:
    """Return the estimates that matter most at the only point of *result*, and what they mean."""
    [point] = result.points
    return Grid(
        caption="Key estimates",
        columns=(
            column("estimate"),
            column("value", "number"),
            column(f"{100 * point.experiment.run.confidence:g} % interval", "whole"),
            column("meaning"),
        ),
        rows=tuple(
            Row(
                (
                    cell(words(name)),
                    cell(value_text(name, point.estimates[name])),
                    cell(interval_text(name, point.estimates[name])),
                    cell(MEASURES[name].meaning),
                )
            )
            for name in shown_estimates(result)
        ),
    )


def _estimates(result: Result, shown: Container[int], interval: str) -> Grid:
    keys = list(result.points[0].parameters)
    names = shown_estimates(result)
    has_checks = any(point.checks for point in result.points)
    rows = []
    for place, point in enumerate(result.points):
        cells = [
            *(cell(written(point.parameters[key])) for key in keys),
            *(estimate_cell(name, point.estimates[name]) for name in names),
        ]
        if has_checks:
            cells.append(verdict_cell(point.checks) if point.checks else cell(quiet("none")))
        rows.append(Row((number_cell(place, shown), *cells)))
    return Grid(
        caption=f"{times(len(rows), 'point')}: values, and below them the {interval}",
        columns=(
            column("point", "number"),
            *(column(key) for key in keys),
            *(column(words(name), "number") for name in names),
            *([column("checks", "whole")] if has_checks else []),
        ),
        rows=tuple(rows),
        note=(
            "“<” and “>” are one-sided bounds: nothing, or nothing else, was seen."
            if any(
                never_seen(name, point.estimates[name]) or always_seen(name, point.estimates[name])
                for point in result.points
                for name in names
            )
            else ""
        ),
    )


def estimate_cell(name: str, estimate: Estimate) -> Cell:
    """Return a value and its interval, or the bound alone where nothing was seen."""
    if not estimate.defined:
        return cell(quiet("-"), quiet(interval_text(name, estimate)))
    if never_seen(name, estimate):
        return cell(quiet(short_text(name, estimate)))
    if always_seen(name, estimate):
        return cell(short_text(name, estimate))
    tone = "bad" if name == "silent_loss" else ""
    # One sentence in two lines where the upper end is not known: columns are narrow.
    parts = interval_text(name, estimate).split(", ")
    return cell(Piece(value_text(name, estimate), tone), *map(quiet, parts))


def _outcomes(result: Result, shown: Container[int]) -> Grid:
    """Return how many messages had which belief and fate, without what never happened."""
    matrices = [outcome_matrix(point) for point in result.points]
    total = sum(matrices[1:], start=matrices[0])
    seen = [(Belief(b), Fate(f)) for b in Belief for f in Fate if total[b, f]]
    rows = [
        (
            cell(count(messages(point))),
            *(_counted(int(matrix[pair]), messages(point), pair) for pair in seen),
        )
        for point, matrix in zip(result.points, matrices, strict=True)
    ]
    plain = " of the plain replications" if any(point.rare for point in result.points) else ""
    return Grid(
        caption=f"What became of the messages{plain}: counts and shares, belief and fate",
        columns=(
            column("point"),
            column("messages", "number"),
            *(_outcome_column(belief, fate) for belief, fate in seen),
        ),
        rows=named_rows(result, rows, shown),
        note="Outcomes that no message had at any point are left out.",
    )


def _outcome_column(belief: Belief, fate: Fate) -> Column:
    name, style = NAMED.get((belief, fate), ("", ""))
    heading = cell(
        f"{BELIEFS[belief]},",
        words(FATES[fate]),
        Piece(f"({name})", "bad" if style == BAD else "warn") if name else "",
    )
    return Column(heading, "number")


def _counted(number: int, total: int, pair: tuple[Belief, Fate]) -> Cell:
    if number == 0:
        return cell(quiet("0"))
    tone = "bad" if NAMED.get(pair, ("", ""))[1] == BAD else ""
    share = "all" if number == total else probability(number / total)
    return cell(Piece(count(number), tone), quiet(share))


def _causes(result: Result, shown: Container[int]) -> Grid | None:
    """Return what the losses are due to; None if nothing was lost."""
    each = [causes_of_loss(point) for point in result.points]
    names = list(dict.fromkeys(name for causes in each for name in causes))
    if not names:
        return None
    rows = [
        (
            cell(count(sum(causes.values()))),
            *(cell(count(causes[name])) if name in causes else cell(quiet("0")) for name in names),
        )
        for causes in each
    ]
    plain = " in the plain replications" if any(point.rare for point in result.points) else ""
    return Grid(
        caption=f"Causes of loss{plain}: messages whose last copy each has removed",
        columns=(
            column("point"),
            column("lost in all", "number"),
            *(column(name, "number") for name in names),
        ),
        rows=named_rows(result, rows, shown),
    )
