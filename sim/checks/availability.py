"""How often replicas that fall and come back take a message in, exactly.

The chain is `models.exact.replicas`. Where deaths are noticed at once, and whoever is up may lead,
it is the number of those up that counts, and k of n has a closed form for any length of outages.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.exact.replicas import Replicas, availability
from models.formulas.replication import enough_work, falls_short_per_s
from models.laws import Exponential
from sim.checks.form import Form, Value, broken
from sim.checks.outages import (
    CHAIN_SOURCE,
    faults_of,
    is_zero,
    long_enough,
    memoryless,
    rates_per_s,
)
from sim.checks.taken import TAKEN, counts_only, election

if TYPE_CHECKING:
    from sim.config import Experiment

Counted = tuple[float, int, int]


def replicas(experiment: Experiment) -> Replicas:
    """Return the replicas of *experiment*."""
    broker = experiment.broker
    (fault,) = faults_of(experiment, "broker")
    falls, returns = rates_per_s(experiment, fault)
    return Replicas(
        replicas=broker.replicas,
        falls=falls,
        returns=returns,
        notices=math.inf if is_zero(broker.failover) else 1.0 / broker.failover.mean_s,
        election=election(experiment),
        needed=broker.min_in_sync,
    )


def noticed_at_random(experiment: Experiment) -> list[str]:
    """Ask for deaths that are noticed at once, or after an exponential time."""
    failover = experiment.broker.failover
    if is_zero(failover) or isinstance(failover, Exponential):
        return []
    return ["deaths must be noticed at once or at exponential times (broker.failover)"]


def more_than_counts(experiment: Experiment) -> list[str]:
    """Ask for something that the number of replicas does not tell."""
    return ["k of n says the same (A_k/n)"] if counts_only(experiment) else []


def counts(experiment: Experiment) -> list[str]:
    """Ask that only the number of replicas that are up counts."""
    if counts_only(experiment):
        return []
    reason = (
        "not only the number of those up counts: for that, deaths are noticed at once "
        "(broker.failover), and more than half are needed (broker.min_in_sync, confirm_by) or "
        "anybody may lead (broker.unclean_failover)"
    )
    return [reason]


def regular_or_memoryless(experiment: Experiment) -> list[str]:
    """Ask for exponential up-times, and outages of one length or of exponential ones.

    The share of time is that of any law; how soon it settles is known of these.
    """
    found = []
    for fault in faults_of(experiment, "broker"):
        every, lasts = fault.every, fault.lasts
        if not isinstance(every, Exponential):
            found.append("up-times must be exponential (faults.every)")
        elif not isinstance(lasts, Exponential) and not (
            lasts.is_constant and 0 < lasts.mean_s <= every.mean_s
        ):
            found.append("outages must be exponential, or of one length <= faults.every (lasts)")
    return found


CHAIN = (*TAKEN, memoryless, noticed_at_random, more_than_counts)
COUNT = (*TAKEN, regular_or_memoryless, counts)


def chain_is_long_enough(experiment: Experiment) -> list[str]:
    """Ask for a run that forgets its beginning, and in which service ends often enough."""
    if broken(CHAIN, experiment):
        return []  # there is no chain
    found = availability(replicas(experiment))
    outages = {"interruptions": found.interruptions_per_s}
    return long_enough(experiment, found.settling_s, outages)


def count_is_long_enough(experiment: Experiment) -> list[str]:
    """Ask the same where only the number counts; a replica settles within an outage."""
    if broken(COUNT, experiment):
        return []
    (fault,) = faults_of(experiment, "broker")
    up, needed, of = _counted(experiment)
    falls, returns = rates_per_s(experiment, fault)
    often = falls_short_per_s(availability=up, needed=needed, replicas=of, up_mean_s=1.0 / falls)
    return long_enough(experiment, 1.0 / returns, {"interruptions": often})


def _counted(experiment: Experiment) -> Counted:
    """Return how often a replica is up, how many are needed, and of how many."""
    (fault,) = faults_of(experiment, "broker")
    falls, returns = rates_per_s(experiment, fault)
    return returns / (falls + returns), experiment.broker.min_in_sync, experiment.broker.replicas


def _enough(experiment: Experiment) -> float:
    up, needed, of = _counted(experiment)
    return enough_work(availability=up, needed=needed, replicas=of)


def _lost(experiment: Experiment, taken: float) -> float:
    return 1.0 - (1.0 - experiment.network.publish.loss) * taken


AVAILABILITY: tuple[Form, ...] = (
    Value(
        name="A_k/n",
        estimate="lost",
        formula="1 - sum_i>=k C(n,i) A^i (1-A)^(n-i)",
        source="R. E. Barlow and F. Proschan, Statistical Theory of Reliability and Life Testing",
        needs=(*COUNT, count_is_long_enough),
        predict=lambda experiment: _lost(experiment, _enough(experiment)),
    ),
    Value(
        name="exact availability",
        estimate="lost",
        formula="pi G = 0 over (leader, in sync, up)",
        source=CHAIN_SOURCE,
        needs=(*CHAIN, chain_is_long_enough),
        predict=lambda e: _lost(e, availability(replicas(e)).taken),
    ),
)
"""The share of messages that find nobody who takes them in; A is how often a replica is up."""
