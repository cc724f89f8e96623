"""Files that are written: refused before anything is run, and never half-written."""

from __future__ import annotations

import os
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from sim.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path


def refusals(outputs: dict[str, Path], source: Path) -> list[str]:
    """Return what stands against writing *outputs*, paths by option; empty if nothing does.

    *source* is the experiment file, which must stay what it is.
    """
    problems = []
    taken = {_identity(source): "the experiment file"}
    for option, path in outputs.items():
        reason = _refusal(path)
        if not reason and _identity(path) in taken:
            reason = f"must not be {taken[_identity(path)]}"
        if reason:
            problems.append(f"{option} {reason}, got {path}")
        taken[_identity(path)] = f"what {option} writes"
    return problems


def write(path: Path, content: bytes) -> None:
    """Write *content* to *path*, folders included; raise an OSError if that cannot be done."""
    if _is_special(path):
        path.write_bytes(content)
        return
    write_whole(path, content)


def _refusal(path: Path) -> str:
    try:
        if path.is_dir():
            return "must name a file, not a folder"
        if path.exists() and not os.access(path, os.W_OK):
            return "must name a file that may be written"
        if _is_special(path):
            return ""
        folder = next(parent for parent in path.resolve().parents if parent.exists())
        if not folder.is_dir():
            return f"must lie in a folder, and {folder} is none"
        # Whoever asks for permissions is told what they say, not what the disk will do.
        with TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"cannot be written ({error.strerror})"


def _identity(path: Path) -> str:
    return os.path.realpath(path)


def _is_special(path: Path) -> bool:
    """Return whether *path* is a device or a pipe, which cannot be replaced."""
    return path.exists() and not path.is_file()
