"""Carries out `msgfate trace`: finds one message, draws what befell it, and says how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from sim.cli import outputs
from sim.cli.order import OrderError
from sim.cli.screen import Screen
from sim.cli.trace_order import TraceOrder, read
from sim.numerals import seconds, times
from sim.system import simulate
from sim.tables.style import BAD, GOOD, QUIET, WARN
from sim.trace import Tone, Trace, diagram, legend, look_for, scene_of, trace
from sim.trace.wanted import ESTIMATES
from sim.wording import point_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.config.experiment import Point
    from sim.system import System

FINE = 0
NOT_FOUND = 1
NOT_WRITTEN = 2

_STYLES = {Tone.GOOD: GOOD, Tone.BAD: BAD, Tone.FAULT: WARN, Tone.BACK: WARN}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A message in a run of one point."""

    point: Point
    replication: int
    system: System
    row: int


def show_trace(order: TraceOrder) -> int:
    """Print the trace that *order* asks for and return the exit code.

    Raise an `OrderError` if it cannot be carried out.
    """
    experiment, points = read(order)
    point = points[order.point - 1]
    found = _find(order, point)
    errors = Screen(stderr=True)
    if found is None:
        errors.write(f"{_not_found(order, point)}\n")
        return NOT_FOUND
    system = found.system
    told = trace(system.ledger, found.row, scene_of(point.experiment), system.now_s, order.group)
    heads = list(_heads(found, told, order, len(points)))
    failures = list(_write_files(order, told, [experiment.title, *heads], errors))
    _show(told, experiment.title, heads)
    if failures:
        errors.write("".join(f"{failure}\n" for failure in failures))
        return NOT_WRITTEN
    return FINE


def _find(order: TraceOrder, point: Point) -> _Found | None:
    errors, several = Screen(stderr=True), point.experiment.run.replications
    chosen = order.replication
    if order.message is not None:
        system = simulate(point.experiment, chosen or 0)
        created = len(system.ledger.created)
        if not 0 <= order.message < created:
            raise OrderError(
                f"--message must be between 0 and {created - 1} in replication {chosen or 0}, "
                f"got {order.message}"
            )
        return _Found(point=point, replication=chosen or 0, system=system, row=order.message)
    looked_through = range(several) if chosen is None else range(chosen, chosen + 1)
    with errors.status("looking") as status:

        def looking(replication: int) -> None:
            status.update(f"looking through replication {replication} of {several}")

        found = look_for(order.fates, point.experiment, looked_through, looking, order.group)
    if found is None:
        return None
    system, replication, row = found
    return _Found(point=point, replication=replication, system=system, row=row)


def _not_found(order: TraceOrder, point: Point) -> str:
    run = point.experiment.run
    if order.replication is None:
        where = f"{times(run.replications, 'replication')} of {times(run.messages, 'message')}"
        more = f"--set run.replications={10 * run.replications} looks further"
    else:
        where = f"replication {order.replication} of {times(run.messages, 'message')}"
        more = "another --replication may have one"
    named = f" at {point_name(point.parameters)}" if point.parameters else ""
    estimate = next((name for name in order.fates if name in ESTIMATES), "lost")
    return (
        f"no message was {' and '.join(order.fates)} in {where}{named}; {more}, and "
        f'[run.rare] with estimate = "{estimate}" finds how rare it is'
    )


def _heads(found: _Found, told: Trace, order: TraceOrder, points: int) -> Iterator[str]:
    """Yield which message this is, line by line."""
    experiment = found.point.experiment
    measured = found.system.census.measured
    yield (
        f"message {told.row} of producer {told.producer}, created at {_created(told)}; "
        f"replication {found.replication}, seed {experiment.seed}"
    )
    if found.point.parameters:
        yield f"point {order.point} of {points}: {point_name(found.point.parameters)}"
    if found.row not in measured:
        when = "in the warm-up" if found.row < measured.start else "behind the measured ones"
        yield f"not measured: it was created {when}"


def _created(told: Trace) -> str:
    """Return when the message of *told* was created, in simulated time."""
    return f"{told.created_s:,.6f} s" if told.created_s else seconds(0.0)


def _write_files(order: TraceOrder, told: Trace, heads: list[str], errors: Screen) -> Iterator[str]:
    """Write what was asked for and yield what could not be written."""
    for option, path in order.outputs.items():
        try:
            outputs.write(path, _drawn(option, told, heads))
        except OSError as error:
            yield f"{option} {path} cannot be written: {error.strerror or error}"
        else:
            errors.write(f"wrote {path}\n")


def _drawn(option: str, told: Trace, heads: list[str]) -> bytes:
    if option == "--perfetto":
        from sim.trace.perfetto import to_perfetto  # noqa: PLC0415 - only who wants it waits

        return to_perfetto(told, heads).encode()
    from sim.trace.svg import to_svg  # noqa: PLC0415 - matplotlib's colours take a second

    return to_svg(told, heads).encode()


def _show(told: Trace, title: str, heads: list[str]) -> None:
    console = Screen()
    console.print(Text(title, style="bold"))
    for head in heads:
        console.print(Text(head, style=QUIET))
    console.print()
    lines = diagram(told, max(80, console.width))
    for line, tone in lines:
        style = "" if tone is None else _STYLES.get(tone, "")
        console.print(Text(line, style=style), soft_wrap=True)
    console.print()
    signs = legend(line for line, _ in lines)
    if signs:
        console.print(Text(signs, style=QUIET), soft_wrap=True)
    console.print(Text(told.verdict))
    if told.elsewhere:
        console.print(Text(told.elsewhere, style=QUIET))
