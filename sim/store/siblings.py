"""Results beside this one: what they have of the same replications need not be done again.

Who adds replications, or points, has another experiment and another result; but replication r of a
point is the same in both. Only complete results are read, and only if they are what was written.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sim.rare.plain import Told
from sim.store import samples
from sim.store.errors import StoreError
from sim.store.manifest import MANIFEST, REPLICATIONS, read_manifest
from sim.store.subjects import PLAIN, subject_key
from sim.store.tables import from_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from sim.config import Experiment
    from sim.tasks import Task


class Siblings:
    """The complete results in the folders beside *path*."""

    def __init__(self, path: Path) -> None:
        self._homes: dict[str, list[tuple[Path, int, str]]] = {}
        for folder in sorted(path.parent.iterdir()) if path.parent.is_dir() else ():
            if folder != path and (folder / MANIFEST).exists():
                self._meet(folder)

    def _meet(self, folder: Path) -> None:
        try:
            manifest = read_manifest(folder)
        except StoreError:
            return  # of another version: nothing of it is the same
        known = manifest["tables"][REPLICATIONS]
        for subject, place in manifest["subjects"].items():
            self._homes.setdefault(subject, []).append((folder / REPLICATIONS, place, known))

    def recall(self, subject: Experiment, task: Task) -> dict[int, Any]:
        """Return the results that are known of *task* on *subject*, by number."""
        if task.kind not in PLAIN or not self._homes:
            return {}
        wanted = set(task.numbers)
        found: dict[int, Any] = {}
        for path, place, known in self._homes.get(subject_key(subject, task.kind), ()):
            rows = _rows(path, known, place)
            for sample in () if rows is None else samples.samples(rows):
                told = isinstance(sample, Told)
                plain = sample.sample if isinstance(sample, Told) else sample
                if plain.replication in wanted and (told or task.kind == "plain"):
                    found[plain.replication] = sample if task.kind == "told" else plain
        return found


def _rows(path: Path, known: str, place: int) -> pa.Table | None:
    """Return the rows of point *place* in the table *path*; None if it is damaged."""
    table = _table(path, known)
    if table is None:
        return None
    return table.filter(_equal(table.column("point"), place))


def _equal(column: Any, value: int) -> Any:
    import pyarrow.compute as pc  # noqa: PLC0415 - half a second that few need

    return pc.equal(column, value)


@lru_cache(maxsize=2)
def _table(path: Path, known: str) -> pa.Table | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() != known:
        return None
    return from_bytes(content)
