"""Claims beside their verdicts, and the numbers that decide."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from sim.claims import Truth
from sim.numerals import quantity
from sim.tables.style import BAD, GOOD, QUIET, WARN, table
from sim.wording import point_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sim.claims import Judgement, Tested

_STYLES = {Truth.TRUE: GOOD, Truth.FALSE: BAD, Truth.UNDECIDED: WARN}


def claim_table(judgements: Sequence[Judgement]) -> Table | None:
    """Return the claims and their verdicts; None if nothing is claimed."""
    if not judgements:
        return None
    shown = table("Claims")
    shown.add_column("it is said that")
    shown.add_column("here", no_wrap=True)
    shown.add_column("because")
    for judgement in judgements:
        claim = judgement.claim
        text = Text(claim.text)
        if claim.source:
            text.append(f"\n{claim.source}", style=QUIET)
        reasons = Text("\n").join(_reason(result) for result in judgement.tests)
        shown.add_row(text, Text(judgement.truth, style=_STYLES[judgement.truth]), reasons)
    return shown


def _reason(result: Tested) -> Text:
    test = result.test
    where = f" ({point_name(test.at)})" if test.at else ""
    name = f"{test.estimate}{where} "
    relation = "below" if test.upper else "above"
    if result.missing:
        told = result.missing
    elif test.other is None:
        told = f"{_shown(test.estimate, result.value)} {_range(result)}, asked: {relation} "
        told += _shown(test.estimate, result.bound)
    else:
        factor = "" if test.factor == 1.0 else f"{test.factor:g} times "
        told = f"{_shown(test.estimate, result.value)}, asked: {relation} {factor}"
        told += f"{_shown(test.estimate, result.other)} ({point_name(test.other)}); "
        told += f"difference {_range(result)}"
    return Text(name).append(told).append(f": {result.truth}", style=_STYLES[result.truth])


def _range(result: Tested) -> str:
    name = result.test.estimate
    return f"[{_shown(name, result.low)}, {_shown(name, result.high)}]"


def _shown(name: str, value: float) -> str:
    return "-" if math.isnan(value) else quantity(name, value)
