"""The cross-entropy choice of a mixture: what would have made the rare things seen likely.

Of all mixtures of tilts the one is wanted under which the events of a pilot, weighed back to their
true frequency, are most likely: that is nearest to the ideal, the luck as it is given the event
(R. Y. Rubinstein & D. P. Kroese, "The Cross-Entropy Method", 2004; mixtures by expectation and
maximization: N. Kurtz & J. Song, "Cross-entropy-based adaptive importance sampling using Gaussian
mixture", Structural Safety 42, 2013).

Each draw falls to one of several pieces: a coin has two, a first up-time one for each stretch of
time. Everything here is in terms of pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.rare.plan import Floats

LEAST_SHARE = 0.02
"""A component of less than that is left out."""

LARGEST = 0.95
"""No piece that is not all but certain anyway gets more: what an event needs is never the rule."""

GRAIN = 0.01
"""So many of the tosses of an average event are added, fallen as luck has it."""

ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Events:
    """What a pilot saw: `weights`, shape (events,), and for each draw how often it fell where.

    `counts[j]` has shape (events, pieces of draw j), `nominal[j]` shape (pieces of draw j,). The
    draws from number `runs` on are of all of a run, those before of one message; of `size` messages
    one is tilted.
    """

    weights: Floats
    counts: Sequence[Floats]
    nominal: Sequence[Floats]
    size: int = 1
    runs: int | None = None
    together: Floats | None = None

    @property
    def messages(self) -> int:
        """How many draws are of one message."""
        return len(self.counts) if self.runs is None else self.runs


@dataclass(frozen=True, slots=True)
class Fit:
    """Shares of shape (k + 1,), the first untilted; `chances[j]` of shape (k, pieces of draw j)."""

    shares: Floats
    chances: Sequence[Floats]


def fit(start: Fit, events: Events, least_first: float) -> Fit:
    """Return the mixture nearest to *events*, from *start* on; *least_first* is kept untilted."""
    mixture = start
    total = events.weights.sum()
    if not 0.0 < total < np.inf:
        return _pruned(start, least_first)  # too rare to be weighed at all
    weights = events.weights / total
    for _ in range(ROUNDS):
        mixture = _step(mixture, events, weights)
    held, _ = _owed(mixture, events, weights)
    return _pruned(_spread(mixture, _runs_behind(held, events)), least_first)


def densities(mixture: Fit, events: Events) -> tuple[Floats, Floats]:
    """Return the ratios of each tilt after the first to the luck as it is, twice (events, k).

    The first are those by the draws of the message, the second by those of the run.
    """
    cut = events.messages
    parts = list(zip(events.counts, events.nominal, mixture.chances, strict=True))
    shape = len(events.weights), len(mixture.shares) - 1
    return _ratio(parts[:cut], shape), _ratio(parts[cut:], shape)


def density(mixture: Fit, events: Events) -> Floats:
    """Return how much likelier *mixture* makes each event than luck as it is, shape (events,)."""
    ratios = _ratios(mixture, events)[0]
    total: Floats = mixture.shares[0] + ratios @ mixture.shares[1:]
    return total


def _ratios(mixture: Fit, events: Events) -> tuple[Floats, Floats]:
    """Return the ratios of each tilt, and those by the draws of the message: (events, tilts)."""
    own, runs = densities(mixture, events)
    return runs * (own + events.size - 1) / events.size, own


def _ratio(parts: Sequence[tuple[Floats, Floats, Floats]], shape: tuple[int, int]) -> Floats:
    logs = np.zeros(shape)
    for counts, nominal, chances in parts:
        some = nominal > 0
        logs += counts[:, some] @ np.log(chances[:, some] / nominal[some]).T
    return np.exp(np.minimum(logs, 600.0))


def _owed(mixture: Fit, events: Events, weights: Floats) -> tuple[Floats, Floats]:
    """Return how much of each event is owed to each tilt, and how much to its own draws.

    Both have shape (events, tilts).
    """
    ratios, own = _ratios(mixture, events)
    drawn = mixture.shares[0] + ratios @ mixture.shares[1:]
    held = weights[:, None] * mixture.shares[1:] * ratios / drawn[:, None]
    return held, held * own / (own + events.size - 1)


def _step(mixture: Fit, events: Events, weights: Floats) -> Fit:
    held, owed = _owed(mixture, events, weights)
    shares = np.concatenate(([1.0 - held.sum()], held.sum(axis=0)))
    shares = np.maximum(shares, 1e-9)
    chances = [
        _chances((owed if place < events.messages else held).T @ counts, nominal)
        for place, (counts, nominal) in enumerate(zip(events.counts, events.nominal, strict=True))
    ]
    return Fit(shares / shares.sum(), chances)


def _chances(counts: Floats, nominal: Floats) -> Floats:
    """Return the chances of pieces from weighed *counts*, shape (k, pieces), with some caution."""
    # Some of the luck as it is: what was possible stays possible, and what only a few events have
    # tossed stays as it is.
    counts = counts + GRAIN * nominal
    chances = counts / counts.sum(axis=1, keepdims=True)
    most = np.maximum(LARGEST, nominal)
    over = np.maximum(chances - most, 0.0)
    chances -= over
    spare = over.sum(axis=1, keepdims=True)
    others = np.where(over > 0, 0.0, nominal)
    shared: Floats = others / np.maximum(others.sum(axis=1, keepdims=True), 1e-300)
    result: Floats = chances + spare * shared
    return result


def _pruned(mixture: Fit, least_first: float) -> Fit:
    keep = mixture.shares[1:] >= LEAST_SHARE
    tilted = mixture.shares[1:][keep]
    first = max(1.0 - tilted.sum(), least_first)
    if tilted.size:
        tilted = tilted / tilted.sum() * (1.0 - first)
    return Fit(np.concatenate(([first], tilted)), [chances[keep] for chances in mixture.chances])


def _runs_behind(held: Floats, events: Events) -> Floats:
    """Return on how many runs of equal weight each tilt rests, shape (tilts,)."""
    together = np.ones(len(held)) if events.together is None else events.together
    squares = (held**2 * together[:, None]).sum(axis=0)
    runs: Floats = held.sum(axis=0) ** 2 / np.maximum(squares, 1e-300)
    return runs


def _spread(mixture: Fit, runs: Floats) -> Fit:
    """Return *mixture* with no piece of a run's time left out that few *runs* speak against.

    Each piece gets one run more than were seen in it (Laplace's rule of succession).
    """
    chances = list(mixture.chances)
    for place, found in enumerate(chances):
        inside = found[:, :-1]
        pieces = inside.shape[1]
        if pieces > 1:
            evenly = (pieces / (runs + pieces))[:, None]
            spread = (1.0 - evenly) * inside + evenly * inside.mean(axis=1, keepdims=True)
            chances[place] = np.concatenate((spread, found[:, -1:]), axis=1)
    return Fit(mixture.shares, chances)
