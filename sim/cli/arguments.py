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
