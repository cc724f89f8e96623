"""The command `msgfate trace`: its options, and what becomes of mistakes in them.

Like those of `sim.cli.app`, it imports what it needs only when it is called.
"""

import re
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.arguments import File, Overrides
from sim.cli.leaving import leave


def trace(
    file: File,
    overrides: Overrides = None,
    fates: Annotated[
        list[str] | None,
        typer.Option(
            "--fate",
            metavar="NAME",
            help="The first message that is so: lost, duplicated, silent_loss, confirmed, … or a "
            "cause, as page_cache. Repeatable: all at once.",
            show_default=False,
        ),
    ] = None,
    message: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Message N (0, 1, …), warm-up included.", show_default=False
        ),
    ] = None,
    point: Annotated[int, typer.Option(metavar="N", help="Of a sweep, which point (1, 2, …).")] = 1,
    seed: Annotated[
        int | None, typer.Option(help="The same as --set seed=N.", metavar="N", show_default=False)
    ] = None,
    replication: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Look into this replication only (0, 1, …).",
            show_default=False,
        ),
    ] = None,
    group: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Of several consumer groups, only this one (0, 1, …).",
            show_default=False,
        ),
    ] = None,
    svg_path: Annotated[
        Path | None,
        typer.Option("--svg", metavar="PATH", help="Draw it as SVG, too.", show_default=False),
    ] = None,
    perfetto_path: Annotated[
        Path | None,
        typer.Option(
            "--perfetto",
            metavar="PATH",
            help="Write its events as JSON, too, for ui.perfetto.dev.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show one message and all that touched it: who had it, when, and what removed it."""
    if (message is None) == (not fates):
        raise typer.BadParameter("one of --fate and --message is needed, and not both")

    def carry_out() -> int:
        from sim.cli.trace import show_trace  # noqa: PLC0415 - see above
        from sim.cli.trace_order import TraceOrder  # noqa: PLC0415 - see above

        order = TraceOrder(
            file=file,
            overrides=(*(overrides or ()), *(() if seed is None else (f"seed={seed}",))),
            fates=tuple(re.sub(r"[\s-]+", "_", name.strip().lower()) for name in fates or ()),
            message=message,
            point=point,
            replication=replication,
            group=group,
            svg_path=svg_path,
            perfetto_path=perfetto_path,
        )
        return show_trace(order)

    leave(carry_out)
