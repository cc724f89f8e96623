"""The outcome matrix of one message, by an exact chain, beside that of the simulation.

It covers every finite policy of sends and deliveries, together: what a closed form has to leave out
(an acknowledgement before the work, rejections, several copies and their deliveries) is in it. Like
the closed forms it knows no time, so it asks that answers come before their timeouts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.exact.message import Protocol, outcome_matrix
from sim.checks import assumptions as a
from sim.checks.check import ROUNDING, Check, Prediction
from sim.checks.form import broken, family

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.checks.form import Evidence
    from sim.config import Experiment

SOURCE = "absorbing Markov chain (Kemeny and Snell, Finite Markov Chains, theorem 3.3.7)"
MOST_ATTEMPTS = 200
COMMON = 800
"""Of how many messages a share must be, of either kind, to be told from one a quarter larger."""

CELLS: dict[str, Callable[[str, str], bool]] = {
    "confirmed": lambda belief, _fate: belief == "confirmed",
    "once": lambda _belief, fate: fate == "once",
    "duplicated": lambda _belief, fate: fate == "duplicated",
    "dead_lettered": lambda _belief, fate: fate == "dead_lettered",
    "lost": lambda _belief, fate: fate == "lost",
    "silent_loss": lambda belief, fate: belief == "confirmed" and fate == "lost",
    "reported_loss": lambda belief, fate: belief == "failed" and fate == "lost",
    "false_failure": lambda belief, fate: belief == "failed" and fate in ("once", "duplicated"),
}
"""Which cells of the matrix each estimate adds up."""


def protocol(experiment: Experiment) -> Protocol:
    """Return what can happen to one message of *experiment*."""
    producer, broker, consumer = experiment.producer, experiment.broker, experiment.consumer
    publish, deliver = experiment.network.publish, experiment.network.deliver
    return Protocol(
        attempts=producer.retries + 1 if producer.confirm else 1,
        loss=publish.loss,
        ack_loss=publish.ack_loss,
        confirm=producer.confirm,
        recognises=math.isinf(broker.dedup_window_s) or producer.idempotent,
        ack=consumer.ack,
        on_failure=consumer.on_failure,
        deliveries=broker.redelivery.limit,
        deliver_loss=deliver.loss,
        deliver_ack_loss=deliver.ack_loss,
        failure=consumer.failure,
        crash_before_effect=consumer.crash_before_effect,
        crash_after_effect=consumer.crash_after_effect,
        remembers=consumer.dedup == -1,
        parks=broker.redelivery.dead_letter,
    )


def finite(experiment: Experiment) -> list[str]:
    """Ask for a policy whose states can be written down."""
    found = []
    if experiment.producer.retries >= MOST_ATTEMPTS and experiment.producer.confirm:
        found.append(f"a message may be sent {MOST_ATTEMPTS} times and more (producer.retries)")
    if 0 < experiment.broker.dedup_window_s < math.inf:
        found.append("ids are remembered for a while only (broker.dedup_window)")
    if experiment.consumer.dedup > 0:
        found.append("some ids are remembered only (consumer.dedup)")
    if math.isfinite(experiment.producer.deadline_s):
        found.append("messages are given up in time (producer.deadline)")
    return found


def by_itself(experiment: Experiment) -> list[str]:
    """Ask that the deliveries of a message go by its own luck."""
    consumer, deliver = experiment.consumer, experiment.network.deliver
    found = [*a.handed_out(experiment), *a.processable(experiment), *a.timely_acks(experiment)]
    if consumer.ack == "batch" or consumer.transactional:
        found.append("acknowledgements wait for others (consumer.ack, consumer.transactional)")
    if consumer.on_failure not in ("requeue", "reject", "ignore"):
        found.append(f'failures do more (consumer.on_failure = "{consumer.on_failure}")')
    if experiment.broker.redelivery.counts != "all" and experiment.broker.redelivery.limit:
        found.append("some deliveries do not count (broker.redelivery.counts)")
    if deliver.duplication:
        found.append("the network doubles deliveries (network.deliver.duplication)")
    if math.isfinite(experiment.broker.ttl_s):
        found.append("messages expire (broker.ttl)")
    if any(fault.target == "consumer" for fault in experiment.faults):
        found.append("consumers crash (faults)")
    dies = consumer.crash_before_effect or consumer.crash_after_effect
    alone = consumer.concurrency == consumer.prefetch == 1 and consumer.ack == "after"
    if dies and not alone:
        found.append("a consumer that dies takes other messages with it (consumer.prefetch)")
    return found


def quick(experiment: Experiment) -> list[str]:
    """Ask that a confirm that comes, comes before its attempt times out."""
    if experiment.producer.confirm and a.slow_confirms(experiment):
        return ["a confirm may come after producer.timeout"]
    return []


@dataclass(frozen=True, slots=True)
class Matrix:
    """The outcome matrix: belief and fate together."""

    name: str = "exact matrix"
    formula: str = "(I - Q)^-1 R over attempts, copies, deliveries"

    def broken(self, experiment: Experiment) -> list[str]:
        """Return the broken assumptions."""
        found = broken((a.own_exchange, quick, finite, by_itself), experiment)
        if not found and not _shares(experiment):
            found.append("nothing can go wrong: every message has one outcome")
        return found

    def check(self, experiment: Experiment, evidence: Evidence) -> Check:
        """Compare each share of the matrix that so many messages can tell, or else all."""
        shares = _shares(experiment)
        common = {
            name: share
            for name, share in shares.items()
            if min(share, 1.0 - share) * evidence.trials >= COMMON
        }
        pairs = [
            (
                Prediction(
                    name=self.name,
                    estimate=name,
                    formula=self.formula,
                    source=SOURCE,
                    value=share,
                    probability=True,
                ),
                evidence.estimates[name],
            )
            for name, share in (common or shares).items()
        ]
        return family(pairs, experiment, evidence.forms)


def _shares(experiment: Experiment) -> dict[str, float]:
    """Return what is neither sure nor impossible, by the name of its estimate."""
    matrix = outcome_matrix(protocol(experiment))
    found = {
        name: math.fsum(float(p) for cell, p in matrix.items() if chosen(*cell))
        for name, chosen in CELLS.items()
    }
    return {name: share for name, share in found.items() if ROUNDING < share < 1.0 - ROUNDING}
