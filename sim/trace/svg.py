"""A trace as a drawing: a sequence diagram in SVG, its words selectable, its colours safe in print.

Every step has a row of its own, so that nothing lies on anything else; rows are not to scale, and
each names its time. An oblique arrow leads from where something left to where it came, where the
ledger tells both. What a colour says, a shape says, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from sim.numerals import seconds
from sim.plots.page import BLACK, BLUE, GREEN, VERMILLION
from sim.trace.clock import times
from sim.trace.scene import NETWORKS, Part
from sim.trace.shapes import arrow, line, mark, text
from sim.trace.step import Tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.trace.scene import Lane
    from sim.trace.step import Arrow, Step
    from sim.trace.trace import Trace

_GREY, _FAINT = "#666666", "#f3f3f3"
_COLOURS = {
    Tone.PLAIN: BLACK,
    Tone.GOOD: GREEN,
    Tone.BAD: VERMILLION,
    Tone.FAULT: VERMILLION,
    Tone.BACK: BLUE,
}
_ROW, _LANE, _TIME, _LETTER = 26, 112, 110, 8.0
_TOP = 34  # of the lanes' headings
_EDGE = 16
_LEGEND = (
    "Rows are not to scale. Dashed: when it left, or came, is not known. "
    "Cross: lost, or fallen. Shaded: down, or work."
)
_STYLE = f"""
text {{ font-family: 'DejaVu Sans', Verdana, Arial, sans-serif; font-size: 13px; fill: {BLACK}; }}
.title {{ font-size: 16px; font-weight: bold; }}
.quiet {{ fill: {_GREY}; font-size: 12px; }}
.head {{ text-anchor: middle; font-weight: bold; }}
.second {{ text-anchor: middle; fill: {_GREY}; font-size: 12px; }}
.time {{ text-anchor: end; fill: {_GREY}; font-variant-numeric: tabular-nums; }}
.life {{ stroke: {_GREY}; stroke-width: 1.5; }}
.network {{ stroke-dasharray: 2 4; }}
.down {{ stroke: {VERMILLION}; stroke-width: 7; stroke-opacity: 0.25; }}
.words.bad, .words.fault {{ font-weight: bold; }}
.way {{ fill: none; stroke-width: 1.6; }}
.unknown {{ stroke-dasharray: 5 4; }}
""".strip()


def to_svg(found: Trace, heads: Sequence[str]) -> str:
    """Return the drawing of *found* as the text of an SVG file, with *heads* above it.

    The first of them is the title. The same trace gives the same text.
    """
    return "\n".join(_Drawing(found, heads).parts()) + "\n"


class _Drawing:
    def __init__(self, found: Trace, heads: Sequence[str]) -> None:
        self._found = found
        self._heads = heads
        self._foot = [found.verdict, *([found.elsewhere] if found.elsewhere else [])]
        self._x = {
            lane: _EDGE + _TIME + _LANE * place + _LANE / 2
            for place, lane in enumerate(found.lanes)
        }
        self._words_x = _EDGE + _TIME + _LANE * len(found.lanes) + 10
        self._lanes_y = _EDGE + 22 * len(heads) + 14
        self._first_y = self._lanes_y + _TOP + _ROW
        words = self._words_x + _LETTER * max(len(step.words) for step in found.steps)
        lines = _EDGE + _LETTER * max(map(len, (*heads, *self._foot, _LEGEND)))
        self._width = round(max(words, lines) + _EDGE)
        self._height = self._y(len(found.steps)) + 24 * (len(self._foot) + 1) + 8

    def parts(self) -> Iterator[str]:
        """Yield the elements of the drawing, from the back to the front."""
        width, height = self._width, self._height
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}" '
            f'viewBox="0 0 {width} {height:g}" role="img" aria-label={quoteattr(self._foot[0])}>'
        )
        yield f"<title>{escape(self._heads[0])}</title>"
        yield f"<style>{_STYLE}</style>"
        yield '<rect width="100%" height="100%" fill="white"/>'
        for place, head in enumerate(self._heads):
            y = _EDGE + 14 + 22 * place
            yield text(_EDGE, y, head, "quiet" if place else "title")
        for place in range(0, len(self._found.steps), 2):
            yield (
                f'<rect x="{_EDGE}" y="{self._y(place) - _ROW / 2:g}" '
                f'width="{width - 2 * _EDGE}" height="{_ROW}" fill="{_FAINT}"/>'
            )
        for lane in self._found.lanes:
            yield from self._lifeline(lane)
        shown = times(self._found)
        for place, step in enumerate(self._found.steps):
            yield f'<g class="step {step.tone}">'
            yield from self._step(place, step, shown[place])
            yield "</g>"
        below = self._y(len(self._found.steps)) + 14
        for place, said in enumerate((*self._foot, _LEGEND)):
            kind = "quiet" if said == _LEGEND else "verdict"
            yield text(_EDGE, below + 24 * place, said, kind)
        yield "</svg>"

    def _y(self, place: int) -> float:
        return self._first_y + _ROW * place

    def _lifeline(self, lane: Lane) -> Iterator[str]:
        x, (first, second) = self._x[lane], self._found.scene.heading(lane)
        yield text(x, self._lanes_y + 12, first, "head")
        yield text(x, self._lanes_y + 28, second, "second")
        dotted = " network" if lane.part in NETWORKS else ""
        last = len(self._found.steps) - 1
        yield line(x, self._y(0) - _ROW / 2, x, self._y(last) + _ROW / 2, f"life{dotted}")
        for place, down in enumerate(self._found.down()):
            if lane in down:
                end = self._y(place + 1) if place < last else self._y(last) + _ROW / 2
                yield line(x, self._y(place), x, end, "down")

    def _step(self, place: int, step: Step, time: str) -> Iterator[str]:
        x, y, colour = self._x[step.lane], self._y(place), _COLOURS[step.tone]
        exact = seconds(step.time_s - self._found.created_s)
        yield f"<title>{escape(f'{exact}: {step.words}')}</title>"
        yield text(_EDGE + _TIME - 10, y + 4, time, "time")
        yield text(self._words_x, y + 4, step.words, f"words {step.tone}")
        if step.origin is not None:
            yield from self._from_origin(place, step, step.origin)
        elif step.arrow is not None and not (
            step.lane.part is Part.BROKER and self._goes_on(place)
        ):
            yield from self._across(step.arrow, y, colour)
        yield mark(step, x, y, colour)

    def _from_origin(self, place: int, step: Step, origin: int) -> Iterator[str]:
        """Draw from where it left, a step of its own, to where it came; work as a bar."""
        source, colour = self._found.steps[origin], _COLOURS[step.tone]
        x, y, from_y = self._x[step.lane], self._y(place), self._y(origin)
        if source.fact is None:
            yield (
                f'<rect x="{x - 5:g}" y="{from_y:g}" width="10" height="{y - from_y:g}" '
                f'fill="{colour}" fill-opacity="0.35"/>'
            )
            return
        start = self._x[source.lane]
        if source.arrow is not None and source.arrow.end.part in NETWORKS:
            start = self._x[source.arrow.end]
        yield from arrow(start, from_y, x, y, colour, known=step.fact is not None)

    def _goes_on(self, place: int) -> bool:
        """Return whether a later step shows where what left at *place* came to."""
        return any(step.origin == place for step in self._found.steps)

    def _across(self, way: Arrow, y: float, colour: str) -> Iterator[str]:
        start, end = self._x[way.start], self._x[way.end]
        yield from arrow(start, y, end, y, colour, known=way.known)
