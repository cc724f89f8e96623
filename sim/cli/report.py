"""What is printed of a result, in the order in which a person asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from sim.checks.check import Verdict
from sim.claims import judge_claims
from sim.tables import (
    cause_table,
    check_table,
    claim_table,
    estimate_table,
    outcome_table,
    sentence,
    skipped_table,
    sweep_tables,
    verdicts,
)
from sim.tables.checks import check_line
from sim.tables.rare import rare_cause_table, rare_sentence, rare_table
from sim.tables.style import BAD, QUIET
from sim.wording import point_name, run_text

if TYPE_CHECKING:
    from rich.console import Console

    from sim.runner import PointResult, Result


def print_report(result: Result, console: Console, *, details: bool) -> None:
    """Print title, tables and summary of *result*; of a sweep all tables only with *details*."""
    print_heading(result, console)
    if len(result.points) > 1:
        for table in sweep_tables(result, console.width):
            _print_block(console, table)
    if details or len(result.points) == 1:
        for point in result.points:
            _print_point(point, console, details=details)
    else:
        print_points(result, console)
    print_claims(result, console)


def print_heading(result: Result, console: Console) -> None:
    """Print what *result* is about, and what it was made of."""
    experiment = result.experiment
    console.print(Text(experiment.title, style="bold"))
    if experiment.question:
        console.print(Text(experiment.question, style="italic"))
    console.print(Text(run_text(result.points), style=QUIET))
    console.print()


def print_summary(result: Result, console: Console) -> None:
    """Print what happened at each point of *result*, and what becomes of its claims."""
    print_points(result, console)
    print_claims(result, console)


def print_claims(result: Result, console: Console) -> None:
    """Print the verdict on each claim of the experiment."""
    claims = claim_table(judge_claims(result))
    if claims is not None:
        _print_block(console, claims)


def print_points(result: Result, console: Console) -> None:
    """Print what happened at each point of *result*: a sentence, and what disagrees."""
    for point in result.points:
        if point.parameters:
            console.print(Text(point_name(point.parameters), style="bold"))
        _print_in_words(point, console)


def _print_point(point: PointResult, console: Console, *, details: bool) -> None:
    if point.parameters:
        console.print(Rule(Text(point_name(point.parameters), style="bold"), align="left"))
        console.print()
    for table in (
        outcome_table(point),
        cause_table(point),
        rare_table(point),
        rare_cause_table(point),
        estimate_table(point, console.width),
        check_table(point),
        skipped_table(point, all_reasons=details),
    ):
        if table is not None:
            _print_block(console, table)
    _print_in_words(point, console)


def _print_in_words(point: PointResult, console: Console) -> None:
    indent = 2 if point.parameters else 0
    before = "In the plain replications: " if point.rare else ""
    console.print(Padding(Text(f"{before}{sentence(point)}"), (0, 0, 0, indent)))
    rare = rare_sentence(point)
    if rare is not None:
        console.print(Padding(Text(rare), (0, 0, 0, indent)))
    if point.left_out:
        told = Text(f"Has no place for, and left out: {', '.join(point.left_out)}.", style=QUIET)
        console.print(Padding(told, (0, 0, 0, indent)))
    if point.checks:
        told = Text("Checks: ").append_text(verdicts(point.checks)).append(".")
        console.print(Padding(told, (0, 0, 0, indent)))
    for check in point.checks:
        if check.verdict is Verdict.DISAGREES:
            console.print(Padding(Text(check_line(check), style=BAD), (0, 0, 0, indent)))
    console.print()


def _print_block(console: Console, table: object) -> None:
    console.print(table)
    console.print()
