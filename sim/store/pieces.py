"""The pieces of a run: what each task came to, a file each, found again after a stop.

A piece is called after what it is of and after its own content (SHA-256), so that a damaged one is
told from a whole one, and two runs that make the same piece make the same file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sim.files import sweep_up, write_whole
from sim.store import plain, samples, weighed
from sim.store.subjects import subject_key
from sim.store.tables import from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sim.config import Experiment
    from sim.tasks import Task

_TABLES = {"plain": samples, "told": samples, "importance": weighed, "splitting": weighed}
_PLAIN: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "warmup": (plain.warmup_to, plain.warmup_from),
    "pilot": (plain.trial_to, plain.trial_from),
    "levels": (plain.steps_to, plain.steps_from),
}
_DIGITS = 16


class Pieces:
    """The pieces in *folder*; `damaged` are those that are not what they were when written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[str, list[Path]] = defaultdict(list)
        self.damaged: list[Path] = []
        if folder.is_dir():
            sweep_up(folder)
            for path in sorted(folder.iterdir()):
                self._paths[path.name.split(".")[0]].append(path)

    def recall(self, subject: Experiment, task: Task) -> dict[int, Any]:
        """Return the results that are known of *task* on *subject*, by number."""
        known: dict[int, Any] = {}
        wanted = set(task.numbers)
        for path in self._paths.get(_name(subject, task.kind), ()):
            content = self._content(path)
            if content is not None:
                found = _unpacked(task.kind, content)
                known |= {number: result for number, result in found if number in wanted}
        return known

    def keep(self, subject: Experiment, task: Task, results: list[Any]) -> None:
        """Keep the *results* of all numbers of *task*."""
        content = _packed(task, results)
        suffix = "parquet" if task.kind in _TABLES else "json"
        first = f"{task.numbers[0]}".replace("-", "m")
        name = _name(subject, task.kind)
        path = self._folder / f"{name}.{first}.{_checksum(content)}.{suffix}"
        write_whole(path, content, sync=False)  # torn by a power loss, it would be noticed
        self._paths[name].append(path)

    def remove(self) -> None:
        """Remove all pieces, whose content stands elsewhere now, as far as it can be done."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _content(self, path: Path) -> bytes | None:
        """Return what *path* holds; None if it is damaged, and then it is out of the way."""
        try:
            content = path.read_bytes()
        except OSError:
            content = b""
        if path.name.split(".")[-2:-1] == [_checksum(content)]:
            return content
        self.damaged.append(path)
        path.unlink(missing_ok=True)
        return None


def _name(subject: Experiment, kind: str) -> str:
    return f"{subject_key(subject, kind)}-{kind.replace(' ', '-')}"


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def _packed(task: Task, results: list[Any]) -> bytes:
    if task.kind in _TABLES:
        kind = _TABLES[task.kind]
        return to_bytes(kind.rows(results), kind.SCHEMA)
    write, _ = _PLAIN[task.kind.split()[0]]
    rows = [[number, write(result)] for number, result in zip(task.numbers, results, strict=True)]
    return json.dumps(rows, ensure_ascii=False).encode()


def _unpacked(kind: str, content: bytes) -> Iterator[tuple[int, Any]]:
    if kind in _TABLES:
        table = from_bytes(content)
        yield from zip(
            table.column("replication").to_pylist(), _TABLES[kind].samples(table), strict=True
        )
        return
    _, read = _PLAIN[kind.split(maxsplit=1)[0]]
    yield from ((number, read(data)) for number, data in json.loads(content))
