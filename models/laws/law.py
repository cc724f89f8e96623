"""What every law of a time answers."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]


class Law(Protocol):
    """A law of a time (s), at least 0, with a finite second moment."""

    @property
    def mean_s(self) -> float:
        """Expectation, s."""

    @property
    def second_moment_s2(self) -> float:
        """Expectation of the square, s²."""

    @property
    def bounds_s(self) -> tuple[float, float]:
        """Smallest and largest possible time, s; the largest may be infinite."""

    @property
    def is_constant(self) -> bool:
        """Whether every draw is the same, so that none needs to be made."""

    def cdf(self, t_s: npt.ArrayLike) -> FloatArray:
        """Return P(X <= t), in the shape of *t_s* (s); 0 for negative times."""

    def quantile(self, u: npt.ArrayLike) -> FloatArray:
        """Return the smallest t (s) with P(X <= t) >= u, in the shape of *u*, for u in [0, 1)."""


def step(t_s: npt.ArrayLike, at_s: float) -> FloatArray:
    """Return the cdf of the constant *at_s* (s), in the shape of *t_s*."""
    return np.asarray(np.asarray(t_s) >= at_s, dtype=np.float64)
