"""Replications with tilted luck, or split ones, as rows of a table, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sim.rare.sample import WEIGHED, RareSample, Sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = dict[str, Any]

_NAMES = (*WEIGHED, "lost_per_crash")
_SUMS = pa.struct([(name, pa.float64()) for name in Sums._fields])

SCHEMA = pa.schema(
    [
        ("replication", pa.int64()),
        ("messages", pa.int64()),
        ("work", pa.int64()),
        ("causes", pa.list_(pa.float64())),
        ("blocks", pa.int64()),
        ("weights", pa.float64()),
        ("squared_weights", pa.float64()),
        *((name, _SUMS) for name in _NAMES),
    ]
)
"""The columns; of an estimate that was not weighed the sums are null."""


def rows(results: Sequence[RareSample]) -> list[Row]:
    """Return the row of each replication."""
    return [_row(one) for one in results]


def samples(table: pa.Table) -> list[RareSample]:
    """Return the replications in *table*."""
    return [_from_row(row) for row in table.to_pylist()]


def _row(sample: RareSample) -> Row:
    blocks, total, squares = sample.weights
    row: Row = {
        "replication": sample.replication,
        "messages": sample.messages,
        "work": sample.work,
        "causes": sample.causes.tolist(),
        "blocks": blocks,
        "weights": total,
        "squared_weights": squares,
    }
    sums = {name: sample.sums[name]._asdict() if name in sample.sums else None for name in _NAMES}
    return row | sums


def _from_row(row: Mapping[str, Any]) -> RareSample:
    return RareSample(
        replication=row["replication"],
        messages=row["messages"],
        sums={name: Sums(**row[name]) for name in _NAMES if row[name] is not None},
        causes=np.array(row["causes"], dtype=np.float64),
        weights=(row["blocks"], row["weights"], row["squared_weights"]),
        work=row["work"],
    )
