"""The documents' P_ack and R(t): what a retry budget gives, and what it costs.

All follow from one derivation (`models.formulas.ack_time`): each attempt takes its own way there
and back, and an acknowledgement of any attempt confirms the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from models.formulas.ack_time import AckTime, ack_time
from models.formulas.retry import copies_pmf
from sim.checks import assumptions as a
from sim.checks.check import Prediction
from sim.checks.form import Evidence, Form, Value, broken, family
from sim.estimates import of_parts
from sim.sample import EDGES_S

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from sim.checks.check import Check
    from sim.config import Experiment
    from sim.estimates import Estimate

SOURCE = "documents 000 and 004 (P_ack, R(t)); stop-and-wait ARQ with n = retries + 1 attempts"
POINTS = 12
COARSE = 10  # edges: R(t) at all of them takes seconds where pauses are random
MANY = 1000
_cached: Callable[..., AckTime] = lru_cache(maxsize=32)(ack_time)


def exchange(experiment: Experiment) -> AckTime:
    """Return the closed form of one message's exchange with the broker."""
    link, producer = experiment.network.publish, experiment.producer
    return _cached(
        delay=link.delay,
        ack_delay=link.ack_delay,
        loss=link.loss,
        ack_loss=link.ack_loss,
        timeout_s=producer.timeout_s,
        retries=producer.retries,
        backoff=producer.backoff,
        deadline_s=producer.deadline_s,
    )


def few_attempts(experiment: Experiment) -> list[str]:
    """Ask for an exchange whose attempts can be counted."""
    try:
        exchange(experiment)
    except ValueError as error:
        return [str(error)]
    return []


def room_in_window(experiment: Experiment) -> list[str]:
    """Ask for an in-flight window that never makes a message wait."""
    if a.asks(experiment) or few_attempts(experiment):
        return []
    form = exchange(experiment)
    held_s = form.failed * _last_end_s(experiment)
    if form.confirmed > 0:
        held_s += form.confirmed * form.mean_s
    return a.in_flight_is_enough(experiment, held_s)


def _last_end_s(experiment: Experiment) -> float:
    producer = experiment.producer
    # Pauses do not shrink; a billion of them is not added up one by one.
    single = min(producer.retries, MANY)
    pauses_s = sum(producer.backoff.bounds_s(n)[1] for n in range(1, single + 1))
    if producer.retries > MANY:
        pauses_s += (producer.retries - MANY) * producer.backoff.bounds_s(producer.retries)[1]
    return min(producer.deadline_s, (producer.retries + 1) * producer.timeout_s + pauses_s)


def quick_round_trip(experiment: Experiment) -> list[str]:
    """Ask for acknowledgements within their attempts' timeouts, and no deadline."""
    link, producer = experiment.network.publish, experiment.producer
    if a.exceeds([link.delay, link.ack_delay], producer.timeout_s):
        return ["a round trip may exceed producer.timeout"]
    if np.isfinite(producer.deadline_s):
        return ["producer.deadline may cut attempts off"]
    return []


def few_copies(experiment: Experiment) -> list[str]:
    """Ask for copies that can be counted."""
    if experiment.producer.retries > MANY:
        return [f"more than {MANY} retries are too many to count copies (producer.retries)"]
    return []


OWN = (a.asks, a.own_exchange, few_attempts, room_in_window)
TIMED = (*OWN, a.answers_at_once)
SAFE = (*OWN, a.safe_consumption)


@dataclass(frozen=True, slots=True)
class Reliability:
    """R(t): the chance of an acknowledgement within t of the first send, as a curve."""

    name: str = "R(t)"
    formula: str = "1 - prod over attempts j sent by t of (1 - (1-p)(1-q) G(t - s_j))"

    def broken(self, experiment: Experiment) -> list[str]:
        """Return the broken assumptions."""
        return broken(TIMED, experiment)

    def check(self, experiment: Experiment, evidence: Evidence) -> Check:
        """Compare the curves at up to `POINTS` times spread over the rise of R(t)."""
        places = np.arange(0, len(EDGES_S), COARSE)
        predicted = exchange(experiment).reliability(EDGES_S[places])
        pairs = [
            (self._prediction(EDGES_S[place], value), _within(int(place), evidence))
            for place, value in zip(places, predicted, strict=True)
        ]
        return family([pairs[index] for index in _rise(predicted)], experiment, evidence.forms)

    def _prediction(self, t_s: float, value: float) -> Prediction:
        return Prediction(
            name=self.name,
            estimate=f"confirmed within {t_s:.4g} s",
            formula=self.formula,
            source=SOURCE,
            value=float(value),
            probability=True,
        )


