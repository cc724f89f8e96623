"""How every command ends: with its exit code, and a line for a mistake or a stop."""

from collections.abc import Callable
from typing import NoReturn

import typer

BAD_INPUT = 2
INTERRUPTED = 130


def leave(carry_out: Callable[[], int]) -> NoReturn:
    """Leave with the exit code of *carry_out*, or that of what went wrong, which is told."""
    from sim.cli.order import OrderError  # noqa: PLC0415 - pydantic takes a second to import

    try:
        code = carry_out()
    except OrderError as error:
        typer.echo(error, err=True)
        code = error.code
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        code = INTERRUPTED
    raise typer.Exit(code)
