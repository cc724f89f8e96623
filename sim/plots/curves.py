"""Shares of messages over time, with intervals over replications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.coupling import couplings
from sim.estimates import independent_trials, of_parts
from sim.sample import EDGES_S

if TYPE_CHECKING:
    import numpy.typing as npt

    from sim.runner import PointResult

    Array = npt.NDArray[np.float64]
    Latency = Literal["confirm", "delivery"]

MOST_TIMES = 250
"""More times than that nobody can tell apart in a picture."""

_LEAST_MARGIN = 15  # edges, 100 of which are a decade

FEW = 0.002
"""The share of the earliest latencies that need not be seen; a tail is what the late ones have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A probability at `times_s`, between `low` and `high`; all of shape (times,).

    `messages` is the number of messages that could have been counted.
    """

    times_s: Array
    value: Array
    low: Array
    high: Array
    messages: int

    def complement(self) -> Curve:
        """Return the curve of 1 - p."""
        return Curve(
            times_s=self.times_s,
            value=1.0 - self.value,
            low=1.0 - self.high,
            high=1.0 - self.low,
            messages=self.messages,
        )


def confirmed_within(point: PointResult) -> Curve | None:
    """Return R(t), the share of messages confirmed within t; None if none was."""
    within = _cumulative(point, "confirm")
    totals = np.array([float(sample.messages) for sample in point.samples])
    return _curve(point, within, totals, _trials(point, "confirm"))


def latency_within(point: PointResult, latency: Latency) -> Curve | None:
    """Return the distribution function of a *latency* where it is defined; None if nowhere."""
    within = _cumulative(point, latency)
    return _curve(point, within, within[:, -1], _trials(point, latency))


def has_latency(point: PointResult, latency: Latency) -> bool:
    """Return whether a *latency* is defined for any message of *point*."""
    return bool(_cumulative(point, latency)[:, -1].any())


def _trials(point: PointResult, latency: Latency) -> float:
    if latency == "delivery":
        # Messages wait for one another at the consumers, even where no fate depends on it.
        return len(point.samples)
    return independent_trials(point.samples, couplings(point.experiment))


def _cumulative(point: PointResult, latency: Latency) -> Array:
    """Return how many latencies are at most each edge, shape (replications, edges)."""
    return np.array(
        [getattr(sample, f"{latency}_within") for sample in point.samples], dtype=np.float64
    )


def _curve(point: PointResult, within: Array, totals: Array, independent: float) -> Curve | None:
    counts = within.sum(axis=0)
    if counts[-1] == 0:
        return None
    places = _places(counts)
    estimates = {
        # Where nothing came in between, the estimate is the same.
        counts[place]: of_parts(
            "",
            within[:, place],
            totals,
            messages=sum(sample.messages for sample in point.samples),
            confidence=point.experiment.run.confidence,
            probability=True,
            independent=independent,
        )
        for place in places
    }
    told = [estimates[counts[place]] for place in places]
    return Curve(
        times_s=EDGES_S[places],
        value=np.array([estimate.value for estimate in told]),
        low=np.array([estimate.low for estimate in told]),
        high=np.array([estimate.high for estimate in told]),
        messages=round(totals.sum()),
    )


def _places(counts: Array) -> npt.NDArray[np.int64]:
    """Return the edges worth drawing: from before the first few counts to after the last."""
    first = int(np.argmax(counts > FEW * counts[-1]))
    last = int(np.argmax(counts == counts[-1]))
    margin = max(_LEAST_MARGIN, (last - first) // 12)
    start, stop = max(0, first - margin), min(len(counts) - 1, last + margin)
    step = -(-(stop - start) // MOST_TIMES)
    places = np.arange(start, stop + 1, max(step, 1))
    # A distribution of one value is all in one step, whose both sides have to be seen.
    return np.union1d(places, [max(first - 1, 0), first, last])
