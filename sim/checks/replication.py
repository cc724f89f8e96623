"""What a change of leader takes of a replicated log, beside its closed form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.formulas.replication import lost_with_leader
from sim.checks import assumptions as a
from sim.checks.form import Form, Value
from sim.checks.load import arrival_rate_per_s
from sim.checks.persistence import on_disk, once_and_at_once

if TYPE_CHECKING:
    from sim.config import Experiment


def replicated(experiment: Experiment) -> list[str]:
    """Ask for several replicas, whose leader confirms alone what nobody has read yet."""
    broker = experiment.broker
    found = []
    if broker.replicas == 1:
        found.append("there is one replica (broker.replicas)")
    if broker.confirm_by != "leader":
        found.append(f'followers are waited for (broker.confirm_by = "{broker.confirm_by}")')
    if broker.deliver_when != "replicated":
        found.append(f'broker.deliver_when = "{broker.deliver_when}": consumers may be faster')
    if not broker.replication_delay.is_constant:
        found.append("records wait for those before them (broker.replication_delay)")
    if broker.min_in_sync > 1:
        found.append("messages are refused while too few are in sync (broker.min_in_sync)")
    return found


def one_fall(experiment: Experiment) -> list[str]:
    """Ask for one fault: the first leader falls once, by its process, and its log is not alone."""
    (fault, *others) = experiment.faults or (None,)
    if fault is None:
        return ["no leader falls (faults)"]
    if others or (fault.target, fault.kind, fault.which) != ("broker", "process_crash", 0):
        return ["the only fault must be a process_crash of the broker with which = 0"]
    if fault.at_s is None or len(fault.at_s) != 1:
        return ["the leader must fall once (faults.at)"]
    start_s, lag_s = experiment.run.warmup_s, experiment.broker.replication_delay.mean_s
    if fault.at_s[0] < start_s + lag_s:
        return ["the leader must fall after run.warmup and the replication delay"]
    return []


def readable(experiment: Experiment) -> list[str]:
    """Ask for what every other form asks for, too, but for replicas."""
    broker = experiment.broker.model_copy(update={"replicas": 1})
    found = a.whole_run(experiment.model_copy(update={"broker": broker}))
    if experiment.broker.confirm_when == "synced" and experiment.producer.confirm:
        found.append("what is not synced yet is not confirmed, and may be sent again")
    if math.isfinite(experiment.producer.deadline_s):
        found.append("messages are given up (producer.deadline)")
    return found


REPLICATION: tuple[Form, ...] = (
    Value(
        name="E[lost | failover]",
        estimate="lost_per_crash",
        formula="l D",
        source="document 000 (P_persist); Little's law for the records on their way",
        needs=(
            *(replicated, one_fall, on_disk, once_and_at_once, a.poisson, a.sends_at_once),
            *(a.steady_producers, readable),
        ),
        predict=lambda experiment: lost_with_leader(
            arrival_rate_per_s=arrival_rate_per_s(experiment),
            lag_s=experiment.broker.replication_delay.mean_s,
        ),
    ),
)
"""Messages at rate l, each of which reaches the followers D after the leader."""
