"""Losses of a point by replication and cause, and shares of them with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.coupling import couplings
from sim.estimates import independent_trials, of_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from sim.estimates import Estimate
    from sim.result import PointResult

    Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What was lost at `point`, shape (replications, causes), of so many `messages` in each.

    Where rare events were sought, and some seen, losses are `weighed`: each counts as often as it
    really is. `independent` trials are behind them.
    """

    point: PointResult
    lost: Array
    messages: Array
    weighed: bool
    independent: float

    @property
    def any(self) -> bool:
        """Whether anything was lost."""
        return bool(self.lost.sum() > 0)

    @property
    def by_cause(self) -> Array:
        """Losses of all replications together, shape (causes,)."""
        total: Array = self.lost.sum(axis=0)
        return total

    @property
    def total(self) -> Estimate:
        """How much is lost, of all messages."""
        rare = self.point.rare
        if not self.weighed or (rare is not None and "lost" in rare.estimates):
            return self.point.estimates["lost"]
        # The search saw some, and left the estimate to plain runs, which see none.
        return self._ratio(self.lost.sum(axis=1), self.messages)

    def share(self, causes: Sequence[int]) -> Estimate:
        """Return the share of *causes* together in all that was lost."""
        return self._ratio(self.lost[:, list(causes)].sum(axis=1), self.lost.sum(axis=1))

    def _ratio(self, above: Array, below: Array) -> Estimate:
        return of_parts(
            "lost",
            above,
            below,
            messages=round(self.messages.sum()),
            confidence=self.point.experiment.run.confidence,
            probability=not self.weighed,
            independent=self.independent,
        )


def losses_of(point: PointResult) -> Losses:
    """Return what was lost at *point*, weighed if it was seen by a search for rare events."""
    rare = point.rare
    weighed = rare is not None and bool(rare.causes.sum() > 0)
    samples = rare.samples if rare is not None and weighed else point.samples
    return Losses(
        point=point,
        lost=np.array([sample.causes for sample in samples], dtype=np.float64),
        messages=np.array([sample.messages for sample in samples], dtype=np.float64),
        weighed=weighed,
        independent=len(samples)
        if weighed
        else independent_trials(point.samples, couplings(point.experiment)),
    )
