"""Carries out `msgfate plot`: a picture of a stored result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from rich.text import Text

from sim.cli.opening import opened, write
from sim.cli.order import PLOT_FORMATS, OrderError
from sim.cli.screen import Screen
from sim.plots import PictureError, draw, plot_result, save
from sim.plots.gallery import KINDS
from sim.tables.style import table

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from sim.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What picture is wanted; None: what `msgfate run` draws, and what each kind chooses."""

    kind: str | None = None
    x: str | None = None
    y: str | None = None
    estimate: str | None = None
    point: int | None = None


def draw_picture(name: str, picture: Picture, output: Path | None, results: Path) -> int:
    """Draw the *picture* of the result called *name*; raise an `OrderError` if that cannot be."""
    if output is not None and output.suffix.lower() not in PLOT_FORMATS:
        raise OrderError(f"--output must end in {', '.join(PLOT_FORMATS)}, got {output}")
    path, result = opened(name, results)
    figure = _figure(result, picture)
    chosen = output or results / f"{path.name}-{picture.kind or 'plot'}.png"
    drawn = BytesIO()
    save(figure, drawn, chosen.suffix.lower().removeprefix("."))
    write(chosen, drawn.getvalue())
    return 0


def show_kinds() -> int:
    """Print what kinds of pictures there are."""
    shown = table("Kinds of pictures")
    for heading in ("--kind", "shows", "takes"):
        shown.add_column(heading)
    for name, kind in KINDS.items():
        takes = "\n".join(f"--{option}: {what}" for option, what in kind.takes.items())
        shown.add_row(name, kind.meaning, Text(takes))
    Screen().print(shown)
    return 0


def _figure(result: Result, picture: Picture) -> Figure:
    asked = asdict(picture)
    kind = asked.pop("kind")
    if kind is None:
        given = [name for name, value in asked.items() if value is not None]
        if given:
            raise OrderError(f"--{given[0]} needs a --kind: {', '.join(KINDS)}")
        return plot_result(result)
    try:
        return draw(result, kind, **asked)
    except PictureError as error:
        raise OrderError(f"--kind {kind}: {error}") from None
