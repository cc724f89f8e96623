"""What speaks against a result: points that failed, checks that disagree, cautions, doubts.

The same thing at several points is told once, with where it is so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.cautions import told_of
from sim.checks.check import Verdict
from sim.report.names import where
from sim.tables.checks import check_line
from sim.wording import point_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.runner import Result


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing in words, `where` it is so (empty: everywhere), and what else is to be known."""

    text: str
    where: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """All that speaks against a result; `at` holds it point by point, in the same order."""

    failures: tuple[Objection, ...]
    disagreements: tuple[Objection, ...]
    cautions: tuple[Objection, ...]
    doubts: tuple[Objection, ...]
    at: tuple[tuple[str, ...], ...]


def against(result: Result) -> Against:
    """Return what speaks against *result*."""
    cautions = told_of([(point.experiment, point.samples) for point in result.points])
    doubts = [point.rare.doubts if point.rare else () for point in result.points]
    return Against(
        failures=tuple(
            Objection(failure.text, f"at {point_name(failure.parameters)}")
            for failure in result.failures
        ),
        disagreements=tuple(_disagreements(result)),
        cautions=_gathered(
            result,
            (
                (caution.about, caution.text, place)
                for place, told in enumerate(cautions)
                for caution in told
            ),
        ),
        doubts=_gathered(
            result,
            (
                (_without_numbers(doubt), doubt, place)
                for place, told in enumerate(doubts)
                for doubt in told
            ),
        ),
        at=tuple(
            (*(caution.text for caution in told), *doubted)
            for told, doubted in zip(cautions, doubts, strict=True)
        ),
    )


def _disagreements(result: Result) -> Iterable[Objection]:
    for place, point in enumerate(result.points):
        for check in point.checks:
            if check.verdict is Verdict.DISAGREES:
                more = f"The formula: {check.formula} ({check.source})"
                yield Objection(check_line(check), where([place], result), more)


def _gathered(result: Result, told: Iterable[tuple[str, str, int]]) -> tuple[Objection, ...]:
    """Return what is told as (about, text, place), each thing once with the first of its texts."""
    texts: dict[str, dict[str, None]] = {}
    places: dict[str, dict[int, None]] = {}
    for about, text, place in told:
        texts.setdefault(about, {})[text] = None
        places.setdefault(about, {})[place] = None
    return tuple(
        Objection(
            next(iter(texts[about])),
            where(list(places[about]), result),
            "The numbers are those of the first; those of the others stand at their points."
            if len(texts[about]) > 1
            else "",
        )
        for about in texts
    )


def _without_numbers(text: str) -> str:
    """Return *text* without what differs from point to point."""
    return re.sub(r"\d[\d.,e+-]*", "#", text)
