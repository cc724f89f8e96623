"""Points as rows of a table, and back: estimates in columns, and all that was said in one.

The column `detail` holds everything but the replications, as JSON: with it a stored result is the
same as a fresh one.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sim.checks import Check, Skipped, Verdict
from sim.estimate import Estimate
from sim.measures import MEASURES
from sim.rare import Gain, RareResult
from sim.result import PointResult
from sim.store.plain import method_from, method_to, warmup_from, warmup_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.config.experiment import Point
    from sim.rare.sample import RareSample
    from sim.sample import Sample

    Row = dict[str, Any]

_ENDS = ("value", "low", "high")
_TOO_LARGE = 2**63  # for a column of whole numbers: a seed may be larger


def schema(parameters: Sequence[Mapping[str, object]]) -> pa.Schema:
    """Return the columns for points of these *parameters*."""
    names = list(parameters[0]) if parameters else []
    return pa.schema(
        [
            ("point", pa.int64()),
            *((name, _type([point[name] for point in parameters])) for name in names),
            *((_column(name, end), pa.float64()) for name in MEASURES for end in _ENDS),
            ("detail", pa.string()),
        ]
    )


def row(place: int, point: PointResult, columns: pa.Schema) -> Row:
    """Return the row of *point*, number *place* of the sweep, for these *columns*."""
    estimates = {
        _column(name, end): None if math.isnan(value := getattr(made, end)) else value
        for name, made in point.estimates.items()
        for end in _ENDS
    }
    parameters = {
        name: _told(value, columns.field(name).type) for name, value in point.parameters.items()
    }
    detail = json.dumps(_detail(point), ensure_ascii=False)
    return {"point": place, **parameters, **estimates, "detail": detail}


def restored(
    point: Point, detail: str, plain: Sequence[Sample], weighed: Sequence[RareSample]
) -> PointResult:
    """Return the result of *point* that *detail* and the replications are of."""
    data = json.loads(detail)
    warmup = warmup_from(data["warmup"])
    experiment = point.experiment
    if warmup is not None and experiment.run.warmup_is_open:
        update = {"run": experiment.run.warmed_up(warmup)}
        experiment = experiment.model_copy(update=update)
    made = PointResult(
        parameters=point.parameters,
        experiment=experiment,
        samples=tuple(plain),
        estimates={name: Estimate(name=name, **rest) for name, rest in data["estimates"].items()},
        checks=tuple(Check(**{**c, "verdict": Verdict(c["verdict"])}) for c in data["checks"]),
        skipped=tuple(Skipped(**{**s, "reasons": tuple(s["reasons"])}) for s in data["skipped"]),
        left_out=point.left_out,
    )
    rare = data["rare"]
    return made if rare is None else replace(made, rare=_rare_from(rare, weighed))


def _detail(point: PointResult) -> Row:
    run = point.experiment.run
    found = None if not isinstance(run.warmup, str) else run.warmup_used
    return {
        "warmup": warmup_to(found),
        "estimates": {name: _unnamed(asdict(made)) for name, made in point.estimates.items()},
        "checks": [{**asdict(check), "verdict": str(check.verdict)} for check in point.checks],
        "skipped": [asdict(form) for form in point.skipped],
        "rare": None if point.rare is None else _rare_to(point.rare),
    }


def _unnamed(estimate: Row) -> Row:
    del estimate["name"]
    return estimate


def _rare_to(rare: RareResult) -> Row:
    return {
        "method": method_to(rare.method),
        "estimates": {name: _unnamed(asdict(made)) for name, made in rare.estimates.items()},
        "gains": {name: asdict(gain) for name, gain in rare.gains.items()},
        "doubts": list(rare.doubts),
    }


def _rare_from(data: Mapping[str, Any], weighed: Sequence[RareSample]) -> RareResult:
    return RareResult(
        method=method_from(data["method"]),
        samples=tuple(weighed),
        estimates={name: Estimate(name=name, **rest) for name, rest in data["estimates"].items()},
        gains={name: Gain(**gain) for name, gain in data["gains"].items()},
        doubts=tuple(data["doubts"]),
    )


def _column(name: str, end: str) -> str:
    return name if end == "value" else f"{name}_{end}"


def _type(values: Sequence[object]) -> pa.DataType:
    kinds = {type(value) for value in values}
    if any(type(value) is int and not -_TOO_LARGE <= value < _TOO_LARGE for value in values):
        return pa.string()
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    return pa.float64() if kinds <= {int, float} else pa.string()


def _told(value: object, kind: pa.DataType) -> object:
    """Return *value* as it stands in a column of that *kind*."""
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else json.dumps(value)
    return float(value) if pa.types.is_float64(kind) and isinstance(value, int) else value
