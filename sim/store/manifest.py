"""What a folder holds: the last that is written of a result, and the first that is read."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sim.fingerprint import made_with
from sim.store.errors import StoreError
from sim.store.subjects import subject_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.result import Result

FORMAT = 1
EXPERIMENT, MANIFEST = "experiment.json", "manifest.json"
POINTS, REPLICATIONS, RARE = "points.parquet", "replications.parquet", "rare.parquet"
PIECES = "pieces"
"""The names in a folder."""

_KEYS: dict[str, type] = {
    "complete": bool,
    "title": str,
    "hash": str,
    "seed": int,
    "made_with": dict,
    "points": int,
    "replications": int,
    "messages": int,
    "subjects": dict,
    "failures": list,
    "tables": dict,
}
"""What is read of a manifest."""


def write_manifest(result: Result, tables: dict[str, bytes], places: Sequence[int]) -> bytes:
    """Return the manifest of *result*, whose points have these *places* in the sweep."""
    experiment = result.experiment
    manifest = {
        "format": FORMAT,
        "complete": not result.failures,
        "title": experiment.title,
        "question": experiment.question,
        "hash": experiment.hash,
        "seed": experiment.seed,
        "made_with": made_with(),
        "points": len(result.points),
        "replications": sum(len(point.samples) for point in result.points),
        "messages": sum(sample.messages for point in result.points for sample in point.samples),
        "subjects": {
            subject_key(point.experiment, "plain"): place
            for place, point in zip(places, result.points, strict=True)
        },
        "failures": [
            {"parameters": failure.parameters, "text": failure.text} for failure in result.failures
        ],
        "tables": {name: hashlib.sha256(content).hexdigest() for name, content in tables.items()},
    }
    return (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest in the folder *path*; raise a `StoreError` if it is no such thing."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path / MANIFEST} cannot be read: {error}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StoreError(f"{path / MANIFEST} is not of this version of msgfate")
    wrong = [name for name, kind in _KEYS.items() if not isinstance(manifest.get(name), kind)]
    wrong += [
        name for name in (POINTS, REPLICATIONS) if not wrong and name not in manifest["tables"]
    ]
    if wrong:
        raise StoreError(f"{path / MANIFEST} is not what was written: it tells no {wrong[0]}")
    return manifest


def made_with_of(path: Path) -> dict[str, str]:
    """Return what the result in the folder *path* was made with."""
    made: dict[str, str] = read_manifest(path)["made_with"]
    return made
