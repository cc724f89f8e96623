"""What a reader wants first: what came out, and how it stands with claims, checks and doubts."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.claims import Truth
from sim.comparison import NothingToCompareError, compare
from sim.measures import MEASURES
from sim.numerals import count, times
from sim.report.chosen import ends
from sim.report.grid import Line, Piece, pieces, quiet
from sim.report.names import brief_names, listed
from sim.tables import sentence, verdicts
from sim.tables.rare import rare_sentence
from sim.wording import interval_text, never_seen, value_text, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.claims import Judgement
    from sim.report.against import Against
    from sim.runner import PointResult, Result

MOST_IN_WORDS = 12
"""Of more points the sentences stand with the rest of each, and not on top."""

_LEAST_SURE = 50.0  # per cent
_TONES = {Truth.TRUE: "good", Truth.FALSE: "bad", Truth.UNDECIDED: "warn"}


@dataclass(frozen=True, slots=True)
class Glance:
    """One thing to see at a glance: how it stands, and the id of where more is told."""

    name: str
    told: Line
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InWords:
    """What happened at one point, in sentences, and the verdicts of its checks."""

    sentences: tuple[str, ...]
    checks: Line


def glances(result: Result, judgements: Sequence[Judgement], found: Against) -> list[Glance]:
    """Return how it stands with claims, checks, cautions and doubts."""
    checks = [check for point in result.points for check in point.checks]
    told = []
    if judgements:
        told.append(Glance("Claims", _truths(judgements), "claims"))
    told.append(
        Glance(
            "Checks against closed forms",
            pieces(verdicts(checks)) if checks else (quiet("no closed form holds here"),),
            "checks",
        )
    )
    told.append(Glance("Silent loss: confirmed and lost", _silent(result), "tables"))
    told.append(Glance("Cautions", _number(len(found.cautions)), "against"))
    if any(point.rare for point in result.points):
        told.append(Glance("Doubts about rare events", _number(len(found.doubts)), "against"))
    return told


def in_words(point: PointResult) -> InWords:
    """Return what happened at *point*."""
    rare = rare_sentence(point)
    before = "In the plain replications: " if point.rare else ""
    told = [*([rare] if rare else []), f"{before}{sentence(point)}"]
    if point.left_out:
        told.append(f"Has no place for, and left out: {', '.join(point.left_out)}.")
    checks = pieces(verdicts(point.checks)) if point.checks else ()
    return InWords(sentences=tuple(told), checks=checks)


def all_in_words(result: Result) -> list[tuple[str, InWords]]:
    """Return what happened at each point, with its name; nothing where that would be too much."""
    if len(result.points) > MOST_IN_WORDS:
        return []
    return list(zip(brief_names(result), map(in_words, result.points), strict=True))


def span(result: Result) -> list[str]:
    """Return where what the experiment looks at is lowest and highest, and how surely."""
    name = result.experiment.plot.y
    found = ends(result, name)
    if len(result.points) == 1 or not found.lowest:
        return []
    title = f"{words(name).capitalize()} ({MEASURES[name].meaning})"
    if found.lowest == found.highest:
        return [f"{title} is the same at every point: {_told(result, name, found.lowest)}."]
    return [
        f"{title} is lowest at {_end(result, name, found.lowest, highest=False)}",
        f"It is highest at {_end(result, name, found.highest, highest=True)}",
    ]


def _end(result: Result, name: str, places: tuple[int, ...], *, highest: bool) -> str:
    sure = _sure(result, name, places, highest=highest)
    return f"{listed(places, result)}: {_told(result, name, places)}. {sure}"


def _told(result: Result, name: str, places: tuple[int, ...]) -> str:
    """Return the value at *places*, where it is the same; the bound that is widest."""
    made = max((result.points[place].estimates[name] for place in places), key=lambda e: e.high)
    if never_seen(name, made):
        bound = interval_text(name, made)
        return f"none seen, {bound}" + (" at each" if len(places) > 1 else "")
    return f"{value_text(name, made)} ({interval_text(name, made)})"


def _sure(result: Result, name: str, places: tuple[int, ...], *, highest: bool) -> str:
    """Return how probable it is that the point is the one at that end; empty if nobody knows."""
    if len(places) > 1:
        return "These cannot be told apart."
    try:
        probability = compare(result, name, highest=highest).probability
    except NothingToCompareError:
        return ""
    # Rounded down: what is not certain is not called so.
    sure = min(math.floor(1000 * probability) / 10, 99.9)
    end = "highest" if highest else "lowest"
    if sure < _LEAST_SURE:
        return f"It is not told apart from others: another one may be the {end}."
    return f"It is the {end} with a probability of at least {sure:g} %."


def _truths(judgements: Sequence[Judgement]) -> Line:
    counts = Counter(judgement.truth for judgement in judgements)
    told: list[Piece] = []
    for truth in Truth:
        if counts[truth]:
            told += [Piece(", ")] if told else []
            told.append(Piece(f"{count(counts[truth])} {truth}", _TONES[truth]))
    return tuple(told)


def _silent(result: Result) -> Line:
    """Return at how many points messages were lost that their senders were promised."""
    made = [point.estimates["silent_loss"] for point in result.points]
    seen = [estimate for estimate in made if estimate.value > 0]
    if not seen:
        return (Piece("none seen"),)
    if len(made) == 1:
        return (Piece(value_text("silent_loss", seen[0]), "bad"),)
    return (Piece(f"seen at {count(len(seen))} of {times(len(made), 'point')}", "bad"),)


def _number(number: int) -> Line:
    return (Piece(count(number), "warn") if number else Piece("none", "good"),)
