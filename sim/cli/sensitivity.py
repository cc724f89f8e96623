"""Carries out `msgfate sensitivity`: runs a design over ranges, and says which key matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.cli.best import FINE, read_with, write_json
from sim.cli.order import Order, OrderError
from sim.cli.report import print_heading
from sim.cli.running import run_whole
from sim.cli.screen import Screen
from sim.config import ConfigError
from sim.constraints import ConstraintError, known_estimate
from sim.indices import NothingToLearnError
from sim.json_best import sensitivity_json
from sim.sensitivity import sensitivity
from sim.tables.sensitivity import sensitivity_sentence, sensitivity_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.cli.effort import Effort


def show_sensitivity(
    file: Path,
    overrides: Sequence[str],
    estimate: str | None,
    json_path: str | None,
    effort: Effort,
) -> int:
    """Print what each key does to *estimate*, by default the plot's ``y``; return the exit code.

    Raise an `OrderError` with all that is wrong.
    """
    problems: list[str] = []
    if estimate is not None:
        try:
            known_estimate(estimate)
        except ConstraintError as error:
            problems.append(f"--estimate {error}")
    order = Order(file=file, overrides=tuple(overrides), json_path=json_path)
    experiment = read_with(order, problems)
    name = estimate or experiment.plot.y
    errors = Screen(stderr=True)
    try:
        told = sensitivity(
            experiment, name, lambda all_of_it: run_whole(all_of_it, file.stem, effort, errors)
        )
    except NothingToLearnError as error:
        raise OrderError(f"no sensitivity of {name} ({file}): {error}") from None
    except ConfigError as error:
        raise OrderError(str(error)) from None
    if order.prints_json:
        Screen().write(sensitivity_json(experiment, told))
        return FINE
    console = Screen()
    print_heading(told.result, console)
    console.print(sensitivity_table(told))
    console.print()
    console.print(Text(sensitivity_sentence(told)))
    return write_json(order, lambda: sensitivity_json(experiment, told))
