"""How far a sum over units is from its mean, judged by the units themselves.

The units of a ratio have residuals, numerator - ratio * denominator, whose sum is nought; the
variance of the sum is theirs (W. G. Cochran, "Sampling Techniques", 3rd ed., section 6.3). Units
that follow each other in one replication may go together, as batches that are too short do. They
are tested by von Neumann's ratio (J. von Neumann, Ann. Math. Statist. 12, 1941), here in the form
of the correlation between neighbours. What of it is too weak to be seen widens the interval, as if
the units were an autoregression (A. Tafazzoli and J. R. Wilson, "Skart", IIE Transactions 43,
2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy import stats

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Runs = npt.NDArray[np.int64]

SUSPECT = 0.1
"""Units that go together so much by chance so seldom are not taken for independent."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The standard `error` of a sum over units, and whether neighbours go `together`.

    The error is nan where there is one unit.
    """

    error: float
    together: bool = False


def spread(residuals: Array, runs: Runs) -> Spread:
    """Return the spread of the sum of *residuals*, one for each unit.

    *runs* tells which replication a unit is of; those of one replication are consecutive, and in
    the order of time.
    """
    size = len(residuals)
    squares = float(residuals @ residuals)
    if size < 2:
        return Spread(math.nan)
    error = math.sqrt(squares * size / (size - 1))
    same = runs[1:] == runs[:-1]
    pairs = int(same.sum())
    if not pairs or not squares > 0:
        return Spread(error)
    products = float((residuals[1:] * residuals[:-1])[same].sum())
    # The residuals add up to nought, so that independent ones have a correlation a little below.
    correlation = products / squares * size / pairs + 1.0 / (size - 1)
    if correlation * math.sqrt(pairs) > stats.norm.isf(SUSPECT):
        return Spread(error, together=True)
    weak = max(correlation, 0.0)
    return Spread(error * math.sqrt((1.0 + weak) / (1.0 - weak)))
