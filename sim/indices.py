"""Sobol's indices: how much of the variance of a function's value is due to each of its inputs.

The *first* is the share that goes when an input is fixed, and what it does by itself; the *total*
is the share that stays when all others are fixed, and so has what it does together with them, too
(I. M. Sobol, "Sensitivity analysis for nonlinear mathematical models", 1993; T. Homma and
A. Saltelli, Reliab. Eng. Syst. Saf. 52, 1996). They come from points A and B of a Sobol design, and
points that are A but for one input, which is B's: n (k + 2) points for k inputs (A. Saltelli et
al., "Variance based sensitivity analysis of model output", Comput. Phys. Commun. 181, 2010;
`scipy.stats.sobol_indices`). Intervals are quantiles of a bootstrap over the n; scipy's own draws
from luck that nobody names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import stats

from sim.config.design import unit_points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Values: TypeAlias = npt.NDArray[np.float64]

RESAMPLES = 1000
_AT_ONCE = 50


class NothingToLearnError(ValueError):
    """Something of which no sensitivity can be told; the text says why."""


@dataclass(frozen=True, slots=True)
class Index:
    """A share of the variance, between `low` and `high`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one key does by itself (`first`), and with all that it does with others (`total`)."""

    name: str
    first: Index
    total: Index


def effects_of(
    names: Sequence[str],
    size: int,
    seed: int,
    model: Callable[[Values], Values],
    *,
    level: float = 0.95,
) -> tuple[tuple[Effect, ...], float]:
    """Return the effects of the inputs *names* on *model*, and the variance of its output.

    *model* takes points of the unit cube, shape (points, inputs), and returns shape (points,).
    """
    keys = len(names)
    base = unit_points("sobol", 2 * keys, size, seed)
    first, second = base[:, :keys], base[:, keys:]
    mixed = np.repeat(first[None], keys, axis=0)
    for key in range(keys):
        mixed[key, :, key] = second[:, key]
    units = np.concatenate([first[None], second[None], mixed])
    values = model(units.reshape(-1, keys)).reshape(keys + 2, 1, size)
    spread = float(np.var(values[:2]))
    if not spread > 0:
        raise NothingToLearnError("it is the same everywhere: nothing makes a difference")
    told = _indices(values)[:, 0]
    ends = np.quantile(_resampled(values, seed), [(1 - level) / 2, (1 + level) / 2], axis=1)
    made = [
        Effect(
            name=name,
            first=Index(float(told[0, key]), *ends[:, 0, key].tolist()),
            total=Index(float(told[1, key]), *ends[:, 1, key].tolist()),
        )
        for key, name in enumerate(names)
    ]
    return tuple(sorted(made, key=lambda effect: -effect.total.value)), spread


def _indices(values: Values) -> Values:
    """Return first and total indices, shape (2, outputs, keys), of (keys + 2, outputs, size)."""
    # One output more, so that scipy does not drop the axis of outputs where there is one.
    padded = np.concatenate([values, values[:, :1]], axis=1)
    made = stats.sobol_indices(
        func={"f_A": padded[0], "f_B": padded[1], "f_AB": padded[2:]}, n=values.shape[-1]
    )
    return np.array([made.first_order, made.total_order])[:, :-1]


def _resampled(values: Values, seed: int) -> Values:
    """Return the indices of resamples, shape (2, resamples, keys)."""
    luck = np.random.default_rng(seed)
    size = values.shape[-1]
    found = []
    for _ in range(RESAMPLES // _AT_ONCE):
        chosen = luck.integers(size, size=(_AT_ONCE, size))
        found.append(_indices(values[:, 0][:, chosen]))
    return np.concatenate(found, axis=1)
