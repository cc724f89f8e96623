"""Whether replications go on changing: they grow all along, or begin unlike what follows.

Both questions are asked of each replication by itself and by ranks, and then of all replications
together. So a rare outage that outweighs all else in one stretch of one replication tells nothing:
in a steady state, by symmetry, it is as likely in any other stretch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import stats

if TYPE_CHECKING:
    Table = npt.NDArray[np.float64]

LEVEL = 0.001
"""The chance, at most, to see in a steady state what is not there."""

LEAST = 0.1
"""A start that differs by a smaller share moves a mean by less than 0.5 %."""

_QUARTERS = 4
_RISING = 1 / 6
"""The chance that the means of the four quarters of a replication rise by chance.

Of independent ones it is 1 / 24. The more a queue remembers, the more often it happens: 0.165 for
a random walk, which remembers all (200,000 walks); for a stationary first-order process 0.16, 0.14,
0.10 and 0.06 in windows of 0.1, 1, 3 and 10 relaxation times.
"""

_SQUARE = 18.5
"""The mean square of a first stretch's rank among ten later ones, from -5 to 5.

Of independent ones it is 10; again it grows with memory, up to 18.5 in a window of a tenth of the
relaxation time.
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What was, on an average over the replications, and what became of it."""

    before: float
    after: float


def growth(series: Table) -> Change | None:
    """Return by how much *series* grow, of shape (replications, stretches); None if they do not.

    They do if the means of the four quarters rise in so many replications as they would in fewer
    than one case in 1,000 by chance, and if the last is twice the first.
    """
    if series.shape[1] < _QUARTERS:
        return None
    quarters = np.array([part.mean(axis=1) for part in np.array_split(series, _QUARTERS, axis=1)])
    rising = int((np.diff(quarters, axis=0) > 0).all(axis=0).sum())
    chance = float(stats.binom.sf(rising - 1, series.shape[0], _RISING))
    first, last = float(quarters[0].mean()), float(quarters[-1].mean())
    return Change(first, last) if chance < LEVEL and last >= 2.0 * first else None


def unlike_start(series: Table) -> Change | None:
    """Return the first stretch and the second half of *series*, if the one is unlike the other.

    It is if its rank among the stretches of the second half of its replication is too low, or too
    high, in the sum over all; if it differs by `LEAST`; and if the mean of all stretches is further
    from that of the second half than one standard error. Then an interval at 95 % about it holds
    the steady state in 83 % of all cases, or fewer.
    """
    half = series.shape[1] // 2
    known = series[~np.isnan(series).any(axis=1)]
    if half < 1 or not len(known):
        return None
    first, later = known[:, :1], known[:, half:]
    above = (first > later).sum(axis=1) + (first == later).sum(axis=1) / 2.0
    ranks = 10.0 * (above / later.shape[1] - 0.5)
    score = abs(float(ranks.sum())) / math.sqrt(_SQUARE * len(ranks))
    if score <= stats.norm.isf(LEVEL / 2):
        return None
    before, after = float(first.mean()), float(later.mean())
    bias = abs(float(known.mean()) - after)
    matters = bias > float(known.mean(axis=1).std(ddof=1)) / math.sqrt(len(known))
    apart = abs(before - after) >= LEAST * abs(after)
    return Change(before, after) if matters and apart else None
