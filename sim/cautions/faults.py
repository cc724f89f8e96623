"""Faults that no measured message meets, or hardly any: all that is said of them is chance.

How long a run is, is known when it is over: it lasts until the last measured message is decided.
Before, it is taken for as long as messages are created that are measured.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.cautions.caution import Caution
from sim.checks.load import arrival_rate_per_s
from sim.numerals import seconds
from sim.outcomes import Fate
from sim.stations import overloads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.config import Experiment
    from sim.config.faults import Fault
    from sim.sample import Sample


TOO_LATE = "late fault "
"""What a caution is about whose fault comes, at its time, when all is over."""


def unmet_faults(experiment: Experiment, samples: Sequence[Sample]) -> Iterator[Caution]:
    """Yield the faults of *experiment* that *samples*, or runs as planned, hardly meet."""
    run = experiment.run
    if run.rare is not None:
        return
    length_s = _length_s(experiment, samples)
    if samples:
        replications = len(samples)
    else:
        replications = run.replications if run.precision is None else run.precision.max_replications
    for place, fault in enumerate(experiment.faults):
        name = f"faults.{place} ({fault.target} {fault.kind})"
        late = min(fault.at_s or (0.0,))
        if samples and late > length_s:
            text = f"comes at {seconds(late)}, never within the {seconds(length_s)} of this run"
            yield Caution(f"{TOO_LATE}{place}", f"{name} {text}")
            continue
        text = _too_early(fault, experiment)
        if fault.every is not None and math.isfinite(length_s):
            text = _again(fault, experiment, length_s, replications)
        if text:
            yield Caution(f"fault {place}", f"{name} {text}")


def _too_early(fault: Fault, experiment: Experiment) -> str:
    """Return that *fault*, which comes at given times, is over too early to be met; or nothing."""
    run = experiment.run
    over_s = max(fault.at_s or (math.inf,)) + fault.lasts.bounds_s[1]
    if over_s >= run.warmup_s or run.warmup_is_open:
        return ""
    return f"is over before the measured window begins ({seconds(run.warmup_s)})"


def _again(fault: Fault, experiment: Experiment, length_s: float, replications: int) -> str:
    """Return what keeps *fault*, which comes again and again, from being met."""
    law = fault.every
    if law is None:
        return ""
    within = float(law.cdf(length_s))
    if within == 0:
        return (
            f"never comes within the {seconds(length_s)} of this run: it works for "
            f"{seconds(law.bounds_s[0])} at least"
        )
    # As long as it is less than once, the first is all there is.
    expected = within * replications * victims(fault, experiment)
    if expected >= 1.0:
        return ""
    all_of = "the one replication" if replications == 1 else f"all {replications} replications"
    return f"is expected {expected:.2g} times in {all_of}; [run.rare] sees what is so rare"


def victims(fault: Fault, experiment: Experiment) -> int:
    """Return how many there are that *fault* befalls, each by its own luck."""
    if fault.correlated or fault.which is not None:
        return 1
    consumers = experiment.consumer.instances * experiment.groups
    match fault.target:
        case "broker" | "disk":
            return experiment.broker.replicas
        case "producer":
            return experiment.producer.instances
        case "publish":
            pipes = consumers if experiment.broker.shape == "none" else 1
            return experiment.producer.instances * pipes
        case _:
            return consumers


def _length_s(experiment: Experiment, samples: Sequence[Sample]) -> float:
    """Return how long a run is, s; infinite if it is not known beforehand."""
    run = experiment.run
    if samples:
        if any(int(sample.matrix[:, Fate.PENDING].sum()) for sample in samples):
            return run.horizon_s
        ends_s = (run.warmup_s + sample.window_s + sample.longest_s for sample in samples)
        return min(max(ends_s), run.horizon_s)
    rate_per_s = arrival_rate_per_s(experiment)
    if not 0 < rate_per_s < math.inf or overloads(experiment):
        return math.inf
    return min(run.warmup_s + run.messages / rate_per_s, run.horizon_s)
