"""How each interval was made, for who wants to make it again by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.estimate import BOUND, FEWER_TRIALS
from sim.report.grid import Grid, Row, cell, column

if TYPE_CHECKING:
    from sim.runner import Result

_MEANINGS = {
    "Student over batches": (
        "Student's t over long batches of messages; a ratio's upper end is taken on a logarithmic "
        "scale."
    ),
    "Student": (
        "Student's t over replications, from how much they differ; a ratio's upper end is taken "
        "on a logarithmic scale."
    ),
    "Clopper-Pearson": "Exact binomial interval: every message is an independent trial.",
    FEWER_TRIALS: (
        "Exact binomial interval of fewer trials than messages: as many as their spread between "
        "replications or batches says (Korn and Graubard)."
    ),
    BOUND: "Nothing, or nothing else, was seen: a bound on one side (see Bounds).",
    "order statistics": "Exact interval of a quantile, from the ranks of independent messages.",
    "Woodruff": (
        "Interval of the share below a quantile, read off as times (Woodruff), over replications "
        "or batches."
    ),
    "one replication": "None: one replication tells nothing of how much they differ.",
}
_UNDEFINED = "not defined"
_NO_END = "too few messages lie beyond it for an upper end"
_WEIGHED = "weighed back from tilted luck"


def interval_grid(result: Result) -> Grid:
    """Return each way in which an interval was made, and of which estimates."""
    names: dict[str, dict[str, None]] = {}
    for point in result.points:
        for name, estimate in point.estimates.items():
            if estimate.method != _UNDEFINED:
                names.setdefault(estimate.method, {})[name] = None
    return Grid(
        caption="How intervals were made",
        columns=(column("method"), column("what it is", "long"), column("of", "long")),
        rows=tuple(
            Row((cell(way), cell(_meaning(way)), cell(", ".join(names[way]))))
            for way in sorted(names)
        ),
        note="An estimate has several methods where points differ in what was seen.",
    )


def _meaning(way: str) -> str:
    meaning = next((text for start, text in _MEANINGS.items() if way.startswith(start)), "")
    more = [
        text for sign, text in (("no upper end", _NO_END), ("weighed", _WEIGHED)) if sign in way
    ]
    return f"{meaning} {'; '.join(more).capitalize()}." if more else meaning
