"""The closed form of R(t) as a curve, for plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.checks.acknowledgement import Reliability, exchange

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from sim.config import Experiment


def ack_curve(
    experiment: Experiment, times_s: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64] | None:
    """Return P(confirmed within t of creation) at *times_s* (s), of shape (times,).

    None where the closed form's assumptions are broken.
    """
    if Reliability().broken(experiment):
        return None
    return exchange(experiment).reliability(times_s)
