"""A trace as a sequence diagram of characters: time on the left, lanes, and what happened."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len

from sim.trace.clock import times
from sim.trace.facts import CRASH, RESTART
from sim.trace.scene import NETWORKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sim.trace.scene import Lane
    from sim.trace.step import Arrow, Step, Tone
    from sim.trace.trace import Trace

WIDTH = 80
_LEAST_WORDS = 25
_WIDEST, _NARROWEST = 10, 4
_SHORT = {
    "producer": "prod.",
    "network": "netw.",
    "publish": "publ.",
    "deliver": "deliv.",
    "broker": "brok.",
    "replica": "repl.",
    "consumer": "cons.",
    "handler": "handl.",
}
_UP, _DOWN, _NETWORK = "│", "░", "┊"
_DOT, _CROSS, _BACK = "●", "\N{BOX DRAWINGS LIGHT DIAGONAL CROSS}", "┬"
_LEGEND = {
    "┄": "when it left, or came, is not known",
    _DOWN: "down",
    _CROSS: "lost, or fallen",
    _BACK: "back",
}


def diagram(found: Trace, width: int = WIDTH) -> list[tuple[str, Tone | None]]:
    """Return the lines of the diagram of *found*, each with the tone of its step, None for heads.

    They are no longer than *width* unless there are too many lanes.
    """
    told = times(found)
    margin = max(map(cell_len, told))
    pitch = _pitch(found, width - margin - 2)
    drawing = _Drawing(found, pitch)
    room = max(_LEAST_WORDS, width - margin - 2 - drawing.width)
    lines: list[tuple[str, Tone | None]] = [
        (f"{'':{margin}}  {head}".rstrip(), None) for head in drawing.heads()
    ]
    for place, step in enumerate(found.steps):
        words = textwrap.wrap(step.words, room) or [""]
        rows = [drawing.row(place), *(drawing.rest(place) for _ in words[1:])]
        for number, (row, said) in enumerate(zip(rows, words, strict=True)):
            time = told[place] if not number else ""
            lines.append((f"{time:>{margin}}  {row}{said}".rstrip(), step.tone))
    return lines


def legend(lines: Iterable[str]) -> str:
    """Return what the signs in *lines* mean that do not speak for themselves."""
    drawn = set().union(*lines)
    return "   ".join(f"{sign} {means}" for sign, means in _LEGEND.items() if sign in drawn)


def _pitch(found: Trace, room: int) -> int:
    """Return how far the lanes are apart, in columns."""
    fitting = (room - _LEAST_WORDS) // len(found.lanes)  # a little is won at the last one
    return min(_WIDEST, max(_NARROWEST, fitting))


class _Drawing:
    """Rows of lanes, *pitch* columns apart."""

    def __init__(self, found: Trace, pitch: int) -> None:
        self._found = found
        self._pitch = pitch
        self._columns = {lane: place * pitch + pitch // 2 for place, lane in enumerate(found.lanes)}
        self._down = found.down()
        self.width = max(self._columns.values()) + 3  # and two blanks before the words

    def heads(self) -> Iterator[str]:
        """Yield the two rows of headings."""
        names = [self._found.scene.heading(lane) for lane in self._found.lanes]
        for both in zip(*names, strict=True):
            yield "".join(f"{self._fitting(name):^{self._pitch}}" for name in both)

    def _fitting(self, name: str) -> str:
        room = self._pitch - 1
        return (name if len(name) <= room else _SHORT.get(name, name))[:room]

    def row(self, place: int) -> str:
        """Return the row of the step at *place*."""
        step = self._found.steps[place]
        cells = self._lines(self._down[place - 1] if place else frozenset())
        if step.arrow is not None:
            self._draw_arrow(cells, step.arrow)
        cells[self._columns[step.lane]] = self._mark(step)
        return "".join(cells)

    def rest(self, place: int) -> str:
        """Return a row below that of the step at *place*."""
        return "".join(self._lines(self._down[place]))

    def _lines(self, down: frozenset[Lane]) -> list[str]:
        cells = [" "] * self.width
        for lane, column in self._columns.items():
            line = _NETWORK if lane.part in NETWORKS else _UP
            cells[column] = _DOWN if lane in down else line
        return cells

    def _draw_arrow(self, cells: list[str], arrow: Arrow) -> None:
        start, end = self._columns[arrow.start], self._columns[arrow.end]
        between = range(min(start, end) + 1, max(start, end))
        for column in between:
            crossed = cells[column] != " "
            if arrow.known:
                cells[column] = "┼" if crossed else "─"
            elif not crossed:
                cells[column] = "┄"
        if between:
            cells[end - 1 if start < end else end + 1] = "►" if start < end else "◄"

    def _mark(self, step: Step) -> str:
        fact = step.fact
        if fact is not None and fact.kind in (CRASH, RESTART):
            return _CROSS if fact.kind == CRASH else _BACK
        return _CROSS if fact is not None and fact.kind == "dropped" else _DOT
