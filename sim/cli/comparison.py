"""Carries out `msgfate compare`: runs a sweep, and says in which order its points are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.cli.order import Order, OrderError, read
from sim.cli.report import print_heading
from sim.cli.running import run_whole
from sim.cli.screen import Screen
from sim.comparison import NothingToCompareError, compare
from sim.config.estimate_names import ESTIMATES
from sim.front import usual
from sim.tables.comparison import comparison_table, neighbours_table, selection_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.cli.effort import Effort


def show_comparison(
    file: Path, overrides: Sequence[str], estimate: str | None, effort: Effort, *, highest: bool
) -> None:
    """Print the points of *file* in order of *estimate*, by default the plot's ``y``.

    The best is what is usually wanted, or the *highest*.

    Raise an `OrderError` if the file is wrong, if it cannot be run, or if there is nothing to
    compare.
    """
    if estimate is not None and estimate not in ESTIMATES:
        raise OrderError(f"--estimate must be one of {', '.join(ESTIMATES)}, got {estimate}")
    experiment = read(Order(file=file, overrides=tuple(overrides)))
    name = estimate or experiment.plot.y
    if len(list(experiment.points())) < 2:
        raise OrderError(f"{file} has one point: a comparison needs a [sweep]")
    result = run_whole(experiment, file.stem, effort, Screen(stderr=True))
    wanted = usual(name)
    highest = highest or (wanted is not None and wanted.highest)
    try:
        comparison = compare(result, name, highest=highest)
    except NothingToCompareError as error:
        raise OrderError(str(error)) from None
    console = Screen()
    print_heading(result, console)
    console.print(comparison_table(comparison))
    console.print()
    if len(comparison.steps) > 1:  # with two points the first table says it all
        console.print(neighbours_table(comparison))
        console.print()
    console.print(Text(selection_sentence(comparison)))
