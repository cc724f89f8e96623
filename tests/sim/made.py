"""Results made by hand, so that what is shown of them is known to the last digit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from models.ledger import Cause
from sim.checks.check import Check, Skipped, Verdict
from sim.config import from_mapping
from sim.estimates import Estimate
from sim.latencies import Latencies, latencies
from sim.measures import MEASURES, Kind
from sim.runner import PointResult, Result
from sim.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAN = math.nan

# Beliefs by fates, twice: two replications of 1,000 messages.
MATRIX = ((900, 80, 0, 0, 0), (8, 2, 0, 10, 0), (0, 0, 0, 0, 0))


def an_estimate(
    name: str, value: float, low: float, high: float, *, replications: int = 2, messages: int = 2000
) -> Estimate:
    probability = name not in MEASURES or MEASURES[name].kind is Kind.PROBABILITY
    return Estimate(
        name=name,
        value=value,
        low=low,
        high=high,
        confidence=0.95,
        replications=replications,
        messages=messages,
        standard_error=(high - low) / 4,
        degrees=replications - 1,
        events=value * messages,
        trials=float(messages),
        units=float(messages),
        probability=probability,
        method="by hand",
    )


def latencies_of(counts: Mapping[float, int]) -> Latencies:
    """Return the cells of *counts* of latencies in seconds."""
    return latencies(np.repeat(list(counts), list(counts.values())).astype(np.float64))


def a_sample(
    matrix: Sequence[Sequence[int]] = MATRIX,
    *,
    replication: int = 0,
    causes: Mapping[Cause, int] | None = None,
    confirms: Mapping[float, int] | None = None,
    effects: Mapping[float, int] | None = None,
) -> Sample:
    lost = np.zeros(len(Cause), dtype=np.int64)
    for cause, number in (causes or {}).items():
        lost[cause] = number
    cells = np.array(matrix, dtype=np.int64)
    return Sample(
        replication=replication,
        messages=int(cells.sum()),
        parts={},
        matrix=cells,
        causes=lost,
        copies=np.array([0, int(cells.sum())]),
        confirm=latencies_of(confirms or {0.01: int(cells[0].sum())}),
        delivery=latencies_of(effects or {0.02: int(cells[:, :2].sum())}),
        crashes=0,
        arrivals=int(cells.sum()),
        window_s=10.0,
        longest_s=0.02,
    )


def a_check(name: str = "P_ack", estimate: str = "confirmed", **changed: object) -> Check:
    values: dict[str, object] = {
        "name": name,
        "estimate": estimate,
        "formula": "1 - f^n",
        "source": "a book",
        "predicted": 0.98,
        "value": 0.981,
        "low": 0.975,
        "high": 0.987,
        "p_value": 0.5,
        "margin": 0.2,
        "power": 0.93,
        "more_messages": 0,
        "verdict": Verdict.AGREES,
    }
    return Check(**{**values, **changed})


def a_skipped(name: str = "L", *reasons: str) -> Skipped:
    return Skipped(name=name, formula="rho / (1 - rho)", reasons=reasons or ("not Poisson",))


def a_point(
    *,
    parameters: Mapping[str, object] | None = None,
    samples: Sequence[Sample] | None = None,
    estimates: Mapping[str, tuple[float, float, float]] | None = None,
    checks: Sequence[Check] = (),
    skipped: Sequence[Skipped] = (),
    file: Mapping[str, object] | None = None,
) -> PointResult:
    values = dict.fromkeys(MEASURES, (0.5, 0.4, 0.6)) | dict(estimates or {})
    return PointResult(
        parameters=dict(parameters or {}),
        experiment=from_mapping(a_file(file)),
        samples=tuple(samples or (a_sample(), a_sample(replication=1))),
        estimates={name: an_estimate(name, *value) for name, value in values.items()},
        checks=tuple(checks),
        skipped=tuple(skipped),
    )


def a_result(*points: PointResult, **file: object) -> Result:
    return Result(experiment=from_mapping(a_file(file)), points=points or (a_point(file=file),))


def a_file(changed: Mapping[str, object] | None = None) -> dict[str, object]:
    return {
        "title": "A title",
        "question": "A question?",
        "seed": 7,
        "run": {"messages": 1000, "replications": 2},
        **(changed or {}),
    }


def retry_sweep(**estimates: Sequence[tuple[float, float, float]]) -> Result:
    """Return a sweep over producer.retries = 0, 1, …; *estimates* by name, one per point."""
    size = len(next(iter(estimates.values())))
    sweep = {"sweep": {"producer.retries": list(range(size))}}
    points = [
        a_point(
            parameters={"producer.retries": retries},
            estimates={name: values[retries] for name, values in estimates.items()},
        )
        for retries in range(size)
    ]
    return a_result(*points, **sweep)
