"""Which points do what is asked, and which key matters, as JSON."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.best import Candidate, Choice
    from sim.comparison import Difference
    from sim.config import Experiment
    from sim.estimate import Estimate
    from sim.indices import Index
    from sim.sensitivity import Sensitivity


def best_json(experiment: Experiment, choice: Choice) -> str:
    """Return the *choice* among the points of *experiment* as JSON, which knows no nan."""
    mapping = {
        "experiment": heading(experiment),
        "constraints": [constraint.text for constraint in choice.constraints],
        "objectives": [
            {"estimate": each.name, "best": "highest" if each.highest else "lowest"}
            for each in choice.objectives
        ],
        "points": [_candidate(one, choice) for one in choice.candidates],
        "best": None if choice.best is None else choice.best.point.parameters,
        "next": None if choice.next_one is None else _difference(choice.next_one),
    }
    return as_text(mapping)


def sensitivity_json(experiment: Experiment, told: Sensitivity) -> str:
    """Return what each key of *experiment* does to an estimate as JSON."""
    mapping = {
        "experiment": heading(experiment),
        "estimate": told.estimate,
        "points": len(told.result.points),
        "standard_deviation": number(told.deviation),
        "noise": number(told.noise),
        "keys": {
            effect.name: {"first": _index(effect.first), "total": _index(effect.total)}
            for effect in told.effects
        },
    }
    return as_text(mapping)


def heading(experiment: Experiment) -> dict[str, Any]:
    """Return what identifies *experiment*."""
    return {"title": experiment.title, "hash": experiment.hash, "seed": experiment.seed}


def number(value: float) -> float | None:
    """Return *value*, None for nan and infinity."""
    return float(value) if math.isfinite(value) else None


def as_text(mapping: dict[str, Any]) -> str:
    """Return *mapping* as JSON; infinite parameters stand as they would in a file."""
    return json.dumps(_finite(mapping), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _candidate(one: Candidate, choice: Choice) -> dict[str, Any]:
    point = one.point
    told = zip(choice.constraints, one.verdicts, strict=True)
    return {
        "parameters": point.parameters,
        "feasible": str(one.holds),
        "confidence": number(one.confidence),
        "constraints": [
            {
                "constraint": constraint.text,
                **_estimate(point.estimates[constraint.name]),
                "holds": str(verdict.holds),
                "confidence": number(verdict.confidence),
            }
            for constraint, verdict in told
        ],
        "objectives": {
            each.name: _estimate(point.estimates[each.name]) for each in choice.objectives
        },
        **({"front": one.front.on, "front_surely": one.front.sure} if one.front else {}),
    }


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: number(value) for name, value in ends.items()}


def _index(index: Index) -> dict[str, float]:
    return {"value": index.value, "low": index.low, "high": index.high}


def _difference(other: Difference) -> dict[str, Any]:
    return {
        "parameters": other.point.parameters,
        "more": number(other.value),
        "low": number(other.low),
        "high": number(other.high),
        "variance_saved": number(other.saved),
    }
