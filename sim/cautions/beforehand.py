"""What the configuration alone tells: no stability, too short a warm-up, too few messages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.cautions.caution import Caution
from sim.checks.load import arrival_rate_per_s
from sim.stations import overloads, slowest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.config import Experiment

NOTICED = 0.05
"""So long a part of the measured window may still remember that the queue began empty."""

FEW = 20.0
"""From fewer independent states of a queue an interval is too narrow.

A window of n relaxation times counts for n of them, if it is long: then the mean of M/M/1 in heavy
traffic has the relative standard deviation 1 / sqrt(n) (W. Whitt, Management Science 35, 1989), as
that of n independent looks has. A short one counts for one. Of ten looks at an exponential
quantity, Student's interval at 95 % holds it in 90 %, of twenty in 92 %.
"""


def beforehand(experiment: Experiment) -> Iterator[Caution]:
    """Yield what speaks against a result of *experiment* before it is run."""
    too_much = overloads(experiment)
    if too_much:
        yield from (Caution("load", text) for text in too_much[:1])
        yield from (Caution(f"load {place}", text) for place, text in enumerate(too_much[1:]))
        return
    place = slowest(experiment)
    if place is None:
        return
    run = experiment.run
    window_s = run.messages / arrival_rate_per_s(experiment)
    share = (place.settles_s - run.warmup_s) / window_s
    if share > NOTICED and not run.warmup_is_open:
        text = (
            f"{place.name} takes about {place.settles_s:.3g} s to settle and run.warmup is "
            f"{run.warmup_s:.3g} s: {min(share, 1.0):.0%} of the measured window remembers that it "
            "began empty"
        )
        yield Caution("warmup", text)
    replications = run.replications if run.precision is None else run.precision.max_replications
    states = replications * max(1.0, window_s / place.settles_s)
    if states < FEW:
        messages = math.ceil(FEW / replications * place.settles_s * run.messages / window_s)
        text = (
            f"the runs see about {states:.2g} independent states of {place.name}, which forgets "
            f"one in {place.settles_s:.3g} s: intervals over so few are too narrow; "
            f"run.messages = {messages} would show {FEW:g}"
        )
        yield Caution("length", text)
