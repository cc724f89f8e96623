"""One result in its folder: `<name>-<key>`, after the experiment and the program that ran it.

`experiment.json`  the experiment as it was written, with the times of the files it names
`points.parquet`  a row for each point: parameters, estimates with intervals, checks
`replications.parquet`  a row for each replication, with the sums that estimates are made of
`rare.parquet`  those with tilted luck, if there are any
`ledgers/`  every fact of each replication, if they were asked for
`manifest.json`  what it was made with, and the checksums of the tables: it is written last
`pieces/`  what is done so far, until the tables are there

Nothing in them tells when or where they were made, so that the same experiment is the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
from filelock import FileLock, Timeout

from sim.config.normal import digest
from sim.executors.executor import told
from sim.files import sweep_up, write_whole
from sim.fingerprint import made_with
from sim.result import Failure, Result
from sim.store import points as point_rows
from sim.store import samples as sample_rows
from sim.store import weighed as weighed_rows
from sim.store.errors import StoreError
from sim.store.ledgers import keep_ledgers
from sim.store.manifest import (
    EXPERIMENT,
    MANIFEST,
    PIECES,
    POINTS,
    RARE,
    REPLICATIONS,
    read_manifest,
    write_manifest,
)
from sim.store.pieces import Pieces
from sim.store.siblings import Siblings
from sim.store.tables import from_bytes, to_bytes
from sim.store.written import read_experiment, write_experiment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from sim.config import Experiment
    from sim.executors import Executor
    from sim.result import PointResult
    from sim.tasks import Task

LOCK = ".lock"
_LETTERS = 10
_LONGEST = 200
"""No name is longer, for few disks take more than 255 letters."""


def place_of(experiment: Experiment, name: str, results: Path) -> Path:
    """Return the folder in *results* for *experiment*, called *name*."""
    key = digest({"experiment": experiment.hash, "made_with": made_with()})[:_LETTERS]
    plain = re.sub(r"[^A-Za-z0-9._]+", "_", name)[:_LONGEST].strip("_.") or "experiment"
    return results / f"{plain}-{key}"


class Folder:
    """The folder of one result, which nobody else writes while it is open: a memory of a run.

    As a context it holds the lock; raise a `StoreError` if somebody else does, or if what is there
    is not this result.
    """

    def __init__(self, path: Path, experiment: Experiment) -> None:
        self.path = path
        self._experiment = experiment
        self._lock = FileLock(path / LOCK)
        self._pieces: Pieces | None = None
        self._siblings: Siblings | None = None

    def __enter__(self) -> Self:
        """Take the lock."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StoreError(f"{self.path} is being written by another run") from None
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error.strerror}") from None
        sweep_up(self.path)
        self._pieces = Pieces(self.path / PIECES)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self._lock.release()

    @property
    def pieces(self) -> Pieces:
        """What is done so far."""
        if self._pieces is None:
            raise RuntimeError("this folder is not open")
        return self._pieces

    def result(self) -> Result | None:
        """Return the result if it is complete; raise a `StoreError` if it is damaged."""
        if not (self.path / MANIFEST).exists():
            return None
        manifest = read_manifest(self.path)
        if not manifest["complete"]:
            return None
        self.pieces.remove()  # where somebody was stopped between the last two steps
        result = _read(self.path, manifest, self._experiment)
        if _content(self.path / EXPERIMENT) != write_experiment(self._experiment):
            self.finish(result)  # it has another title by now, or other claims
        return result

    def begin(self) -> None:
        """Say what is to be here, before anything is."""
        self._write(EXPERIMENT, write_experiment(self._experiment))

    def recall(self, subject: Experiment, task: Task) -> dict[int, Any]:
        """Return the results that are known of *task* on *subject*, by number."""
        known = self.pieces.recall(subject, task)
        if len(known) == len(task.numbers):
            return known
        if self._siblings is None:
            self._siblings = Siblings(self.path)
        return self._siblings.recall(subject, task) | known

    def keep(self, subject: Experiment, task: Task, results: list[Any]) -> None:
        """Keep the *results* of all numbers of *task*; raise a `StoreError` if that fails."""
        try:
            self.pieces.keep(subject, task, results)
        except OSError as error:
            raise self._full(error) from None

    def finish(self, result: Result) -> None:
        """Write the tables of *result*, and forget its pieces if no point is missing."""
        self.begin()
        tables = _tables(result)
        for name, content in tables.items():
            self._write(name, content)
        self._write(MANIFEST, write_manifest(result, tables, _places(result)))
        if not result.failures:
            self.pieces.remove()

    def keep_ledgers(self, result: Result, executor: Executor) -> int:
        """Keep the ledgers of *result*, too; return how many are new."""
        try:
            return keep_ledgers(result, _places(result), self.path, executor)
        except OSError as error:
            raise self._full(error) from None

    def _write(self, name: str, content: bytes) -> None:
        try:
            write_whole(self.path / name, content)
        except OSError as error:
            raise self._full(error) from None

    def _full(self, error: OSError) -> StoreError:
        return StoreError(f"{self.path} cannot be written: {error.strerror or error}")


