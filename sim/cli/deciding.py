"""The commands that help to decide: which point of a sweep to take, and which knob matters.

Like those of `sim.cli.app`, they import what they need only when they are called.
"""

from collections.abc import Callable
from typing import Annotated

import typer

from sim.cli.arguments import Cluster, File, JsonPath, NoStore, Overrides, Results, Workers
from sim.cli.effort import RESULTS, effort_of

_INTERRUPTED = 130


def best(
    file: File,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help='What must hold, as in [bold]--where "lost <= 1e-6"[/bold]. Repeatable.',
            show_default=False,
        ),
    ] = None,
    minimize: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="The estimate to be as low as can be.", show_default=False
        ),
    ] = None,
    maximize: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="The estimate to be as high as can be.", show_default=False
        ),
    ] = None,
    overrides: Overrides = None,
    json_path: JsonPath = None,
    workers: Workers = None,
    cluster: Cluster = None,
    results: Results = RESULTS,
    no_store: NoStore = False,
) -> None:
    """Run a sweep and say which point to take: the best of those that surely do what is asked.

    With two objectives, the Pareto front.
    """
    if len([*(minimize or ()), *(maximize or ())]) not in (1, 2):
        raise typer.BadParameter("one --minimize or --maximize is needed, or two of them")

    def carry_out() -> int:
        from sim.cli.best import BestOrder, show_best  # noqa: PLC0415 - see above

        order = BestOrder(
            file=file,
            overrides=tuple(overrides or ()),
            where=tuple(where or ()),
            minimize=tuple(minimize or ()),
            maximize=tuple(maximize or ()),
            json_path=json_path,
            effort=effort_of(workers, cluster, None if no_store else results),
        )
        return show_best(order)

    _leave(carry_out)


def sensitivity(
    file: File,
    estimate: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of which estimate. Default: the file's plot.y.",
            show_default=False,
        ),
    ] = None,
    overrides: Overrides = None,
    json_path: JsonPath = None,
    workers: Workers = None,
    cluster: Cluster = None,
    results: Results = RESULTS,
    no_store: NoStore = False,
) -> None:
    """Say which key of [sweep.sample] matters: Sobol's indices over its ranges.

    It takes n (k + 2) points, for sweep.sample.points = n and k keys.
    """

    def carry_out() -> int:
        from sim.cli.sensitivity import show_sensitivity  # noqa: PLC0415 - see above

        effort = effort_of(workers, cluster, None if no_store else results)
        return show_sensitivity(file, overrides or (), estimate, json_path, effort)

    _leave(carry_out)


def _leave(carry_out: Callable[[], int]) -> None:
    """Leave with the exit code of *carry_out*, or that of bad input, which is told."""
    from sim.cli.order import OrderError  # noqa: PLC0415 - see above

    try:
        code = carry_out()
    except OrderError as error:
        typer.echo(error, err=True)
        code = error.code
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        code = _INTERRUPTED
    raise typer.Exit(code)
