"""Laws of a time without a largest value: memoryless, skewed, failing early or wearing out."""

# ruff: noqa: D102 (what a method promises is said once, in `Law`)

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from models.checks import at_least, finite, positive
from models.laws.law import FloatArray, step

Z99 = float(special.ndtri(0.99))
"""The standard normal law's 99 % quantile."""

_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True)
class Exponential:
    """Memoryless, with mean `mean_s`."""

    mean_s: float

    def __post_init__(self) -> None:
        positive(mean_s=self.mean_s)
        finite(mean_s=self.mean_s)

    @property
    def second_moment_s2(self) -> float:
        return 2 * self.mean_s**2

    @property
    def bounds_s(self) -> tuple[float, float]:
        return 0.0, math.inf

    @property
    def is_constant(self) -> bool:
        return False

    def cdf(self, t_s: npt.ArrayLike) -> FloatArray:
        return np.asarray(-np.expm1(-_since_zero(t_s) / self.mean_s))

    def quantile(self, u: npt.ArrayLike) -> FloatArray:
        return np.asarray(-self.mean_s * np.log1p(-np.asarray(u)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lognormal:
    """Right-skewed, given by its median and its 99 % quantile, as latencies are reported.

    The logarithm is normal with mean ln(median) and standard deviation ln(p99/median)/2.326.
    """

    median_s: float
    p99_s: float

    def __post_init__(self) -> None:
        positive(median_s=self.median_s)
        at_least(self.median_s, p99_s=self.p99_s)
        finite(p99_s=self.p99_s, second_moment_s2=self.second_moment_s2)

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm."""
        return math.log(self.p99_s / self.median_s) / Z99

    @property
    def mean_s(self) -> float:
        return self.median_s * float(np.exp(self.sigma**2 / 2))

    @property
    def second_moment_s2(self) -> float:
        with np.errstate(over="ignore"):  # refused as infinite where the law is made
            return float(self.median_s**2 * np.exp(2 * np.float64(self.sigma) ** 2))

    @property
    def bounds_s(self) -> tuple[float, float]:
        return (self.median_s, self.median_s) if self.is_constant else (0.0, math.inf)

    @property
    def is_constant(self) -> bool:
        return self.median_s == self.p99_s

    def cdf(self, t_s: npt.ArrayLike) -> FloatArray:
        if self.is_constant:
            return step(t_s, self.median_s)
        log_t = np.log(np.maximum(_since_zero(t_s), _TINY) / self.median_s)
        return np.asarray(special.ndtr(log_t / self.sigma))

    def quantile(self, u: npt.ArrayLike) -> FloatArray:
        z = special.ndtri(np.maximum(u, _TINY))  # at u = 0 it would be -inf
        return np.asarray(self.median_s * np.exp(self.sigma * z))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gamma:
    """Given by its mean and its coefficient of variation (standard deviation / mean).

    `cv` 1 is the exponential law, 1/sqrt(k) the sum of k equal exponential stages.
    """

    mean_s: float
    cv: float

    def __post_init__(self) -> None:
        positive(mean_s=self.mean_s, cv=self.cv)
        finite(mean_s=self.mean_s, cv=self.cv)

    @property
    def shape(self) -> float:
        """Shape parameter k = 1 / cv²."""
        return self.cv**-2

    @property
    def scale_s(self) -> float:
        """Scale parameter, s: mean / shape."""
        return self.mean_s * self.cv**2

    @property
    def second_moment_s2(self) -> float:
        return self.mean_s**2 * (1 + self.cv**2)

    @property
    def bounds_s(self) -> tuple[float, float]:
        return 0.0, math.inf

    @property
    def is_constant(self) -> bool:
        return False

    def cdf(self, t_s: npt.ArrayLike) -> FloatArray:
        return np.asarray(special.gammainc(self.shape, _since_zero(t_s) / self.scale_s))

    def quantile(self, u: npt.ArrayLike) -> FloatArray:
        probability = np.asarray(u, dtype=np.float64)
        return np.asarray(self.scale_s * special.gammaincinv(self.shape, probability))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weibull:
    """Power-law hazard: `shape` below 1 fails early, 1 is exponential, above 1 wears out."""

    scale_s: float
    shape: float

    def __post_init__(self) -> None:
        positive(scale_s=self.scale_s, shape=self.shape)
        finite(scale_s=self.scale_s, shape=self.shape, second_moment_s2=self.second_moment_s2)

    @property
    def mean_s(self) -> float:
        return self.scale_s * float(special.gamma(1 + 1 / self.shape))

    @property
    def second_moment_s2(self) -> float:
        return self.scale_s**2 * float(special.gamma(1 + 2 / self.shape))

    @property
    def bounds_s(self) -> tuple[float, float]:
        return 0.0, math.inf

    @property
    def is_constant(self) -> bool:
        return False

    def cdf(self, t_s: npt.ArrayLike) -> FloatArray:
        with np.errstate(over="ignore"):  # far out the cdf is 1
            return np.asarray(-np.expm1(-((_since_zero(t_s) / self.scale_s) ** self.shape)))

    def quantile(self, u: npt.ArrayLike) -> FloatArray:
        return np.asarray(self.scale_s * (-np.log1p(-np.asarray(u))) ** (1 / self.shape))


def _since_zero(t_s: npt.ArrayLike) -> FloatArray:
    return np.maximum(np.asarray(t_s, dtype=np.float64), 0.0)
