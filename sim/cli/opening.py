"""Opens a stored result for a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.cli import outputs
from sim.cli.order import OrderError
from sim.cli.screen import Screen
from sim.store import StoreError, find, open_result

if TYPE_CHECKING:
    from pathlib import Path

    from sim.result import Result


def opened(name: str, results: Path) -> tuple[Path, Result]:
    """Return the folder and the result that *name* means; raise an `OrderError` if it cannot be."""
    try:
        path = find(name, results)
        return path, open_result(path)
    except StoreError as error:
        raise OrderError(str(error)) from None


def write(path: Path, content: bytes, option: str = "--output") -> None:
    """Write *content* to *path* and say so; raise an `OrderError` if that cannot be done."""
    try:
        outputs.write(path, content)
    except OSError as error:
        reason = error.strerror or error
        raise OrderError(f"{option} {path} cannot be written: {reason}") from None
    Screen(stderr=True).write(f"wrote {path}\n")
