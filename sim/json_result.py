"""A result as JSON: plain data with fixed names, for programs, archives and other tools.

What is not defined is null; there is no NaN and no Infinity. Null, too, is an upper end that the
data do not give; the method says so. An infinite parameter is the text "inf", as in an experiment
file.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from models.ledger import Cause
from sim.cautions import told_of
from sim.claims import judge_claims
from sim.totals import BELIEFS, FATES, causes_of_loss, outcome_matrix
from sim.versions import versions

if TYPE_CHECKING:
    from sim.checks.check import Check, Skipped
    from sim.claims import Judgement, Tested
    from sim.estimates import Estimate
    from sim.rare import RareResult
    from sim.runner import PointResult, Result


def to_json(result: Result) -> str:
    """Return *result* as one JSON document, indented, with a newline at its end."""
    document = to_mapping(result)
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def to_mapping(result: Result) -> dict[str, Any]:
    """Return *result* as JSON-able data."""
    experiment = result.experiment
    return {
        "experiment": {
            "title": experiment.title,
            "question": experiment.question,
            "preset": experiment.preset,
            "hash": experiment.hash,
            "seed": experiment.seed,
            "versions": versions(),
        },
        "points": [
            _point(point, told)
            for point, told in zip(result.points, _cautions(result), strict=True)
        ],
        "claims": [_claim(judgement) for judgement in judge_claims(result)],
    }


def _cautions(result: Result) -> list[list[str]]:
    points = [(point.experiment, point.samples) for point in result.points]
    return [[caution.text for caution in told] for told in told_of(points)]


def _point(point: PointResult, told: list[str]) -> dict[str, Any]:
    return {
        "parameters": _plain(point.parameters),
        **({"left_out": list(point.left_out)} if point.left_out else {}),
        "warmup": _warmup(point),
        **({"cautions": told} if told else {}),
        "outcomes": _outcomes(point),
        "causes": causes_of_loss(point),
        **({"rare": _rare(point.rare)} if point.rare else {}),
        "estimates": {name: _estimate(value) for name, value in point.estimates.items()},
        "checks": [_check(check) for check in point.checks],
        "skipped": [_skipped(form) for form in point.skipped],
    }


def _warmup(point: PointResult) -> dict[str, Any]:
    used = point.experiment.run.warmup_used
    return {"seconds": used.seconds, "found": used.found, "source": str(used.source)}


def _outcomes(point: PointResult) -> dict[str, dict[str, int]]:
    rows = outcome_matrix(point).tolist()
    return {
        belief: dict(zip(FATES, row, strict=True))
        for belief, row in zip(BELIEFS, rows, strict=True)
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": _number(estimate.value),
        "low": _number(estimate.low),
        "high": _number(estimate.high),
        "confidence": estimate.confidence,
        "replications": estimate.replications,
        "messages": estimate.messages,
        "method": estimate.method,
    }


def _rare(rare: RareResult) -> dict[str, Any]:
    causes = {c.name.lower(): float(rare.causes[c]) for c in Cause if rare.causes[c] > 0}
    return {
        "method": rare.method.name,
        "replications": len(rare.samples),
        "pilot_replications": rare.method.replications,
        "causes": causes,
        "doubts": list(rare.doubts),
        "gains": {
            name: {
                "effective_events": _number(gain.effective),
                "largest_share": _number(gain.largest),
                "plain_messages": _number(gain.plain_messages),
                "work_saved": _number(gain.saved),
            }
            for name, gain in rare.gains.items()
        },
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "estimate": check.estimate,
        "predicted": _number(check.predicted),
        "value": _number(check.value),
        "low": _number(check.low),
        "high": _number(check.high),
        "verdict": str(check.verdict),
        "p_value": _number(check.p_value),
        "power": _number(check.power),
        "margin": check.margin,
        # No number of messages would do: that is not defined, and -1 could be taken for one.
        "more_messages": None if check.more_messages < 0 else check.more_messages,
        "formula": check.formula,
        "source": check.source,
    }


def _claim(judgement: Judgement) -> dict[str, Any]:
    claim = judgement.claim
    return {
        "text": claim.text,
        "source": claim.source,
        "verdict": str(judgement.truth),
        "tests": [_tested(result) for result in judgement.tests],
    }


def _tested(result: Tested) -> dict[str, Any]:
    test = result.test
    return {
        "estimate": test.estimate,
        "at": _plain(test.at),
        "other_at": _plain(test.other),
        "factor": test.factor,
        "asked": "below" if test.upper else "above",
        "bound": result.bound,
        "value": _number(result.value),
        "other": _number(result.other),
        "low": _number(result.low),
        "high": _number(result.high),
        "verdict": str(result.truth),
        "missing": result.missing or None,
    }


def _skipped(form: Skipped) -> dict[str, Any]:
    return {"name": form.name, "formula": form.formula, "reasons": list(form.reasons)}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _plain(value: object) -> Any:
    """Return a parameter as written in the file, fit for JSON."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value if isinstance(value, str | int | float | None) else str(value)
