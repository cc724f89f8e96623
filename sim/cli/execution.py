"""Carries out `msgfate run` once nothing is wrong with it: run, then write, then show."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from sim.cautions import told, told_of
from sim.checks.check import Verdict
from sim.cli import outputs
from sim.cli.report import print_heading, print_report, print_summary
from sim.cli.running import failures_text, run_kept
from sim.cli.screen import Screen
from sim.json_result import to_json
from sim.wording import point_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sim.cautions import Caution
    from sim.cli.order import Order
    from sim.config import Experiment
    from sim.runner import Result

FINE = 0
DISAGREES = 1
NOT_WRITTEN = 2
FAILED = 3


def carry_out(order: Order, experiment: Experiment) -> int:
    """Carry out *order* for its *experiment* and return the exit code."""
    errors = Screen(stderr=True)
    said = _warn(experiment, errors)
    result = run_kept(experiment, order.file.stem, order.effort, errors, quiet=order.quiet)
    _warn_again(result, said, errors)
    # Files first: they are to be complete even if nobody reads the tables to their end.
    failures = list(_write_files(order, result, errors))
    _show(order, result)
    if failures:
        errors.write("".join(f"{failure}\n" for failure in failures))
        return NOT_WRITTEN
    if result.failures:
        errors.write(failures_text(result))
        return FAILED
    return DISAGREES if _disagrees(result) else FINE


def _warn(experiment: Experiment, errors: Screen) -> list[set[str]]:
    """Say beforehand what speaks against the results: a queue that grows makes a run long, too.

    Return what it was about, point by point.
    """
    said = []
    for point in experiment.points():
        cautions = told(point.experiment)
        _say(cautions, point.parameters, errors)
        said.append({caution.about for caution in cautions})
    return said


def _warn_again(result: Result, said: list[set[str]], errors: Screen) -> None:
    """Say what the runs themselves have shown, besides what was *said* before them."""
    told_now = told_of([(point.experiment, point.samples) for point in result.points])
    if result.failures:
        said = [set() for _ in result.points]  # which is which is no longer known
    for point, known, cautions in zip(result.points, said, told_now, strict=False):
        new = [caution for caution in cautions if caution.about not in known]
        _say(new, point.parameters, errors)
        for doubt in point.rare.doubts if point.rare else ():
            name = f"{point_name(point.parameters)}: " if point.parameters else ""
            errors.write(f"caution: {name}{doubt}\n")


def _say(cautions: Iterable[Caution], parameters: dict[str, object], errors: Screen) -> None:
    name = f"{point_name(parameters)}: " if parameters else ""
    for caution in cautions:
        errors.write(f"caution: {name}{caution.text}\n")


def _write_files(order: Order, result: Result, errors: Screen) -> Iterator[str]:
    """Write what was asked for and yield what could not be written."""
    for option, path in order.outputs.items():
        content = _plot(result, path) if option == "--plot" else to_json(result).encode()
        try:
            outputs.write(path, content)
        except OSError as error:
            yield f"{option} {path} cannot be written: {error.strerror or error}"
        else:
            if not order.quiet:
                errors.write(f"wrote {path}\n")


def _plot(result: Result, path: Path) -> bytes:
    # matplotlib takes a second to import: only who wants a plot should wait for it.
    from sim.plots import plot_result, save  # noqa: PLC0415 - see above

    drawn = BytesIO()
    save(plot_result(result), drawn, path.suffix.lower().removeprefix("."))
    return drawn.getvalue()


def _show(order: Order, result: Result) -> None:
    console = Screen()
    if order.prints_json:
        console.write(to_json(result))
    elif order.quiet:
        print_heading(result, console)
        print_summary(result, console)
    else:
        print_report(result, console, details=order.details)


def _disagrees(result: Result) -> bool:
    return any(
        check.verdict is Verdict.DISAGREES for point in result.points for check in point.checks
    )
