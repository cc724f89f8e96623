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

import re
from typing import TYPE_CHECKING, Any, Self

from filelock import FileLock, Timeout

from sim.config.normal import digest
from sim.files import sweep_up, write_whole
from sim.fingerprint import made_with
from sim.store.content import places_of, result_of, tables_of
from sim.store.errors import StoreError
from sim.store.ledgers import keep_ledgers
from sim.store.manifest import EXPERIMENT, MANIFEST, PIECES, read_manifest, write_manifest
from sim.store.pieces import Pieces
from sim.store.siblings import Siblings
from sim.store.written import read_experiment, write_experiment

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from sim.config import Experiment
    from sim.executors import Executor
    from sim.result import Result
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
        result = result_of(self.path, manifest, self._experiment)
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
        tables = tables_of(result)
        for name, content in tables.items():
            self._write(name, content)
        self._write(MANIFEST, write_manifest(result, tables, places_of(result)))
        if not result.failures:
            self.pieces.remove()

    def keep_ledgers(self, result: Result, executor: Executor) -> int:
        """Keep the ledgers of *result*, too; return how many are new."""
        try:
            return keep_ledgers(result, places_of(result), self.path, executor)
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
    return result_of(path, read_manifest(path), read_experiment(path / EXPERIMENT))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
