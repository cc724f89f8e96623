"""The commands that help to decide: which point of a sweep to take, and which knob matters.

Like those of `sim.cli.app`, they import what they need only when they are called.
"""

from typing import Annotated

import typer

from sim.cli.arguments import Cluster, File, JsonPath, NoStore, Overrides, Results, Workers
from sim.cli.effort import RESULTS, effort_of
from sim.cli.leaving import leave

_INTERRUPTED = 130


def compare(
    file: File,
    overrides: Overrides = None,
    estimate: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="By which estimate. Default: the file's plot.y.",
            show_default=False,
        ),
    ] = None,
    highest: Annotated[
        bool,
        typer.Option(
            "--highest",
            metavar="",
            help="The highest is the best. Default: the highest of what is wanted (confirmed, "
            "delivered, …), the lowest of all else.",
        ),
    ] = False,
    workers: Workers = None,
    cluster: Cluster = None,
    results: Results = RESULTS,
    no_store: NoStore = False,
) -> None:
    """Run a sweep and say which of its points is the best, on the same luck, and how surely."""

    def carry_out() -> int:
        from sim.cli.comparison import show_comparison  # noqa: PLC0415 - see above

        effort = effort_of(workers, cluster, None if no_store else results)
        show_comparison(file, overrides or (), estimate, effort, highest=highest)
        return 0

    leave(carry_out)


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

    leave(carry_out)


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

    leave(carry_out)
