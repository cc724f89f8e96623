"""What every chain in time assumes of faults, of senders, and of the length of a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.laws import Exponential
from sim.checks import assumptions as a
from sim.checks.load import arrival_rate_per_s
from sim.options import fault_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.laws import Law
    from sim.config import Experiment
    from sim.config.faults import Fault

SETTLES = 5.0
"""So many times as long as it remembers its beginning, a chain is run before: e^-5 = 0.7 %."""

ENOUGH = 100
"""So many outages must be met in all replications: of few a mean has no normal law."""

CHAIN_SOURCE = "Markov chain in continuous time (S. M. Ross, Introduction to Probability Models, 6)"


def faults_of(experiment: Experiment, target: str) -> list[Fault]:
    """Return the faults that befall *target*."""
    return [fault for fault in experiment.faults if fault.target == target]


def rates_per_s(experiment: Experiment, fault: Fault) -> tuple[float, float]:
    """Return how often *fault* strikes what works, and how quickly that is back."""
    options = fault_options(fault, experiment)
    if options.every is None:
        raise ValueError("a fault at given times has no rate")
    return 1.0 / options.every.mean_s, 1.0 / options.lasts.mean_s


def memoryless(experiment: Experiment) -> list[str]:
    """Ask for faults, at most one of each target, that strike and end at exponential times."""
    found = []
    for fault in experiment.faults:
        options = fault_options(fault, experiment)
        if not isinstance(options.every, Exponential):
            found.append(f"up-times of the {fault.target} must be exponential (faults.every)")
        if not isinstance(options.lasts, Exponential):
            found.append(f"outages of the {fault.target} must be exponential (faults.lasts)")
        if len(faults_of(experiment, fault.target)) > 1:
            found.append(f"several faults befall the {fault.target} (faults)")
    return found


def sent_once(experiment: Experiment) -> list[str]:
    """Ask for messages that are sent once, at once, whatever becomes of them."""
    producer, link = experiment.producer, experiment.network.publish
    found = [*a.steady_producers(experiment)]
    if link.duplication:
        found.append("the network doubles packets (network.publish.duplication)")
    if producer.confirm and producer.retries:
        found.append("what finds the broker down is sent again (producer.retries)")
    elif producer.confirm:
        # What nobody answers holds its place until the timeout.
        found += a.in_flight_is_enough(experiment, producer.timeout_s)
    return found


def is_zero(law: Law) -> bool:
    """Return whether *law* takes no time."""
    return law.bounds_s[1] == 0


def long_enough(
    experiment: Experiment, remembers_s: float, outages_per_s: Mapping[str, float]
) -> list[str]:
    """Ask for a warm-up that forgets the beginning, and a run that meets enough outages."""
    found, run, settles_s = [], experiment.run, SETTLES * remembers_s
    # One that is still to be found is looked at when it is.
    if not run.warmup_is_open and run.warmup_s < settles_s:
        found.append(f"it takes {settles_s:.3g} s to forget the beginning, longer than run.warmup")
    run_s = run.replications * run.messages / arrival_rate_per_s(experiment)
    for name, often in outages_per_s.items():
        if 0 < often * run_s < ENOUGH:
            met = f"about {math.floor(often * run_s)} {name} are met in all replications"
            found.append(f"{met}, {ENOUGH} would do (run.messages, run.replications)")
    return found
