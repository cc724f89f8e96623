"""The shapes of a drawing in SVG: marks, arrows, lines, words."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from sim.trace.facts import BEGUN, CRASH, RESTART

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.trace.step import Step


def mark(step: Step, x: float, y: float, colour: str) -> str:
    """Return the sign of *step*: a cross for what is no more, a ring for what begins."""
    kind = BEGUN if step.fact is None else step.fact.kind
    if kind in (CRASH, "dropped"):
        return (
            f'<path class="way" stroke="{colour}" style="stroke-width:3" '
            f'd="M{x - 6:g} {y - 6:g}l12 12m0 -12l-12 12"/>'
        )
    fill = "white" if kind in (RESTART, BEGUN) else colour
    return f'<circle cx="{x:g}" cy="{y:g}" r="5" fill="{fill}" stroke="{colour}"/>'


def arrow(
    x: float, y: float, end_x: float, end_y: float, colour: str, *, known: bool
) -> Iterator[str]:
    """Draw an arrow that ends just before (end_x, end_y); dashed if not all of it is known."""
    length = max(((end_x - x) ** 2 + (end_y - y) ** 2) ** 0.5, 1e-9)
    along, aside = (end_x - x) / length, (end_y - y) / length
    tip = (end_x - 6 * along, end_y - 6 * aside)
    base = (tip[0] - 9 * along, tip[1] - 9 * aside)
    dashed = "" if known else " unknown"
    yield (
        f'<path class="way{dashed}" stroke="{colour}" '
        f'd="M{x:g} {y:g}L{base[0]:.1f} {base[1]:.1f}"/>'
    )
    wing = (-4 * aside, 4 * along)
    yield (
        f'<path fill="{colour}" d="M{tip[0]:.1f} {tip[1]:.1f}'
        f"L{base[0] + wing[0]:.1f} {base[1] + wing[1]:.1f}"
        f'L{base[0] - wing[0]:.1f} {base[1] - wing[1]:.1f}Z"/>'
    )


def text(x: float, y: float, words: str, kind: str) -> str:
    """Return *words*, which can be selected, in the style *kind*."""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(words)}</text>'


def line(x: float, y: float, end_x: float, end_y: float, kind: str) -> str:
    """Return a line in the style *kind*."""
    return f'<line class="{kind}" x1="{x:g}" y1="{y:g}" x2="{end_x:g}" y2="{end_y:g}"/>'
