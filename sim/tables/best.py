"""Which points do what is asked, how surely, and which of them to take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from sim.constraints import Holds
from sim.numerals import quantity
from sim.tables.style import BAD, GOOD, QUIET, WARN, table
from sim.wording import interval_text, short_point_name, value_text, words

if TYPE_CHECKING:
    from rich.table import Table

    from sim.best import Candidate, Choice
    from sim.front import Objective, Standing

_POINT = 20  # columns that a name may be broken into
_STYLES = {Holds.SURELY: GOOD, Holds.OPEN: WARN, Holds.NOT: BAD}


def condition_table(choice: Choice) -> Table | None:
    """Return a row for each point: whether it does what is asked; None if nothing is."""
    if not choice.constraints:
        return None
    shown = _begun("Points, those first that surely do what is asked")
    shown.add_column("feasible", no_wrap=True)
    for constraint in choice.constraints:
        shown.add_column(constraint.text)
    for place, one in enumerate(choice.candidates, 1):
        told = "surely" if one.holds is Holds.SURELY else _how_surely(one.holds, one.confidence)
        cells = [Text(told, style=_STYLES[one.holds])]
        for constraint, verdict in zip(choice.constraints, one.verdicts, strict=True):
            text = interval_text(constraint.name, one.point.estimates[constraint.name])
            cells.append(Text(text, style=_STYLES[verdict.holds]))
        shown.add_row(*_place(place, one, choice), *cells)
    return shown


def objective_table(choice: Choice) -> Table:
    """Return a row for each point that may do what is asked: what is to be best there."""
    shown = _begun("Of those that may do it" if choice.constraints else "Points")
    for objective in choice.objectives:
        shown.add_column(_wanted(objective))
    if _two(choice):
        shown.add_column("front", no_wrap=True)
    for place, one in enumerate(choice.candidates, 1):
        if one.holds is Holds.NOT:
            continue
        cells = [Text(_value(one, objective)) for objective in choice.objectives]
        if _two(choice):
            cells.append(_standing(one.front))
        shown.add_row(*_place(place, one, choice), *cells)
    return shown


def _value(one: Candidate, objective: Objective) -> str:
    name, estimate = objective.name, one.point.estimates[objective.name]
    return f"{value_text(name, estimate)} ({interval_text(name, estimate)})"


def _begun(title: str) -> Table:
    shown = table(title)
    shown.add_column("", justify="right", no_wrap=True)
    shown.add_column("point", min_width=_POINT)
    return shown


def _place(place: int, one: Candidate, choice: Choice) -> tuple[str, Text]:
    chosen = one is choice.best or (one.front is not None and one.front.on)
    return str(place), Text(_name(one), style=GOOD if chosen else "")


def best_sentence(choice: Choice) -> str:
    """Return which point to take, how sure that is, and what it costs against the next."""
    level = 100 * choice.candidates[0].point.experiment.run.confidence
    asked = " and ".join(constraint.text for constraint in choice.constraints)
    meaning = (
        f" Surely means: all of its {level:g} % interval is on that side, each point by itself."
        if asked
        else ""
    )
    if not choice.sure:
        return f"{_none(choice, asked)}{meaning}"
    told = _front(choice) if _two(choice) else _one(choice)
    return f"{told}{meaning}"


def _one(choice: Choice) -> str:
    best, [objective] = choice.best, choice.objectives
    if best is None:
        return "No point can be recommended."
    size, name = len(choice.sure), objective.name
    value = quantity(name, best.point.estimates[name].value)
    among = (
        f"the only point that surely does what is asked; its {words(name)} is {value}"
        if size == 1
        else f"of the {size} points that surely do what is asked it has the {_wanted(objective)}, "
        f"{value}"
    )
    told = f"Take {_name(best)}: {among}."
    if size == 1 and not choice.constraints:
        told = f"Take {_name(best)}: its {words(name)} is {value}."
    return f"{told}{_against_next(choice)}{_tempting(choice)}"


def _against_next(choice: Choice) -> str:
    following = choice.next_one
    if following is None:
        return ""
    name = choice.objectives[0].name
    other = short_point_name(following.point.parameters)
    if following.alike:
        return f" The next, {other}, cannot be told apart from it: no replication differs."
    sign = -1.0 if following.value < 0 else 1.0
    more = "less" if sign < 0 else "more"
    told = f" The next, {other}, has {quantity(name, sign * following.value)} {more}"
    if math.isnan(following.low):
        return f"{told}, from too few to tell."
    low, high = sorted((sign * following.low, sign * following.high))
    apart = "" if following.apart else ": they are not told apart"
    return f"{told} [{quantity(name, low)}, {quantity(name, high)}], on the same luck{apart}."


def _tempting(choice: Choice) -> str:
    one = choice.tempting
    if one is None:
        return ""
    name = choice.objectives[0].name
    value = quantity(name, one.point.estimates[name].value)
    how = _how_surely(one.holds, one.confidence)
    return f" {_name(one)} would be better ({value}), but is {how}: more replications would tell."


def _front(choice: Choice) -> str:
    on = [one for one in choice.sure if one.front and one.front.on]
    both = " and ".join(_wanted(objective) for objective in choice.objectives)
    names = "; ".join(_name(one) for one in on)
    perhaps = [one for one in choice.sure if one.front and not one.front.sure]
    doubt = (
        f" Of {len(perhaps)} of {len(choice.sure)} points the runs do not tell surely whether they "
        "are on it."
        if perhaps
        else ""
    )
    return f"No other point beats these in {both}: {names}.{doubt}"


def _none(choice: Choice, asked: str) -> str:
    likely = choice.most_probable
    if any(one.holds is Holds.SURELY for one in choice.candidates):
        return "Where the conditions surely hold, what is to be best is not defined."
    if likely is None:
        return f"No point does what is asked: {asked} surely fails at each."
    how = _how_surely(likely.holds, likely.confidence)
    told = f"No point surely does what is asked ({asked}). The most probable is"
    return f"{told} {_name(likely)}: {how}."


def _how_surely(holds: Holds, confidence: float) -> str:
    if holds is not Holds.OPEN:
        return str(holds)
    if math.isnan(confidence):
        return "open"
    # Rounded down: it is at least so sure.
    return f"open, {math.floor(100 * confidence):g} % or more"


def _standing(front: Standing | None) -> Text:
    if front is None:
        return Text("-", style=QUIET)
    told = "yes" if front.on else "no"
    return Text(told if front.sure else f"{told}, perhaps", style=GOOD if front.on else "")


def _wanted(objective: Objective) -> str:
    return f"{'most' if objective.highest else 'least'} {words(objective.name)}"


def _name(one: Candidate) -> str:
    return short_point_name(one.point.parameters)


def _two(choice: Choice) -> bool:
    return len(choice.objectives) > 1
