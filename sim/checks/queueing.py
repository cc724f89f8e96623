"""The documents' L, T-bar and throughput, and the laws behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from models.formulas.queue_variants import feedback
from models.formulas.queueing import Queue, mm1k, mmc
from models.laws import Exponential
from sim.checks import assumptions as a
from sim.checks.check import Check, Prediction, compare
from sim.checks.form import Evidence, Form, Value, broken
from sim.checks.load import reaching_rate_per_s, servers, settled, stable
from sim.estimates import of_parts

if TYPE_CHECKING:
    from sim.config import Experiment

SOURCE = "document 001 (L, T-bar, throughput)"
QUEUE_SOURCE = f"{SOURCE}; L. Kleinrock, Queueing Systems, vol. 1"


def work_s(experiment: Experiment) -> float:
    """Return the mean work of one message, redeliveries included."""
    consumer = experiment.consumer
    return consumer.service.mean_s / (1.0 - consumer.failure) if consumer.failure < 1 else np.inf


def steady_state(experiment: Experiment) -> Queue:
    """Return the closed form of the queue."""
    consumer, rate = experiment.consumer, reaching_rate_per_s(experiment)
    if experiment.broker.capacity:
        return mm1k(
            arrival_rate_per_s=rate,
            service_mean_s=work_s(experiment),
            capacity=experiment.broker.capacity + 1,  # and the one in service
        )
    if servers(experiment) > 1:
        return mmc(
            arrival_rate_per_s=rate,
            service_mean_s=work_s(experiment),
            servers=servers(experiment),
        )
    return feedback(arrival_rate_per_s=rate, service=consumer.service, failure=consumer.failure)


def arrives_once(experiment: Experiment) -> list[str]:
    """Ask that no message reaches the broker twice; one that is lost on the way is no matter."""
    if not experiment.producer.confirm and not experiment.network.publish.duplication:
        return [*a.always_up(experiment), *a.steady_producers(experiment)]
    return a.one_copy(experiment)


def serves_directly(experiment: Experiment) -> list[str]:
    """Ask for servers that take the next message from one queue, the instant they are free."""
    consumer, link = experiment.consumer, experiment.network.deliver
    found = []
    for name, law in (("delay", link.delay), ("ack_delay", link.ack_delay)):
        if not (law.is_constant and law.mean_s == 0):
            found.append(f"servers wait for the network (network.deliver.{name})")
    if link.loss or link.ack_loss or link.duplication:
        found.append("deliveries or their acknowledgements are lost or doubled (network.deliver)")
    if consumer.ack != "after":
        when = "after" if consumer.ack == "batch" else "before"
        found.append(
            f'messages leave the queue {when} they are served (consumer.ack = "{consumer.ack}")'
        )
    if (consumer.failure or consumer.poison) and consumer.on_failure != "requeue":
        found.append(
            f'failed messages do not come back at once (on_failure = "{consumer.on_failure}")'
        )
    delay = experiment.broker.redelivery.delay
    if consumer.failure and (delay.needs_draw or delay.bounds_s(1)[1] > 0):
        found.append("failed messages come back after a delay (broker.redelivery.delay)")
    if consumer.prefetch and consumer.prefetch < consumer.concurrency:
        found.append("consumer.prefetch leaves servers idle")
    alone = consumer.instances == 1
    if not alone and consumer.prefetch != consumer.concurrency:
        found.append("messages wait at one consumer while another is idle (consumer.prefetch)")
    if consumer.start.bounds_s[1] > 0:
        found.append("consumers start later (consumer.start)")
    return found


def any_server_for_any(experiment: Experiment) -> list[str]:
    """Ask for servers none of which may be idle while messages wait."""
    if experiment.consumer.ordered and servers(experiment) > 1:
        return ["servers are idle while a message of the same key is out (consumer.ordered)"]
    return []


def never_gives_up(experiment: Experiment) -> list[str]:
    """Ask that a message stays until it is served."""
    found = []
    if experiment.broker.redelivery.limit:
        found.append("deliveries are limited (broker.redelivery.limit)")
    if np.isfinite(experiment.broker.ttl_s):
        found.append("messages expire (broker.ttl)")
    return found


def known_service(experiment: Experiment) -> list[str]:
    """Ask for service times with a closed form: exponential, or one server."""
    service = experiment.consumer.service
    many = servers(experiment) > 1 or bool(experiment.broker.capacity)
    if many and not isinstance(service, Exponential):
        return ["service must be exponential with several servers or a bounded queue"]
    return []


def all_work_is_told(experiment: Experiment) -> list[str]:
    """Ask that what is worked on for nothing is not what takes longest."""
    consumer, found = experiment.consumer, []
    if (consumer.transactional or consumer.dedup) and a.timely_acks(experiment):
        found.append("work that comes too late is for nothing (transactional, dedup)")
    elif consumer.dedup and a.one_copy(experiment):
        found.append("of two copies at work the slower is for nothing (consumer.dedup)")
    return found


def works(experiment: Experiment) -> list[str]:
    """Ask for work that takes time."""
    if experiment.consumer.service.mean_s == 0:
        return ["service takes no time (consumer.service)"]
    return []


def turns_away(experiment: Experiment) -> list[str]:
    """Ask, of a bounded queue, for one server, and that it turns away what finds it full."""
    broker = experiment.broker
    if not broker.capacity:
        return []
    found = []
    if servers(experiment) > 1:
        found.append("there are several servers behind a bounded queue")
    elif experiment.consumer.prefetch != 1:
        found.append("deliveries wait in the consumer, where they are not counted (prefetch)")
    if broker.overflow not in ("reject", "drop_new"):
        found.append(f'a full queue does not turn messages away (overflow = "{broker.overflow}")')
    return found


def bounded(experiment: Experiment) -> list[str]:
    """Ask for a bounded queue, and that nothing is lost before it."""
    found = []
    if not experiment.broker.capacity:
        found.append("the queue is not bounded (broker.capacity)")
    if experiment.network.publish.loss:
        found.append("packets are lost on the way to the broker (network.publish.loss)")
    return found


QUEUE = (
    a.whole_run,
    a.handed_out,
    a.poisson,
    arrives_once,
    a.instant_accept,
    serves_directly,
    any_server_for_any,
    never_gives_up,
    a.timely_acks,
    a.steady_consumers,
    works,
    known_service,
    turns_away,
    a.sends_at_once,
    stable,
    settled,
)


@dataclass(frozen=True, slots=True)
class Little:
    """L = l W: three things measured apart that must agree in every stable run."""

    name: str = "Little"
    formula: str = "L = l W"

    def broken(self, experiment: Experiment) -> list[str]:
        """Return the broken assumptions."""
        steady = (a.always_up, a.steady_producers, no_bursts, stable, settled)
        return broken((a.whole_run, a.handed_out, *steady), experiment)

    def check(self, experiment: Experiment, evidence: Evidence) -> Check:
        """Compare queue length with rate times sojourn, replication by replication."""
        samples = [sample for sample in evidence.samples if sample.window_s > 0]
        windows = np.array([sample.window_s for sample in samples])
        rates = np.array([sample.arrivals for sample in samples]) / windows
        stays = np.array([_ratio(sample.parts["sojourn_mean"]) for sample in samples])
        lengths = np.array([_ratio(sample.parts["queue_length"]) for sample in samples])
        predicted = float(np.average(rates * stays, weights=windows)) if samples else np.nan
        # Of the difference only, so that what both share does not count as noise.
        difference = of_parts(
            "queue_length",
            (lengths - rates * stays + predicted) * windows,
            windows,
            messages=sum(sample.messages for sample in samples),
            confidence=experiment.run.confidence,
            probability=False,
            independent=evidence.trials,
        )
        # What is cut off at a window's end is one message's stay, more or less, and seldom seen.
        cut = predicted / max(1.0, float(np.mean([sample.arrivals for sample in samples] or [0])))
        error = float(np.hypot(difference.standard_error, cut))
        difference = replace(difference, standard_error=error)
        prediction = Prediction(
            name=self.name,
            estimate="queue_length",
            formula=self.formula,
            source="J. D. C. Little, Operations Research 9, 1961",
            value=predicted,
            probability=False,
        )
        return compare(prediction, difference, experiment.check.margin, evidence.forms)


def no_bursts(experiment: Experiment) -> list[str]:
    """Ask for a window whose ends look alike: steady load, and consumers from the start."""
    found = []
    if not np.isfinite(experiment.producer.arrivals.rate_per_s):
        found.append("the load is a recording, not steady (producer.arrivals)")
    if experiment.consumer.start.bounds_s[1] > experiment.run.warmup_s:
        found.append("consumers start within the measured window (consumer.start)")
    if not experiment.run.warmup_s:
        found.append("without a warm-up the window begins empty (run.warmup)")
    return found


def _ratio(parts: tuple[float, float]) -> float:
    return parts[0] / parts[1] if parts[1] else np.nan


def _value(name: str, estimate: str, formula: str, attribute: str, *needs: object) -> Value:
    return Value(
        name=name,
        estimate=estimate,
        formula=formula,
        source=QUEUE_SOURCE,
        needs=(*QUEUE, *needs),  # type: ignore[arg-type]  # functions of one signature, as in QUEUE
        predict=lambda experiment: float(getattr(steady_state(experiment), attribute)),
    )


QUEUEING: tuple[Form, ...] = (
    _value("L", "queue_length", "M/M/c, or Pollaczek-Khinchine with feedback", "number"),
    _value("W", "sojourn_mean", "L / l", "sojourn_s"),
    _value("P_K", "lost", "(1-rho) rho^K / (1 - rho^(K+1))", "blocked", bounded),
    Little(),
    Value(
        name="T-bar",
        estimate="service_mean",
        formula="sum of T_i / n = E[service]",
        source=SOURCE,
        needs=(a.whole_run, a.steady_consumers, works, all_work_is_told),
        predict=lambda experiment: experiment.consumer.service.mean_s,
    ),
    Value(
        name="Throughput",
        estimate="throughput",
        formula="n / T = l",
        source=SOURCE,
        needs=(
            a.whole_run,
            no_bursts,
            arrives_once,
            a.instant_accept,
            a.sends_at_once,
            a.safe_consumption,
            a.steady_consumers,
            stable,
        ),
        predict=reaching_rate_per_s,
    ),
)
"""The queue's forms; l is the rate of messages that reach it, rho the load."""
