"""Ledgers of single replications, for who wants to see every fact: a Parquet table each.

A row is a fact: when, of which kind, of which message, and what the kind tells besides
(`models.ledger`); reasons and causes in words. Facts of several consumer groups have their `group`;
it is null for what all groups share. Rows are in the order of their times.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from models.ledger import ACKNOWLEDGED, Cause, Failed
from sim.files import sweep_up, write_whole
from sim.schedule import Job, Schedule
from sim.store.errors import StoreError
from sim.store.tables import table_bytes
from sim.system import simulate
from sim.tasks import Task

if TYPE_CHECKING:
    from pathlib import Path

    from models.ledger import Facts, Ledger
    from sim.config import Experiment
    from sim.executors import Executor
    from sim.result import Result
    from sim.tasks import Course

LEDGERS = "ledgers"

_FURTHER = {
    "producer": pa.int32(),
    "order_key": pa.int64(),
    "priority": pa.int64(),
    "consumer": pa.int32(),
    "redelivered": pa.bool_(),
    "service_s": pa.float64(),
    "delivery": pa.int64(),
}
_SCHEMA = pa.schema(
    [
        ("time_s", pa.float64()),
        ("fact", pa.string()),
        ("message", pa.int64()),
        ("group", pa.int64()),
        *_FURTHER.items(),
        ("cause", pa.string()),
        ("component", pa.string()),
        ("kind", pa.string()),
    ]
)
_DIGITS = 16


def keep_ledgers(result: Result, places: list[int], folder: Path, executor: Executor) -> int:
    """Keep the ledger of every plain replication of *result* in *folder*; return how many are new.

    `places` are the numbers of its points in the sweep. The replications are played again, which
    gives the same ledgers. What is there already is not played. Raise a `StoreError` if some cannot
    be played.
    """
    memory = Ledgers(folder / LEDGERS)
    jobs = [
        Job(point.experiment, _course(place, point.experiment, len(point.samples)))
        for place, point in zip(places, result.points, strict=True)
    ]
    with executor:
        Schedule(jobs, executor, memory).run()
    for place, job in zip(places, jobs, strict=True):
        if job.trouble is not None:
            raise StoreError(f"the ledgers of point {place + 1} are missing: {job.trouble.text}")
    return memory.new


class Ledgers:
    """The ledgers in *folder*, as a memory of a schedule; `new` are those that were written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.new = 0
        sweep_up(folder)

    def recall(self, _subject: Experiment, task: Task) -> dict[int, Any]:
        """Return the numbers whose ledgers are there, and are what was written."""
        return {number: None for number in task.numbers if self._whole(_name(task, number))}

    def keep(self, _subject: Experiment, task: Task, results: list[bytes]) -> None:
        """Write the ledgers of *task*, whose *results* are their bytes; forget the bytes."""
        for place, (number, content) in enumerate(zip(task.numbers, results, strict=True)):
            path = self._folder / f"{_name(task, number)}.{_checksum(content)}.parquet"
            write_whole(path, content)
            results[place] = b""
            self.new += 1

    def _whole(self, name: str) -> bool:
        for path in self._folder.glob(f"{name}.*.parquet"):
            if path.name.split(".")[-2] == _checksum(path.read_bytes()):
                return True
            path.unlink()
        return False


def ledger_table(ledger: Ledger) -> pa.Table:
    """Return all facts of *ledger* as a table."""
    several = len(ledger.groups) > 1
    parts = [_facts(name, facts, None) for name, facts in ledger.kinds.items() if len(facts)]
    if several:
        shared = {id(facts) for facts in ledger.kinds.values()}
        for number, group in enumerate(ledger.groups):
            own = {n: facts for n, facts in group.kinds.items() if id(facts) not in shared}
            parts += [_facts(name, facts, number) for name, facts in own.items() if len(facts)]
    parts += _of_components("crash", [(t, who, kind) for t, who, kind in ledger.crashes])
    parts += _of_components("restart", [(t, who, None) for t, who in ledger.restarts])
    whole = pa.concat_tables(parts) if parts else _SCHEMA.empty_table()
    order = np.argsort(whole.column("time_s").to_numpy(), kind="stable")
    return whole.take(order)


def _course(place: int, experiment: Experiment, size: int) -> Course[None]:
    player = partial(ledger_bytes, experiment)
    yield Task(f"ledger {place}", player, tuple(range(size)), experiment.run.messages)


def ledger_bytes(experiment: Experiment, replication: int) -> bytes:
    """Return the ledger of replication *replication* as a Parquet file."""
    return table_bytes(ledger_table(simulate(experiment, replication).ledger))


def _facts(name: str, facts: Facts, group: int | None) -> pa.Table:
    size = len(facts)
    columns: dict[str, Any] = {
        "time_s": facts.times_s(),
        "fact": np.full(size, name),
        "message": facts.messages(),
    }
    if group is not None:
        columns["group"] = np.full(size, group)
    for further in facts.further:
        values = facts.column(further)
        if further in _FURTHER:
            columns[further] = values
        else:
            columns["cause"] = _words(name, values.tolist())
    return _table(columns, size)


def _words(name: str, codes: list[int]) -> list[str]:
    kind: type[Cause | Failed] = Failed if name == "failed" else Cause
    return ["acknowledged" if code == ACKNOWLEDGED else kind(code).name.lower() for code in codes]


def _of_components(fact: str, rows: list[tuple[float, str, str | None]]) -> list[pa.Table]:
    if not rows:
        return []
    times_s, components, kinds = zip(*rows, strict=True)
    columns = {"time_s": times_s, "component": components, "kind": kinds}
    return [_table({**columns, "fact": [fact] * len(rows)}, len(rows))]


def _table(columns: dict[str, Any], size: int) -> pa.Table:
    arrays = [
        pa.array(columns[field.name], field.type, from_pandas=False)
        if field.name in columns
        else pa.nulls(size, field.type)
        for field in _SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)


def _name(task: Task, number: int) -> str:
    return f"{task.kind.split()[1]}-{number}"


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
