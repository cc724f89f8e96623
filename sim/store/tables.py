"""Tables as bytes, and back: Parquet, written so that the same rows are the same bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence


def to_bytes(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> bytes:
    """Return *rows* as a Parquet file."""
    return table_bytes(pa.Table.from_pylist(list(rows), schema=schema))


def table_bytes(table: pa.Table) -> bytes:
    """Return *table* as a Parquet file."""
    written = io.BytesIO()
    pq.write_table(table, written, compression="zstd", version="2.6")
    return written.getvalue()


def from_bytes(content: bytes) -> pa.Table:
    """Return the table in a Parquet file; raise an OSError or a ValueError if it is none."""
    return pq.read_table(pa.BufferReader(content))
