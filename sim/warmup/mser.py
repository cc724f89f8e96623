"""MSER-5: where to cut off the beginning of a series, so that the mean of the rest is known best.

Batches of five neighbours are averaged, and of n batches the first d are cut off for which the
squared standard error of the mean of the rest, as if batches were independent,

    sum over i > d of (Z_i - mean of the rest)^2 / (n - d)^2,

is least: to cut off what is biased lessens the sum, to cut off more only lessens n - d
(K. P. White, M. J. Cobb and S. C. Spratt, "A comparison of five steady-state truncation heuristics
for simulation", WSC 2000). It is found to do as well as the best there are (P. S. Mahajan and
R. G. Ingalls, WSC 2004; K. Hoad, S. Robinson and R. Davies, J. Oper. Res. Soc. 61, 2010), and to
cut off what theory says of queues that begin far from their steady state (R. J. Wang and
P. W. Glynn, "On the marginal standard error rule and the testing of initial transient deletion
methods", ACM Trans. Model. Comput. Simul. 27, 2016).

Its known defect: a few last batches that happen to be alike look like a steady state. So the last
five are no candidates, and a cut in the second half tells that the series is too short (Hoad et
al.).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sim.course import Series

BATCH = 5

_LAST = 5  # batches that are too few to judge the others by


@dataclass(frozen=True, slots=True)
class Cut:
    """Cut off the first `size` of a series; `reliable` unless the best cut is in its second half.

    `size` is the best one in the first half.
    """

    size: int
    reliable: bool


def mser(series: Series) -> Cut:
    """Return where to cut *series*, of shape (observations,); nan is what was not observed."""
    batches = batch_means(series)
    number = len(batches)
    if number < 2 * _LAST:
        return Cut(0, reliable=False)
    errors = squared_errors(batches)[: number - _LAST]
    half = number // 2
    return Cut(
        size=BATCH * int(np.argmin(errors[: half + 1])),
        reliable=int(np.argmin(errors)) <= half,
    )


def batch_means(series: Series) -> Series:
    """Return the means of neighbours, five at a time; a rest at the end is left out.

    Where none of the five was observed the mean of all stands in, which says nothing.
    """
    rows = series[: len(series) // BATCH * BATCH].reshape(-1, BATCH)
    known = ~np.isnan(rows)
    total = known.sum()
    if not total:
        return np.zeros(len(rows))
    sums, sizes = np.where(known, rows, 0.0).sum(axis=1), known.sum(axis=1)
    usual = sums.sum() / total
    means: Series = np.where(sizes > 0, sums / np.maximum(sizes, 1), usual)
    return means


def squared_errors(batches: Series) -> Series:
    """Return the squared standard error of the mean without the first 0, 1, … of *batches*."""
    # About their mean, so that the difference of squares keeps its digits.
    centred = (batches - batches.mean())[::-1]
    sizes = np.arange(1, len(batches) + 1)
    sums, squares = np.cumsum(centred), np.cumsum(centred**2)
    errors: Series = ((squares - sums**2 / sizes) / sizes**2)[::-1]
    return np.maximum(errors, 0.0)
