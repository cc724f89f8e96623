"""Conditions on estimates, as people write them, and how surely they hold at a point.

``lost <= 1e-6``, ``confirm_latency_p99 < 50 ms``, ``confirmed >= 99.9 %``, ``throughput > 90/s``:
the name of an estimate, a sign, and a bound in the units of the experiment file. A plain number is
in the base unit.

A condition holds surely if the whole interval of its estimate lies on the right side of the bound,
and surely not if all of it lies on the wrong one; else it is open, with some confidence
(`sim.confidence`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sim.confidence import confidence
from sim.config.estimate_names import ESTIMATES
from sim.config.suggestions import did_you_mean
from sim.config.units import DURATION, NUMBER, RATE, UnitError
from sim.measures import MEASURES, Kind

if TYPE_CHECKING:
    from sim.runner import PointResult

SIGNS = ("<=", ">=", "<", ">")

_KINDS = {"s": DURATION, "/s": RATE}


class ConstraintError(ValueError):
    """A text that is no condition on an estimate; the text of the error says what it should be."""


class Holds(StrEnum):
    """Whether a condition holds at a point."""

    SURELY = "surely"
    OPEN = "open"
    NOT = "surely not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A condition: the estimate `name` is to be below the `bound`, or above it; `text` says so."""

    name: str
    sign: str
    bound: float
    text: str

    @property
    def upper(self) -> bool:
        """Whether the bound is one from above."""
        return self.sign.startswith("<")

    def met_by(self, value: float) -> bool:
        """Return whether *value* satisfies the condition."""
        if value == self.bound:
            return self.sign.endswith("=")
        return value < self.bound if self.upper else value > self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a constraint holds, and with what `confidence`: nan where none can be told."""

    holds: Holds
    confidence: float


def known_estimate(name: str) -> str:
    """Return *name*; raise a `ConstraintError` if it names no estimate."""
    if name not in ESTIMATES:
        hint = did_you_mean(name, ESTIMATES) or f"estimates: {', '.join(ESTIMATES)}"
        raise ConstraintError(f'must name an estimate, got "{name}"; {hint}')
    return name


def parse(text: str) -> Constraint:
    """Return the condition that *text* states; raise a `ConstraintError` if it states none."""
    match = re.fullmatch(r"\s*([^\s<>=]+)\s*(<=|>=|<|>)\s*([^<>=]+?)\s*", text)
    if match is None:
        example = "lost <= 1e-6"
        raise ConstraintError(f'must look like "{example}", with one of {" ".join(SIGNS)}')
    name, sign, bound = match.groups()
    return Constraint(
        name=known_estimate(name),
        sign=sign,
        bound=_bound(name, bound),
        text=f"{name} {sign} {bound}",
    )


def judge(constraint: Constraint, point: PointResult) -> Verdict:
    """Return whether *constraint* holds at *point*."""
    estimate = point.estimates[constraint.name]
    if not estimate.defined or math.isnan(estimate.low):
        return Verdict(holds=Holds.OPEN, confidence=math.nan)
    ends = [constraint.met_by(end) for end in (estimate.low, estimate.high)]
    holds = Holds.SURELY if all(ends) else Holds.OPEN if any(ends) else Holds.NOT
    sure = confidence(constraint.name, point, constraint.bound, below=constraint.upper)
    return Verdict(holds=holds, confidence=sure)


def _bound(name: str, text: str) -> float:
    measure = MEASURES[name]
    share = measure.kind is not Kind.RATIO and not measure.unit
    percent = re.fullmatch(rf"({NUMBER})\s*%", text)
    if re.fullmatch(NUMBER, text):
        value = float(text)
    elif percent and share:
        value = float(percent[1]) / 100.0
    elif measure.unit in _KINDS:
        try:
            value = _KINDS[measure.unit].parse(text)
        except UnitError as error:
            hint = f"; {error.suggestion}" if error.suggestion else ""
            raise ConstraintError(f'the bound of {name} {error}, got "{text}"{hint}') from None
    else:
        wanted = 'a number or a share such as "0.1 %"' if share else "a plain number"
        raise ConstraintError(f'the bound of {name} must be {wanted}, got "{text}"')
    if share and not 0 <= value <= 1:
        hint = f"; did you mean {text} %?" if 1 < value <= 100 else ""
        raise ConstraintError(f'the bound of {name} must be in [0, 1], got "{text}"{hint}')
    if not 0 <= value < math.inf:
        raise ConstraintError(f'the bound of {name} must be finite and >= 0, got "{text}"')
    return value
