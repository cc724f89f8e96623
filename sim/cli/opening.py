"""Opens a stored result for a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli import outputs
from sim.cli.order import OrderError
from sim.cli.screen import Screen
from sim.config import ConfigError, load
from sim.store import StoreError, find, listed, open_result, place_of

if TYPE_CHECKING:
    from sim.result import Result


def opened(name: str, results: Path) -> tuple[Path, Result]:
    """Return the folder and the result that *name* means; raise an `OrderError` if it cannot be.

    It is a folder, a name in *results*, or the experiment file that was run.
    """
    try:
        path = _of_file(Path(name), results) or find(name, results)
        return path, open_result(path)
    except (ConfigError, StoreError) as error:
        raise OrderError(str(error)) from None


def _of_file(file: Path, results: Path) -> Path | None:
    """Return where the result of the experiment *file* is; None if it is no such file."""
    try:
        if file.suffix != ".toml" or not file.is_file():
            return None
    except OSError:  # no file has so long a name
        return None
    experiment = load(file)
    path = place_of(experiment, file.stem, results)
    if path.exists():
        return path
    # What another version of the program has found can be looked at, too.
    others = [one for one in listed(results) if one.hash == experiment.hash and one.complete]
    if not others:
        raise StoreError(f"{file} has no result in {results} yet: msgfate run {file}")
    return others[-1].path


def write(path: Path, content: bytes, option: str = "--output") -> None:
    """Write *content* to *path* and say so; raise an `OrderError` if that cannot be done."""
    try:
        outputs.write(path, content)
    except OSError as error:
        reason = error.strerror or error
        raise OrderError(f"{option} {path} cannot be written: {reason}") from None
    Screen(stderr=True).write(f"wrote {path}\n")
