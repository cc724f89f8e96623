"""Laws of a time that has a largest value: a constant, a range, a measured sample."""

# ruff: noqa: D102 (what a method promises is said once, in `Law`)

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.checks import at_least, finite
from models.laws.law import FloatArray, step


@dataclass(frozen=True, slots=True)
class Constant:
    """Always `value_s`."""

    value_s: float

    def __post_init__(self) -> None:
        at_least(0, value_s=self.value_s)
        finite(value_s=self.value_s)

    @property
    def mean_s(self) -> float:
        return self.value_s

    @property
    def second_moment_s2(self) -> float:
        return self.value_s**2

    @property
    def bounds_s(self) -> tuple[float, float]:
        return self.value_s, self.value_s

    @property
    def is_constant(self) -> bool:
        return True

    def cdf(self, t_s: npt.ArrayLike) -> FloatArray:
        return step(t_s, self.value_s)

    def quantile(self, u: npt.ArrayLike) -> FloatArray:
        return np.full(np.shape(u), self.value_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """Any time between `low_s` and `high_s`, all alike."""

    low_s: float
    high_s: float

    def __post_init__(self) -> None:
        at_least(0, low_s=self.low_s)
        at_least(self.low_s, high_s=self.high_s)
        finite(high_s=self.high_s)

    @property
    def mean_s(self) -> float:
        return (self.low_s + self.high_s) / 2

    @property
    def second_moment_s2(self) -> float:
        return (self.low_s**2 + self.low_s * self.high_s + self.high_s**2) / 3

    @property
    def bounds_s(self) -> tuple[float, float]:
        return self.low_s, self.high_s

    @property
    def is_constant(self) -> bool:
        return self.low_s == self.high_s

    def cdf(self, t_s: npt.ArrayLike) -> FloatArray:
        if self.is_constant:
            return step(t_s, self.low_s)
        fraction = (np.asarray(t_s) - self.low_s) / (self.high_s - self.low_s)
        return np.asarray(np.clip(fraction, 0.0, 1.0))

    def quantile(self, u: npt.ArrayLike) -> FloatArray:
        return np.asarray(self.low_s + (self.high_s - self.low_s) * np.asarray(u))


@dataclass(frozen=True, slots=True)
class Empirical:
    """A measured sample, drawn from with replacement; nothing is smoothed between its values."""

    values_s: tuple[float, ...]
    _sorted_s: FloatArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        at_least(1, **{"number of values_s": len(self.values_s)})
        ordered = np.sort(np.asarray(self.values_s, dtype=np.float64))
        at_least(0, values_s=float(ordered[0]))
        finite(values_s=float(ordered[-1]))
        ordered.setflags(write=False)
        object.__setattr__(self, "_sorted_s", ordered)

    @property
    def mean_s(self) -> float:
        return float(self._sorted_s.mean())

    @property
    def second_moment_s2(self) -> float:
        return float(np.square(self._sorted_s).mean())

    @property
    def bounds_s(self) -> tuple[float, float]:
        return float(self._sorted_s[0]), float(self._sorted_s[-1])

    @property
    def is_constant(self) -> bool:
        low_s, high_s = self.bounds_s
        return low_s == high_s

    def cdf(self, t_s: npt.ArrayLike) -> FloatArray:
        return np.asarray(np.searchsorted(self._sorted_s, t_s, side="right") / len(self.values_s))

    def quantile(self, u: npt.ArrayLike) -> FloatArray:
        rank = (np.asarray(u) * len(self.values_s)).astype(np.intp)
        return np.asarray(self._sorted_s[rank])
