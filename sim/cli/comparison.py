"""Carries out `msgfate compare`: runs a sweep, and says in which order its points are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.cli.progress import shown_progress
from sim.cli.report import print_heading
from sim.cli.screen import Screen
from sim.comparison import NothingToCompareError, compare
from sim.config import load
from sim.runner import run
from sim.tables.comparison import comparison_table, neighbours_table, selection_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def show_comparison(
    file: Path, overrides: Sequence[str], estimate: str | None, *, highest: bool
) -> None:
    """Print the points of *file* in order of *estimate*, by default the plot's ``y``.

    Raise a `sim.config.ConfigError` if the file is wrong, a `NothingToCompareError` if there is one
    point only.
    """
    experiment = load(file, tuple(overrides))
    name = estimate or experiment.plot.y
    if len(list(experiment.points())) < 2:
        raise NothingToCompareError(f"{file} has one point: a comparison needs a [sweep]")
    with shown_progress(experiment, Screen(stderr=True), quiet=False) as progress:
        result = run(experiment, progress, None if progress is None else progress.watch)
    comparison = compare(result, name, highest=highest)
    console = Screen()
    print_heading(result, console)
    console.print(comparison_table(comparison))
    console.print()
    if len(comparison.steps) > 1:  # with two points the first table says it all
        console.print(neighbours_table(comparison))
        console.print()
    console.print(Text(selection_sentence(comparison)))
