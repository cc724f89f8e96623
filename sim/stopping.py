"""How many replications it takes until an interval is narrow enough (`[run.precision]`).

There are few looks. Each asks for the half-width of the interval, and plans the next size from it:
a half-width falls with the square root of the replications. So most runs are over after two or
three looks: a first one, one at the planned size, and perhaps a small rest.

Looking again and again spoils the level of an interval if one stops for what the value says. Here
one stops for the width. Of means over many messages the width tells next to nothing of the value
(for normal ones it is independent of it), and what is left of the harm is that a spread which is
underestimated stops too early (Y. S. Chow and H. Robbins, "On the asymptotic theory of fixed-width
sequential confidence intervals for the mean", Ann. Math. Statist. 36, 1965: none in the limit). A
first look not before `LEAST` replications and a plan with some `RESERVE` keep that small; how small
is measured (tests/theory/test_stopping.py).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.config.run import Precision
    from sim.estimates import Estimate

LEAST = 20
"""Replications before the first look."""

RESERVE = 1.1
"""So many times the replications that the last width asks for."""

_MOST_AT_ONCE = 4.0  # times as many as there are: a first width is a rough guide
_LEAST_AT_ONCE = 1.1


def first_size(replications: int, precision: Precision) -> int:
    """Return how many replications there are at the first look."""
    return min(max(replications, LEAST), precision.max_replications)


def half_width(estimate: Estimate) -> float:
    """Return half the width of the interval; infinite if there is none."""
    half = (estimate.high - estimate.low) / 2.0
    return half if math.isfinite(half) else math.inf


def asked(estimate: Estimate, precision: Precision) -> float:
    """Return the half-width that is asked for; 0 while nothing was seen that it is relative to."""
    widths = []
    if precision.absolute is not None:
        widths.append(precision.absolute)
    if precision.relative is not None:
        widths.append(precision.relative * estimate.value if estimate.defined else 0.0)
    return min(widths)


def next_size(estimate: Estimate, precision: Precision) -> int | None:
    """Return how many replications to have before the next look; None if these are enough.

    They are enough, too, when there are `max_replications`.
    """
    size, most = estimate.replications, precision.max_replications
    half, wanted = half_width(estimate), asked(estimate, precision)
    if size >= most or (half <= wanted and estimate.defined):
        return None
    factor = RESERVE * (half / wanted) ** 2 if wanted > 0 and math.isfinite(half) else math.inf
    factor = min(max(factor, _LEAST_AT_ONCE), _MOST_AT_ONCE)
    return min(max(math.ceil(size * factor), size + 1), most)


def width_text(estimate: Estimate, precision: Precision) -> str:
    """Return how wide the interval is, and how wide it is to be."""
    half = half_width(estimate)
    if precision.relative is not None and estimate.defined and estimate.value > 0:
        share = half / estimate.value
        return f"{estimate.name} to {share:.0%}, asked: {precision.relative:.0%}"
    if precision.absolute is None:
        return f"{estimate.name}: nothing seen yet"
    return f"{estimate.name} to {half:.2g}, asked: {precision.absolute:.2g}"
