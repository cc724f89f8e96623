"""Carries out `msgfate results`: what is kept, one again, two against each other, one as CSV."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from sim.changes import changes
from sim.cli.opening import opened, write
from sim.cli.order import STANDARD_OUTPUT, OrderError
from sim.cli.report import print_report
from sim.cli.screen import Screen
from sim.comparison import NothingToCompareError
from sim.config.estimate_names import ESTIMATES
from sim.config.suggestions import did_you_mean
from sim.frames import point_frame
from sim.store import listed
from sim.tables.results import change_table, result_table


def list_all(results: Path) -> int:
    """Print what results there are."""
    found = listed(results)
    console = Screen()
    if found:
        console.print(result_table(found))
    else:
        console.print(Text(f"no results in {results}: msgfate run makes one"))
    return 0


def show_one(name: str, results: Path) -> int:
    """Print the tables of the result called *name*."""
    _, result = opened(name, results)
    print_report(result, Screen(), details=False)
    return 0


def write_csv(name: str, csv_path: str, results: Path) -> int:
    """Write all estimates of the result called *name* as CSV."""
    _, result = opened(name, results)
    text = point_frame(result).to_csv(index=False, lineterminator="\n")
    if csv_path == STANDARD_OUTPUT:
        Screen().write(text)
    else:
        write(Path(csv_path), text.encode(), "--csv")
    return 0


def compare_two(first: str, second: str, estimate: str | None, results: Path) -> int:
    """Print what is different between two results, point by point."""
    if estimate is not None and estimate not in ESTIMATES:
        hint = did_you_mean(estimate, ESTIMATES) or f"estimates: {', '.join(ESTIMATES)}"
        raise OrderError(f"--estimate must name an estimate, got {estimate}; {hint}")
    (one, first_result), (two, second_result) = opened(first, results), opened(second, results)
    name = estimate or first_result.experiment.plot.y
    try:
        found = changes(first_result, second_result, name)
    except NothingToCompareError as error:
        raise OrderError(f"{one.name} and {two.name}: {error}") from None
    console = Screen()
    console.print(change_table(found, name, (one.name, two.name)))
    console.print()
    console.print(Text(_basis(first_result.experiment.seed == second_result.experiment.seed)))
    return 0


def _basis(same_seed: bool) -> str:
    how = (
        "Both have the same seed: differences are taken replication by replication, on the same "
        "luck."
        if same_seed
        else "Their seeds differ: both are independent, and their variances add up."
    )
    return f"{how} All differences hold together."
