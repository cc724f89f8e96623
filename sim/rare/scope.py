"""What the luck of one message can influence in an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.coupling import couplings
from sim.options import link_options
from sim.rare.plan import Scope

if TYPE_CHECKING:
    from sim.config import Experiment


def scope_of(experiment: Experiment) -> Scope:
    """Return what is to be weighed together in *experiment*."""
    coupled = len(couplings(experiment))
    if not coupled:
        # A delivery that is lost keeps a consumer waiting: were all messages tilted, nothing would
        # get done any more.
        deliver = link_options(experiment, "deliver")
        waits = deliver.loss > 0 or deliver.ack_loss > 0
        return Scope.RUN if waits and experiment.consumer.ack != "auto" else Scope.MESSAGE
    # A burst on its way to the broker is met by the packets of one producer.
    bursts = link_options(experiment, "publish").bursts is not None
    return Scope.PRODUCER if bursts and coupled == 1 else Scope.RUN
