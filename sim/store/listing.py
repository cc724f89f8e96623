"""What results there are."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sim.fingerprint import made_with
from sim.store.errors import StoreError
from sim.store.manifest import EXPERIMENT, MANIFEST, PIECES, read_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A stored result in the folder `path`.

    `hash` is that of its experiment. It has so many `points`, `replications` of all of them
    together and `messages`; these are 0 if it is not `complete`. `current`: this program would find
    the same. `problem` is why it cannot be read, or empty.
    """

    path: Path
    title: str = ""
    hash: str = ""
    seed: int = 0
    points: int = 0
    replications: int = 0
    messages: int = 0
    size_bytes: int = 0
    complete: bool = False
    current: bool = False
    problem: str = ""


def listed(results: Path) -> list[Listed]:
    """Return the results in the folder *results*, by name."""
    if not results.is_dir():
        return []
    folders = [path for path in sorted(results.iterdir()) if (path / EXPERIMENT).exists()]
    return [_listed(path) for path in folders]


def _listed(path: Path) -> Listed:
    sizes = _sizes(path)
    size = sum(sizes.values())
    if not (path / MANIFEST).exists():
        pieces = sum(1 for file in sizes if file.parent == path / PIECES)
        return Listed(path=path, size_bytes=size, problem=f"not complete, {pieces} pieces")
    try:
        manifest = read_manifest(path)
    except StoreError as error:
        return Listed(path=path, size_bytes=size, problem=str(error))
    failures = len(manifest["failures"])
    return Listed(
        path=path,
        title=manifest["title"],
        hash=manifest["hash"],
        seed=manifest["seed"],
        points=manifest["points"],
        replications=manifest["replications"],
        messages=manifest["messages"],
        size_bytes=size,
        complete=manifest["complete"],
        current=manifest["made_with"] == made_with(),
        problem=f"{failures} points failed" if failures else "",
    )


def _sizes(path: Path) -> dict[Path, int]:
    """Return how large each file in *path* is; a run that goes on may take one away meanwhile."""
    sizes = {}
    for folder, _, names in os.walk(path):
        for name in names:
            file = Path(folder, name)
            with suppress(OSError):
                sizes[file] = file.stat().st_size
    return sizes
