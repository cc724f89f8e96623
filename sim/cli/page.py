"""Carries out `msgfate report`: a stored result as one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.cli.opening import opened, write
from sim.report import to_html
from sim.store import made_with_of

if TYPE_CHECKING:
    from pathlib import Path


def write_page(name: str, output: Path | None, results: Path) -> int:
    """Write the page of the result called *name*; raise an `OrderError` if that cannot be."""
    path, result = opened(name, results)
    page = to_html(result, made_with_of(path))
    write(output or results / f"{path.name}.html", page.encode())
    return 0
