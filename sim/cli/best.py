"""Carries out `msgfate best`: runs a sweep, and says which of its points to take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.text import Text

from sim.best import choose
from sim.cli import outputs
from sim.cli.effort import Effort
from sim.cli.order import Order, OrderError, read
from sim.cli.report import print_heading
from sim.cli.running import run_whole
from sim.cli.screen import Screen
from sim.constraints import ConstraintError, known_estimate, parse
from sim.front import Objective
from sim.json_best import best_json
from sim.tables.best import best_sentence, condition_table, objective_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeVar

    from sim.config import Experiment

    T = TypeVar("T")

FINE = 0
NOT_WRITTEN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOrder:
    """What `msgfate best` was asked for."""

    file: Path
    overrides: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    minimize: tuple[str, ...] = ()
    maximize: tuple[str, ...] = ()
    json_path: str | None = None
    effort: Effort = field(default_factory=Effort)


def show_best(order: BestOrder) -> int:
    """Print which point of the sweep to take, and return the exit code.

    Raise an `OrderError` with all that is wrong with the *order*.
    """
    problems: list[str] = []
    constraints = _read_each("--where", order.where, parse, problems)
    objectives = [
        *_read_each("--minimize", order.minimize, lambda t: Objective(known_estimate(t)), problems),
        *_read_each(
            "--maximize",
            order.maximize,
            lambda t: Objective(known_estimate(t), highest=True),
            problems,
        ),
    ]
    plain = Order(file=order.file, overrides=order.overrides, json_path=order.json_path)
    experiment = read_with(plain, problems)
    if len(list(experiment.points())) < 2:
        raise OrderError(f"{order.file} has one point: to choose, there must be a [sweep]")
    result = run_whole(experiment, order.file.stem, order.effort, Screen(stderr=True))
    choice = choose(result, constraints, objectives)
    if plain.prints_json:
        Screen().write(best_json(experiment, choice))
        return FINE
    console = Screen()
    print_heading(result, console)
    for table in (condition_table(choice), objective_table(choice)):
        if table is not None and table.row_count:
            console.print(table)
            console.print()
    console.print(Text(best_sentence(choice)))
    return write_json(plain, lambda: best_json(experiment, choice))


def read_with(order: Order, problems: list[str]) -> Experiment:
    """Return the experiment of *order*; raise an `OrderError` if there are *problems*, or more."""
    try:
        experiment = read(order)
    except OrderError as error:
        problems = [str(error), *problems]
    if problems:
        raise OrderError("\n".join(problems))
    return experiment


def write_json(order: Order, text: Callable[[], str]) -> int:
    """Write *text* where *order* wants it, if it does, and return the exit code."""
    errors = Screen(stderr=True)
    for option, path in order.outputs.items():
        try:
            outputs.write(path, text().encode())
        except OSError as error:
            errors.write(f"{option} {path} cannot be written: {error.strerror or error}\n")
            return NOT_WRITTEN
        errors.write(f"wrote {path}\n")
    return FINE


def _read_each(
    option: str, texts: tuple[str, ...], read_one: Callable[[str], T], problems: list[str]
) -> list[T]:
    found = []
    for text in texts:
        try:
            found.append(read_one(text))
        except ConstraintError as error:
            problems.append(f"{option} {error}")
    return found
