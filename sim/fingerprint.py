"""What a stored result was made with, in a few letters: another program may find another result.

The number of a version is not enough where the program itself is being worked on, so that its
source counts, too.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from sim.versions import versions

_FOLDERS = ("sim", "models")
_SUFFIXES = {".py", ".toml"}


@cache
def source_hash() -> str:
    """Return the SHA-256 (hex) of what this program is made of: its modules and presets."""
    root = Path(__file__).parents[1]
    total = hashlib.sha256()
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in _SUFFIXES:
                total.update(path.relative_to(root).as_posix().encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def made_with() -> dict[str, str]:
    """Return the versions of all that computes, and the hash of the source."""
    return {**versions(), "source": source_hash()[:16]}
