"""The experiment of a stored result: as it was written, and the times of the files it names."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.config import ConfigError, from_mapping
from sim.fingerprint import made_with
from sim.store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from sim.config import Experiment


def write_experiment(experiment: Experiment) -> bytes:
    """Return *experiment* as a JSON document from which it can be read again."""
    document = {
        "title": experiment.title,
        "hash": experiment.hash,
        "seed": experiment.seed,
        "made_with": made_with(),
        "experiment": _plain(experiment.written),
        "files": experiment.files_read,
    }
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_experiment(path: Path) -> Experiment:
    """Return the experiment in the file *path*; raise a `StoreError` if it is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return from_mapping(document["experiment"], str(path), files=document["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} cannot be read: {error}") from None
    except ConfigError as error:
        raise StoreError(f"{path} is no experiment of this version: {error}") from None


def _plain(value: Any) -> Any:
    """Return *value* as JSON-able data; an infinite number is a text, as in experiment files."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
