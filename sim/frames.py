"""Results as pandas data frames, for notebooks.

A frame without rows has the columns that it would have with some, so that what is done with it need
not ask.

pandas takes half a second to import, so nothing else imports this room before it is asked for.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.checks import Check
from sim.estimate import Estimate
from sim.measures import MEASURES
from sim.totals import BELIEFS, FATES, outcome_matrix
from sim.wording import always_seen, interval_text, never_seen, short_names, value_text, written

if TYPE_CHECKING:
    from sim.runner import PointResult, Result


def outcome_frame(point: PointResult) -> pd.DataFrame:
    """Return the outcome matrix of *point*: counts of publications, beliefs by fates."""
    index = pd.Index(BELIEFS, name="belief")
    return pd.DataFrame(outcome_matrix(point), index=index, columns=pd.Index(FATES, name="fate"))


def estimate_frame(point: PointResult) -> pd.DataFrame:
    """Return the estimates of *point*: one row each, with everything known about it."""
    rows = [asdict(estimate) for estimate in point.estimates.values()]
    return pd.DataFrame(rows, columns=_fields(Estimate)).set_index("name")


def point_frame(result: Result) -> pd.DataFrame:
    """Return one row per point of *result*.

    Columns: the parameters as written in the file, and for each estimate its value (``lost``),
    and the ends of its interval (``lost_low``, ``lost_high``); nan where it is not defined.
    """
    ends = [f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")]
    columns = None if result.points else [*_varied(result), *ends]
    return pd.DataFrame([_row(point) for point in result.points], columns=columns)


def told_frame(result: Result, *names: str) -> pd.DataFrame:
    """Return one row per point of *result*, and the estimates *names* of it as they are told.

    Value and interval with the digits that they are worth: ``10.0 % (9.9 to 10.1 %)``. The rows are
    named by what is varied.
    """
    keys = short_names(_varied(result))
    told = [name.replace("_", " ") for name in names]
    rows = [
        {short: written(point.parameters[key]) for key, short in keys.items()}
        | {
            title: _told(name, point.estimates[name])
            for title, name in zip(told, names, strict=True)
        }
        for point in result.points
    ]
    frame = pd.DataFrame(rows, columns=[*keys.values(), *told])
    return frame.set_index(list(keys.values())) if keys else frame


def check_frame(result: Result) -> pd.DataFrame:
    """Return one row per check of each point of *result*, with the point's parameters."""
    rows = [
        {**point.parameters, **asdict(check), "verdict": str(check.verdict)}
        for point in result.points
        for check in point.checks
    ]
    return pd.DataFrame(rows, columns=list(dict.fromkeys([*_varied(result), *_fields(Check)])))


def _varied(result: Result) -> list[str]:
    """Return the keys that are varied; where no point was run, those of the file."""
    if result.points:
        return list(result.points[0].parameters)
    return list(result.experiment.sweep.names)


def _fields(kind: type[Check | Estimate]) -> list[str]:
    return [field.name for field in fields(kind)]


def _row(point: PointResult) -> dict[str, Any]:
    row: dict[str, Any] = dict(point.parameters)
    for name, estimate in point.estimates.items():
        row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return row


def _told(name: str, estimate: Estimate) -> str:
    value, interval = value_text(name, estimate), interval_text(name, estimate)
    if never_seen(name, estimate) or always_seen(name, estimate):
        return f"{value}, {interval}"
    return f"{value} ({interval})"
