"""What the search for rare events found, how sure that is, and what it saved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from models.ledger import Cause
from sim.checks.load import arrival_rate_per_s
from sim.estimate import BOUND
from sim.numerals import count, probability, times
from sim.rare import target
from sim.tables.style import QUIET, table
from sim.wording import interval_text, never_seen, value_text, why_undefined

if TYPE_CHECKING:
    from rich.table import Table

    from sim.estimate import Estimate
    from sim.rare import Gain, RareResult
    from sim.runner import PointResult

YEAR_S = 365.25 * 86400.0

WAYS = {"importance": "importance sampling", "splitting": "splitting"}
"""The ways of an experiment file in words."""


def rare_table(point: PointResult) -> Table | None:
    """Return the estimates that the search gave, and how well each was seen; None if none was."""
    rare = point.rare
    if rare is None:
        return None
    runs = times(len(rare.samples), "replication")
    shown = table(f"Rare events by {WAYS[rare.method.name]}, {runs}")
    shown.add_column("estimate", no_wrap=True)
    shown.add_column("value", justify="right")
    shown.add_column(f"{100 * point.experiment.run.confidence:g} % interval")
    shown.add_column("events", justify="right")
    shown.add_column("as plain messages", justify="right")
    shown.add_column("work saved", justify="right")
    for name, made in rare.estimates.items():
        gain = rare.gains[name]
        row = [name, value_text(name, made), interval_text(name, made), *_cells(gain)]
        shown.add_row(*map(Text, row), style=QUIET if never_seen(name, made) else "")
    return shown


def rare_cause_table(point: PointResult) -> Table | None:
    """Return what the rare losses are due to; None if none was seen."""
    rare = point.rare
    if rare is None or not rare.causes.sum() > 0:
        return None
    causes = {cause: float(rare.causes[cause]) for cause in Cause if rare.causes[cause] > 0}
    lost = math.fsum(causes.values())
    shown = table("Causes of loss, as often as they are")
    shown.add_column("cause")
    shown.add_column("lost", justify="right")
    shown.add_column("share of losses", justify="right")
    for cause, share in sorted(causes.items(), key=lambda item: -item[1]):
        of_all = "all" if len(causes) == 1 else probability(share / lost)
        shown.add_row(cause.name.lower(), probability(share), of_all)
    return shown


def rare_sentence(point: PointResult) -> str | None:
    """Return what was sought and found, in one sentence; None if nothing was sought."""
    rare = point.rare
    if rare is None:
        return None
    name = target(point.experiment)
    way = WAYS[rare.method.name]
    found = rare.estimates.get(name)
    if found is None:
        return _left_to_plain(point, name, way)
    more = _after_crashes(point) if never_seen(name, found) else _a_year(point, found)
    return f"By {way}, {name} is {_told(name, found)}{_saved(rare, name)}.{more}"


def _left_to_plain(point: PointResult, name: str, way: str) -> str:
    made = point.estimates[name]
    if not made.defined:
        return f"{name} is not defined here: {why_undefined(name)}."
    if made.method == BOUND:
        return (
            f"By {way}, no such thing was seen either; {name} is {interval_text(name, made)}, "
            f"from the plain replications.{_after_crashes(point)}"
        )
    return f"Plain replications see {name} better; {way} has nothing to add."


def _after_crashes(point: PointResult) -> str:
    """Return what the replications say in which the broker fell, if nothing came of it."""
    runs, effective = (0, 0.0) if point.rare is None else point.rare.crashed
    if effective <= 1:
        return ""
    confidence = point.experiment.run.confidence
    bound = -math.expm1(math.log1p(-confidence) / effective)
    return (
        f" In {times(runs, 'replication')} the broker fell, and nothing came of it: that happens "
        f"after fewer than one fall in {math.floor(1.0 / bound)} ({100 * confidence:g} %)."
    )


def _a_year(point: PointResult, found: Estimate) -> str:
    """Return how many messages that is in a year of this load."""
    rate_per_s = arrival_rate_per_s(point.experiment)
    if not (0 < rate_per_s < math.inf and found.value > 0 and math.isfinite(found.high)):
        return ""
    a_year = rate_per_s * YEAR_S
    low, high = _large(found.low * a_year), _large(found.high * a_year)
    few = f"{_large(found.value * a_year)} messages a year ({low} to {high})"
    return f" At {rate_per_s:,.6g} messages a second that is {few}."


def _told(name: str, found: Estimate) -> str:
    if never_seen(name, found):
        return interval_text(name, found)
    return f"{value_text(name, found)} ({interval_text(name, found)})"


def _saved(rare: RareResult, name: str) -> str:
    gain = rare.gains[name]
    if math.isnan(gain.saved):
        return ""
    messages, saved = _large(gain.plain_messages), _large(gain.saved)
    if gain.saved < 1:
        return f"; plain simulation would have been cheaper, by a factor of {1 / gain.saved:.2g}"
    return f"; plain simulation would need {messages} messages for that, {saved} times the work"


def _cells(gain: Gain) -> tuple[str, str, str]:
    if math.isnan(gain.saved):
        return "-", "-", "-"
    effective = "-" if math.isnan(gain.effective) else count(round(gain.effective))
    return effective, _large(gain.plain_messages), f"{_large(gain.saved)} x"


def _large(number: float) -> str:
    """Return a rough number: two digits are all it is worth."""
    if number >= 1e6:
        mantissa, exponent = f"{number:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return count(round(float(f"{number:.2g}"))) if number >= 10 else f"{number:.2g}"
