"""Files that appear whole under their names, or not at all: written beside, then renamed."""

from __future__ import annotations

import os
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PREFIX, SUFFIX = ".msgfate-", ".tmp"
"""What is half-written is called that."""


def write_whole(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Write *content* to *path*, folders included; raise an OSError if that cannot be done.

    Who stops this process at any moment finds the old file or the new one. With *sync* so does who
    cuts the power, as far as the disk keeps what it has synced.
    """
    path = path.resolve()  # of a link the target is replaced, not the link
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{PREFIX}{token_hex(8)}{SUFFIX}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def sweep_up(folder: Path) -> None:
    """Remove what was left half-written in *folder*."""
    for path in folder.glob(f"{PREFIX}*{SUFFIX}"):
        path.unlink(missing_ok=True)
