"""What a log and its readers get wrong together, beyond what every broker can."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.config import link_checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.config.experiment import Experiment


def never_committed(experiment: Experiment, _written: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find a log whose readers never get a record, or never get a commit through."""
    if experiment.broker.shape != "log" or math.isfinite(experiment.run.horizon_s):
        return None
    causes = link_checks.always_lost(experiment, answers=experiment.consumer.ack != "auto")
    if not causes:
        return None
    message = f'{causes[0]} with broker.shape = "log" leaves records uncommitted for ever'
    return f"{message}: the run might never end", "set run.horizon"
