"""What happened at one point, in one plain sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.numerals import count, quantity
from sim.outcomes import Belief, Fate
from sim.totals import outcome_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.runner import PointResult


def sentence(point: PointResult) -> str:
    """Return what became of the messages of *point*: "Of 200,000 messages, 261 failed; …"."""
    rows: list[list[int]] = outcome_matrix(point).tolist()
    total = sum(map(sum, rows))
    clauses = [_beliefs(rows, total)]
    for belief, name in ((Belief.FAILED, "failed"), (Belief.UNKNOWN, "unknown ones")):
        clauses.extend(_of_them(rows[belief], name))
    if any(rows[Belief.CONFIRMED]):
        clauses.append(_promised(point, rows[Belief.CONFIRMED][Fate.LOST]))
    clauses.extend(_in_all(rows))
    return "; ".join(clauses) + "."


def _beliefs(rows: Sequence[Sequence[int]], total: int) -> str:
    confirmed, failed, unknown = map(sum, rows)
    if confirmed == total:
        return f"All {count(total)} messages were confirmed"
    parts = []
    if failed:
        parts.append(f"{_of(failed, total)} failed")
    if unknown:
        parts.append(f"{_of(unknown, total)} stayed unknown to their producer")
    return f"Of {count(total)} messages, {' and '.join(parts)}"


def _of_them(row: Sequence[int], name: str) -> list[str]:
    """Return what became of those that failed, or that nobody knows of."""
    everyone = sum(row)
    effect = "had an effect all the same" if name == "failed" else "had an effect"
    fates: tuple[tuple[int, str, str], ...] = (
        (row[Fate.LOST], "was lost", "were lost"),
        (row[Fate.DEAD_LETTERED], "was parked as a dead letter", "were parked as dead letters"),
        (row[Fate.PENDING], "was still pending in the end", "were still pending in the end"),
        (row[Fate.ONCE] + row[Fate.DUPLICATED], effect, effect),
    )
    if everyone == 1:
        return [f"it {one}" for number, one, _ in fates if number]
    parts = [
        f"{_of(number, everyone)} {one if number == 1 else many}"
        for number, one, many in fates
        if number
    ]
    return [f"of the {name}, {', '.join(parts)}"] if parts else []


def _promised(point: PointResult, lost: int) -> str:
    """Return what became of the promises made to senders."""
    if lost:
        return f"{count(lost)} confirmed {_were(lost, 'message')} lost silently"
    if point.rare is not None and "silent_loss" in point.rare.estimates:
        return "no confirmed message was lost"  # how rarely one is, is told beside
    silent = point.estimates["silent_loss"]
    bound = f"{quantity('lost', silent.high)} at {100 * silent.confidence:g} %"
    return f"no confirmed message was lost (silent loss below {bound})"


def _in_all(rows: Sequence[Sequence[int]]) -> list[str]:
    """Return what is said of all messages together."""
    fates = [sum(column) for column in zip(*rows, strict=True)]
    confirmed = rows[Belief.CONFIRMED]
    told = []
    if fates[Fate.DUPLICATED]:
        told.append(f"{count(fates[Fate.DUPLICATED])} had two effects or more")
    if confirmed[Fate.DEAD_LETTERED]:
        number = confirmed[Fate.DEAD_LETTERED]
        told.append(f"{count(number)} confirmed {_were(number, 'message')} parked as dead letters")
    if confirmed[Fate.PENDING]:
        number = confirmed[Fate.PENDING]
        told.append(f"{count(number)} confirmed {_were(number, 'message')} pending in the end")
    if not told and fates[Fate.ONCE] == sum(fates):
        told.append("each had exactly one effect")
    return told


def _of(number: int, everyone: int) -> str:
    return "all" if number == everyone else count(number)


def _were(number: int, noun: str) -> str:
    return f"{noun} was" if number == 1 else f"{noun}s were"