def _rise(predicted: npt.NDArray[np.float64]) -> list[int]:
    """Return places, from 5 % of the final value up to it, evenly spread over its levels."""
    final = predicted[-1]
    levels = np.linspace(0.05, 0.95, POINTS - 1) * final
    places = [int(np.argmax(predicted >= level)) for level in levels]
    return sorted({*places, len(predicted) - 1})


def _within(place: int, evidence: Evidence) -> Estimate:
    samples = evidence.samples
    return of_parts(
        f"confirmed within {EDGES_S[place]:.4g} s",
        np.array([float(sample.confirm_within[place]) for sample in samples]),
        np.array([float(sample.messages) for sample in samples]),
        messages=sum(sample.messages for sample in samples),
        confidence=next(iter(evidence.estimates.values())).confidence,
        probability=True,
        independent=evidence.trials,
    )


@dataclass(frozen=True, slots=True)
class Copies:
    """The number of copies of a message that reach the broker, as a distribution."""

    name: str = "P(copies = d)"
    formula: str = "a sum C(m-1,d-1) b^(d-1) p^(m-d) + C(n,d) b^d p^(n-d), b = (1-p)q; p^n at d = 0"

    def broken(self, experiment: Experiment) -> list[str]:
        """Return the broken assumptions."""
        link = experiment.network.publish
        if not (link.loss or link.ack_loss):
            return ["nothing is lost on the way, so every message has one copy"]
        return broken((*OWN, quick_round_trip, few_copies), experiment)

    def check(self, experiment: Experiment, evidence: Evidence) -> Check:
        """Compare the share of messages with d copies, for every d."""
        link, samples = experiment.network.publish, evidence.samples
        shares = copies_pmf(
            loss=link.loss, ack_loss=link.ack_loss, retries=experiment.producer.retries
        )
        totals = np.array([float(sample.messages) for sample in samples])
        pairs = []
        for d, share in enumerate(shares):
            if not 0.0 < share < 1.0:
                continue
            prediction = Prediction(
                name=self.name,
                estimate=f"copies = {d}",
                formula=self.formula,
                source=SOURCE,
                value=float(share),
                probability=True,
            )
            counts = [sample.copies[d] if d < len(sample.copies) else 0 for sample in samples]
            observed = of_parts(
                f"copies = {d}",
                np.array(counts, dtype=np.float64),
                totals,
                messages=int(totals.sum()),
                confidence=experiment.run.confidence,
                probability=True,
                independent=evidence.trials,
            )
            pairs.append((prediction, observed))
        return family(pairs, experiment, evidence.forms)


def _value(
    name: str,
    estimate: str,
    formula: str,
    attribute: str,
    *needs: Callable[[Experiment], list[str]],
) -> Value:
    return Value(
        name=name,
        estimate=estimate,
        formula=formula,
        source=SOURCE,
        needs=needs,
        predict=lambda experiment: float(getattr(exchange(experiment), attribute)),
    )


ACKNOWLEDGEMENT: tuple[Form, ...] = (
    _value("P_ack", "confirmed", "1 - (1 - (1-p)(1-q))^n", "confirmed", *OWN),
    Reliability(),
    _value("P_delivered", "delivered", "1 - p^n", "delivered", *SAFE),
    _value("P_false_failure", "false_failure", "f^n - p^n", "false_failure", *SAFE),
    _value("E[sends]", "sends_per_message", "(1 - f^n) / (1-p)(1-q)", "sends_per_message", *OWN),
    _value("E[copies]", "copies_per_message", "(1-p) E[sends]", "copies_per_message", *OWN),
    Copies(),
    _value(
        "E[T | ack]", "confirm_latency_mean", "int (R(inf) - R(t)) dt / P_ack", "mean_s", *TIMED
    ),
)
"""A message's exchange with the broker; f = 1 - (1-p)(1-q) where round trips are quick."""
