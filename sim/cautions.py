"""What a person should know before they believe a result: no stability, too short a warm-up.

Both are told from the configuration, for a broker of the queue shape, before anything is run.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.checks.load import arrival_rate_per_s, settles_s, stable

if TYPE_CHECKING:
    from sim.config import Experiment

NOTICED = 0.05
"""So long a part of the measured window may still remember that the queue began empty."""


def cautions(experiment: Experiment) -> tuple[str, ...]:
    """Return what speaks against a result of *experiment*, in words and with its numbers."""
    rate_per_s = arrival_rate_per_s(experiment)
    if experiment.broker.shape != "queue" or not 0 < rate_per_s < math.inf:
        return ()
    grows = stable(experiment)
    if grows:
        return (*grows,)
    settle_s, warmup_s = settles_s(experiment), experiment.run.warmup_s
    window_s = experiment.run.messages / rate_per_s
    share = (settle_s - warmup_s) / window_s
    if math.isfinite(share) and share > NOTICED:
        told = (
            f"the queue takes about {settle_s:.3g} s to settle and run.warmup is {warmup_s:.3g} s: "
            f"{min(share, 1.0):.0%} of the measured window remembers that it began empty"
        )
        return (told,)
    return ()
