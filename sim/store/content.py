"""A result as its tables, and the tables as a result again.

What is of one point is made and read together, so that a large sweep needs no more memory than one
point does beside the result itself.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sim.executors.executor import told
from sim.result import Failure, Result
from sim.sample import Sample
from sim.store import points as point_rows
from sim.store import samples as sample_rows
from sim.store import weighed as weighed_rows
from sim.store.errors import StoreError
from sim.store.manifest import POINTS, RARE, REPLICATIONS
from sim.store.tables import from_bytes, table_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from sim.config import Experiment
    from sim.result import PointResult


def tables_of(result: Result) -> dict[str, bytes]:
    """Return the tables of *result* as Parquet files, by name."""
    pairs = list(zip(places_of(result), result.points, strict=True))
    columns = point_rows.schema([point.parameters for point in result.points])
    plain = ((place, sample_rows.rows(point.samples)) for place, point in pairs)
    tables = {
        POINTS: to_bytes([point_rows.row(*pair, columns) for pair in pairs], columns),
        REPLICATIONS: table_bytes(_numbered(plain, sample_rows.SCHEMA)),
    }
    if any(point.rare for point in result.points):
        rare = ((place, weighed_rows.rows(p.rare.samples)) for place, p in pairs if p.rare)
        tables[RARE] = table_bytes(_numbered(rare, weighed_rows.SCHEMA))
    return tables


def places_of(result: Result) -> list[int]:
    """Return the number of each point of *result* in the sweep, of which some may have failed."""
    every = result.experiment.rows() if result.experiment.sweep else iter([{}])
    numbered = enumerate(every)
    return [
        next(place for place, row in numbered if row == point.parameters) for point in result.points
    ]


def result_of(path: Path, manifest: dict[str, Any], experiment: Experiment) -> Result:
    """Return the result of *experiment* in the folder *path*; raise a `StoreError` if it is none.

    *manifest* says which tables there are.
    """
    if manifest["hash"] != experiment.hash:
        raise StoreError(f"{path} holds the result of another experiment")
    tables = {name: _table(path / name, known) for name, known in manifest["tables"].items()}
    try:
        points = tuple(_points(tables, experiment))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path} is not of this version of msgfate ({told(error)}): run the experiment again"
        ) from None
    failures = tuple(Failure(f["parameters"], f["text"]) for f in manifest["failures"])
    return Result(experiment=experiment, points=points, failures=failures)


def _numbered(rows: Iterable[tuple[int, Sequence[dict[str, Any]]]], schema: pa.Schema) -> pa.Table:
    """Return the table of *rows*, each with the number of its point before it."""
    whole = schema.insert(0, pa.field("point", pa.int64()))
    tables = [
        pa.Table.from_pylist([{"point": place, **row} for row in own], schema=whole)
        for place, own in rows
    ]
    return pa.concat_tables(tables).combine_chunks() if tables else whole.empty_table()


def _points(tables: dict[str, pa.Table], experiment: Experiment) -> Iterator[PointResult]:
    plain = _slices(tables[REPLICATIONS])
    weighed = _slices(tables[RARE]) if RARE in tables else {}
    points = list(experiment.points())
    rows = zip(
        tables[POINTS].column("point").to_pylist(),
        tables[POINTS].column("detail").to_pylist(),
        strict=True,
    )
    for place, detail in rows:
        own = [one for one in sample_rows.samples(plain[place]) if isinstance(one, Sample)]
        tilted = weighed_rows.samples(weighed[place]) if place in weighed else []
        yield point_rows.restored(points[place], detail, own, tilted)


def _slices(table: pa.Table) -> dict[int, pa.Table]:
    """Return the rows of each point in *table*, by its number; they stand together."""
    places, starts, sizes = np.unique(
        table.column("point").to_numpy(), return_index=True, return_counts=True
    )
    found = zip(places.tolist(), starts.tolist(), sizes.tolist(), strict=True)
    return {place: table.slice(start, size) for place, start, size in found}


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
