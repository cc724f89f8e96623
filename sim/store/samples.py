"""Plain replications as rows of a table, and back, to the last digit.

Sums that estimates are made of stand in columns of their own, `<estimate>_numerator` and
`<estimate>_denominator`, for those who read the table elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from models.ledger import Cause
from sim.batches import Batch
from sim.course import Course, Watched
from sim.latencies import Latencies
from sim.measures import MEASURES
from sim.outcomes import Belief, Fate
from sim.rare.plain import Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.measure import Parts
    from sim.sample import Sample

    Row = dict[str, Any]

PARTS = tuple(name for name, measure in MEASURES.items() if measure.quantile is None)
_LATENCIES = pa.struct(
    [
        ("places", pa.list_(pa.int16())),
        ("counts", pa.list_(pa.int32())),
        ("least_s", pa.list_(pa.float64())),
        ("greatest_s", pa.list_(pa.float64())),
    ]
)
_SERIES = pa.list_(pa.float64())
_COURSE = pa.struct(
    [("created_s", _SERIES), ("present", _SERIES), ("latency_s", _SERIES), ("consumed", pa.bool_())]
)
_BATCH = pa.struct([("parts", _SERIES), ("confirm", _LATENCIES), ("delivery", _LATENCIES)])
_WHOLE = ("messages", "arrivals", "crashes", "cycles")
_TIMES = ("window_s", "longest_s")
_COUNTS = ("matrix", "causes", "copies")

SCHEMA = pa.schema(
    [
        ("replication", pa.int64()),
        *((name, pa.int64()) for name in _WHOLE),
        *((name, pa.float64()) for name in _TIMES),
        *((name, pa.list_(pa.int64())) for name in _COUNTS),
        *(
            (f"{name}_{part}", pa.float64())
            for name in PARTS
            for part in ("numerator", "denominator")
        ),
        ("confirm", _LATENCIES),
        ("delivery", _LATENCIES),
        ("batches", pa.list_(_BATCH)),
        ("course", _COURSE),
        ("work", pa.int64()),
        ("end_s", pa.float64()),
        ("numbers", pa.list_(pa.int64())),
    ]
)
"""The columns; `work`, `end_s` and `numbers` are null where no rare events are sought."""


def rows(results: Sequence[Sample | Told]) -> list[Row]:
    """Return the row of each replication."""
    return [_told_row(one) if isinstance(one, Told) else _row(one) for one in results]


def samples(table: pa.Table) -> list[Sample | Told]:
    """Return the replications in *table*."""
    return [_from_row(row) for row in table.to_pylist()]


def _told_row(told: Told) -> Row:
    more = {"work": told.work, "end_s": told.end_s, "numbers": list(told.numbers)}
    return _row(told.sample) | more


def _row(sample: Sample) -> Row:
    row: Row = {"replication": sample.replication, "work": None, "end_s": None, "numbers": None}
    row |= {name: int(getattr(sample, name)) for name in _WHOLE}
    row |= {name: float(getattr(sample, name)) for name in _TIMES}
    row |= {name: getattr(sample, name).ravel().tolist() for name in _COUNTS}
    for name, (numerator, denominator) in sample.parts.items():
        row[f"{name}_numerator"] = float(numerator)
        row[f"{name}_denominator"] = float(denominator)
    course = sample.course if isinstance(sample, Watched) else None
    return row | {
        "confirm": _latencies_row(sample.confirm),
        "delivery": _latencies_row(sample.delivery),
        "batches": [_batch_row(batch) for batch in sample.batches],
        "course": None if course is None else _course_row(course),
    }


def _from_row(row: Mapping[str, Any]) -> Sample | Told:
    course = row["course"]
    sample = Watched(
        replication=row["replication"],
        **{name: row[name] for name in (*_WHOLE, *_TIMES)},
        parts={
            name: (row[f"{name}_numerator"], row[f"{name}_denominator"])
            for name in PARTS
            if row[f"{name}_numerator"] is not None
        },
        matrix=np.array(row["matrix"], dtype=np.int64).reshape(len(Belief), len(Fate)),
        causes=np.array(row["causes"], dtype=np.int64),
        copies=np.array(row["copies"], dtype=np.int64),
        confirm=_latencies(row["confirm"]),
        delivery=_latencies(row["delivery"]),
        batches=tuple(_batch(batch) for batch in row["batches"]),
        course=None if course is None else _course(course),
    )
    if len(sample.causes) != len(Cause):
        raise ValueError("other causes of loss than this program knows")
    if row["work"] is None:
        return sample
    return Told(sample=sample, work=row["work"], end_s=row["end_s"], numbers=tuple(row["numbers"]))


def _latencies_row(latencies: Latencies) -> Row:
    return {name: getattr(latencies, name).tolist() for name in _LATENCIES.names}


def _latencies(row: Mapping[str, Any]) -> Latencies:
    return Latencies(
        places=np.array(row["places"], dtype=np.int16),
        counts=np.array(row["counts"], dtype=np.int32),
        least_s=np.array(row["least_s"], dtype=np.float64),
        greatest_s=np.array(row["greatest_s"], dtype=np.float64),
    )


def _course_row(course: Course) -> Row:
    return {
        "created_s": course.created_s.tolist(),
        "present": course.present.tolist(),
        "latency_s": course.latency_s.tolist(),
        "consumed": course.consumed,
    }


def _course(row: Mapping[str, Any]) -> Course:
    series = {name: np.array(row[name]) for name in ("created_s", "present", "latency_s")}
    return Course(**series, consumed=row["consumed"])


def _batch_row(batch: Batch) -> Row:
    return {
        "parts": [float(part) for name in PARTS for part in batch.parts[name]],
        "confirm": _latencies_row(batch.confirm),
        "delivery": _latencies_row(batch.delivery),
    }


def _batch(row: Mapping[str, Any]) -> Batch:
    parts: dict[str, Parts] = {
        name: (row["parts"][2 * place], row["parts"][2 * place + 1])
        for place, name in enumerate(PARTS)
    }
    return Batch(
        parts=parts, confirm=_latencies(row["confirm"]), delivery=_latencies(row["delivery"])
    )
