"""Closed forms beside estimates: what was predicted, what came out, and what the check can see."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from sim.checks.check import Verdict
from sim.numerals import count
from sim.tables.style import BAD, GOOD, QUIET, WARN, table
from sim.wording import interval_text, predicted_text, value_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from sim.checks.check import Check
    from sim.runner import PointResult

VERDICT_STYLES = {Verdict.AGREES: GOOD, Verdict.DISAGREES: BAD, Verdict.UNDECIDED: WARN}


def check_table(point: PointResult) -> Table | None:
    """Return the checks of *point*; None if there are none."""
    if not point.checks:
        return None
    shown = table("Checks against closed forms")
    shown.add_column("closed form of")
    shown.add_column("predicted", justify="right", no_wrap=True)
    shown.add_column("simulated", justify="right", no_wrap=True)
    shown.add_column("verdict, and what the check can see")
    for check in point.checks:
        simulated = Text(value_text(check.estimate, check))
        simulated.append(f"\n{interval_text(check.estimate, check)}", style=QUIET)
        verdict = Text(check.verdict, style=VERDICT_STYLES[check.verdict])
        shown.add_row(
            Text(check.name).append(f"\n{check.estimate}", style=QUIET),
            predicted_text(check.estimate, check, check.predicted),
            simulated,
            verdict.append(f"\n{power_text(check)}", style=QUIET),
        )
    return shown


def check_line(check: Check) -> str:
    """Return *check* in one line."""
    return (
        f"{check.name} {check.verdict}: "
        f"predicted {predicted_text(check.estimate, check, check.predicted)}, "
        f"simulated {value_text(check.estimate, check)} "
        f"({interval_text(check.estimate, check)})"
    )


def power_text(check: Check) -> str:
    """Return in words what error *check* would notice, and what it lacks."""
    if check.verdict is Verdict.DISAGREES:
        return f"the formula: {check.formula}"
    noticed = f"would notice {100 * check.margin:g} % with {_chance(check.power)}"
    if check.verdict is Verdict.AGREES:
        return noticed
    if check.more_messages < 0:
        return f"{noticed}; no number of messages would tell"
    return f"{noticed}; needs {count(check.more_messages)} more messages"


def skipped_table(point: PointResult, *, all_reasons: bool = False) -> Table | None:
    """Return the closed forms that do not hold at *point* and what breaks them; None if all hold.

    Forms are listed by their first broken assumption, or with *all_reasons* by all of them.
    """
    if not point.skipped:
        return None
    shown = table("Closed forms that do not hold here")
    shown.add_column("not checked", ratio=2)
    shown.add_column("because", ratio=3)
    forms: dict[str, list[str]] = {}
    for form in point.skipped:
        reasons = form.reasons if all_reasons else form.reasons[:1]
        forms.setdefault("; ".join(reasons), []).append(form.name)
    for reason, names in forms.items():
        shown.add_row(Text(", ".join(names)), Text(reason), style=QUIET)
    return shown


def verdicts(checks: Iterable[Check]) -> Text:
    """Return how many *checks* came to which verdict: "5 agree, 1 disagrees"."""
    counts = Counter(check.verdict for check in checks)
    told = Text()
    for verdict, number in ((verdict, counts[verdict]) for verdict in Verdict if counts[verdict]):
        told.append(", " if told else "")
        told.append(f"{number} {_verb(verdict, number)}", style=VERDICT_STYLES[verdict])
    return told or Text("none", style=QUIET)


def _verb(verdict: Verdict, number: int) -> str:
    if verdict is Verdict.UNDECIDED or number == 1:
        return str(verdict)
    return {Verdict.AGREES: "agree", Verdict.DISAGREES: "disagree"}[verdict]


def _chance(power: float) -> str:
    if power > 0.99:
        return "more than 99 %"
    return "less than 1 %" if power < 0.01 else f"{100 * power:.0f} %"
