"""The commands on stored results: pictures, a page, and what there is.

Like those of `sim.cli.app`, they import what they need only when they are called.
"""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from sim.cli.arguments import Results
from sim.cli.effort import RESULTS
from sim.cli.leaving import BAD_INPUT, leave

Stored: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="RESULT",
        help="A stored result: the experiment file that was run, its folder, or its name in "
        "--results.",
        show_default=False,
    ),
]


def plot(
    result: Stored,
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="tradeoff, presets, lines, heatmap, confirmation, latency or causes; "
            "[bold]--kind help[/bold] tells what each shows and takes. "
            "Default: what [bold]run[/bold] draws.",
            show_default=False,
        ),
    ] = None,
    x: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What goes to the right.", show_default=False),
    ] = None,
    y: Annotated[
        str | None, typer.Option(metavar="NAME", help="What goes up.", show_default=False)
    ] = None,
    estimate: Annotated[
        str | None, typer.Option(metavar="NAME", help="What a heat map shows.", show_default=False)
    ] = None,
    point: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Of a sweep, which point.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Where it goes: .png, .svg or .pdf. Default: <results>/<RESULT>-<KIND>.png.",
            show_default=False,
        ),
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Draw a picture of a stored result."""

    def carry_out() -> int:
        from sim.cli.pictures import Picture, draw_picture, show_kinds  # noqa: PLC0415

        if kind == "help":
            return show_kinds()
        picture = Picture(kind=kind, x=x, y=y, estimate=estimate, point=point)
        return draw_picture(result, picture, output, results)

    leave(carry_out)


def report(
    result: Stored,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Where it goes. Default: <results>/<RESULT>.html.",
            show_default=False,
        ),
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Write a stored result as one HTML page: answer, tables, figures, checks, method."""

    def carry_out() -> int:
        from sim.cli.page import write_page  # noqa: PLC0415 - see above

        return write_page(result, output, results)

    leave(carry_out)


def results(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RESULT]...",
            help="One: its tables; two: what is different. None: the list.",
            show_default=False,
        ),
    ] = None,
    estimate: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What to compare two by. Default: the first one's plot.y.",
            show_default=False,
        ),
    ] = None,
    csv_path: Annotated[
        str | None,
        typer.Option(
            "--csv",
            metavar="PATH",
            help="Write one result as CSV, a row for each point; [bold]-[/bold]: to standard "
            "output.",
            show_default=False,
        ),
    ] = None,
    folder: Results = RESULTS,
) -> None:
    """List stored results, show one again, compare two, or export one as CSV."""
    if csv_path is not None and len(names or ()) != 1:
        raise typer.BadParameter("--csv takes one RESULT")
    if len(names or ()) > 2:
        raise typer.BadParameter("two RESULTs can be compared, not more")
    if estimate is not None and len(names or ()) != 2:
        raise typer.BadParameter("--estimate takes two RESULTs")

    def carry_out() -> int:
        from sim.cli.kept import compare_two, list_all, show_one, write_csv  # noqa: PLC0415

        match names or []:
            case []:
                return list_all(folder)
            case [name] if csv_path is not None:
                return write_csv(name, csv_path, folder)
            case [name]:
                return show_one(name, folder)
            case [first, second, *_]:
                return compare_two(first, second, estimate, folder)
        return BAD_INPUT

    leave(carry_out)