def open_result(path: Path) -> Result:
    """Return the result that is stored in the folder *path*.

    Raise a `StoreError` if there is none, if it is not complete, or if it is damaged.
    """
    if not (path / EXPERIMENT).exists():
        raise StoreError(f"{path} holds no result of msgfate: there is no {EXPERIMENT}")
    if not (path / MANIFEST).exists():
        raise StoreError(f"{path} is not complete: run the experiment again, it goes on from there")
    return _read(path, read_manifest(path), read_experiment(path / EXPERIMENT))


def _tables(result: Result) -> dict[str, bytes]:
    places = _places(result)
    pairs = list(zip(places, result.points, strict=True))
    columns = point_rows.schema([point.parameters for point in result.points])
    plain = [_numbered(place, sample_rows.rows(point.samples)) for place, point in pairs]
    tables = {
        POINTS: to_bytes([point_rows.row(*pair, columns) for pair in pairs], columns),
        REPLICATIONS: to_bytes(list(chain(*plain)), _with_point(sample_rows.SCHEMA)),
    }
    rare = [_numbered(p, weighed_rows.rows(point.rare.samples)) for p, point in pairs if point.rare]
    if rare:
        tables[RARE] = to_bytes(list(chain(*rare)), _with_point(weighed_rows.SCHEMA))
    return tables


def _places(result: Result) -> list[int]:
    """Return the number of each point of *result* in the sweep, of which some may have failed."""
    every = result.experiment.rows() if result.experiment.sweep else iter([{}])
    numbered = enumerate(every)
    return [
        next(place for place, row in numbered if row == point.parameters) for point in result.points
    ]


def _numbered(place: int, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"point": place, **row} for row in rows]


def _with_point(schema: pa.Schema) -> pa.Schema:
    return schema.insert(0, pa.field("point", pa.int64()))


def _read(path: Path, manifest: dict[str, Any], experiment: Experiment) -> Result:
    if manifest["hash"] != experiment.hash:
        raise StoreError(f"{path} holds the result of another experiment")
    tables = {name: _table(path / name, known) for name, known in manifest["tables"].items()}
    try:
        points = _points(tables, experiment)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path} is not of this version of msgfate ({told(error)}): run the experiment again"
        ) from None
    failures = tuple(Failure(f["parameters"], f["text"]) for f in manifest["failures"])
    return Result(experiment=experiment, points=points, failures=failures)


def _points(tables: dict[str, pa.Table], experiment: Experiment) -> tuple[PointResult, ...]:
    plain = _by_point(tables[REPLICATIONS], sample_rows.samples)
    weighed = _by_point(tables[RARE], weighed_rows.samples) if RARE in tables else {}
    points = list(experiment.points())
    rows = zip(
        tables[POINTS].column("point").to_pylist(),
        tables[POINTS].column("detail").to_pylist(),
        strict=True,
    )
    return tuple(
        point_rows.restored(points[place], detail, plain[place], weighed.get(place, []))
        for place, detail in rows
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _table(path: Path, known: str) -> pa.Table:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != known:
        raise StoreError(
            f"{path} is damaged: it is not what was written. Remove the folder "
            f"{path.parent} and run the experiment again"
        )
    return from_bytes(content)


def _by_point(table: pa.Table, read: Callable[[pa.Table], list[Any]]) -> dict[int, list[Any]]:
    """Return the replications in *table*, by the number of their point."""
    found: dict[int, list[Any]] = {}
    for place, sample in zip(table.column("point").to_pylist(), read(table), strict=True):
        found.setdefault(place, []).append(sample)
    return found
