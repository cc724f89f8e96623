"""Arguments that several commands have."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

File: TypeAlias = Annotated[
    Path, typer.Argument(metavar="FILE", help="The experiment file.", show_default=False)
]
Overrides: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY.PATH=VALUE",
        help="Set a key of the file, as in [bold]--set producer.retries=5[/bold]. Repeatable.",
        show_default=False,
    ),
]
JsonPath: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="PATH",
        help="Write the result as JSON; [bold]-[/bold]: to standard output, and no tables.",
        show_default=False,
    ),
]
Workers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        help="Processes that do the work. Default: one for each core, if there is enough to do.",
        show_default=False,
    ),
]
Cluster: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="A Dask scheduler that has the work done: [bold]tcp://HOST:8786[/bold], or its "
        "scheduler file.",
        show_default=False,
    ),
]
Results: TypeAlias = Annotated[
    Path,
    typer.Option("--results", metavar="FOLDER", help="Where results are kept, and found again."),
]
NoStore: TypeAlias = Annotated[
    bool, typer.Option("--no-store", metavar="", help="Keep nothing, and find nothing.")
]
