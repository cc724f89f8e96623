"""One-server queues whose customers come back, or whose server fails.

Poisson arrivals at rate l, first come first served unless said otherwise. As in
`models.formulas.queueing`, a queue that cannot keep up has infinite numbers and times.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.checks import positive, probability
from models.formulas.queueing import Queue, mg1_moments, overloaded, steady

if TYPE_CHECKING:
    from models.laws import Law


def feedback(*, arrival_rate_per_s: float, service: Law, failure: float) -> Queue:
    """Return M/G/1 whose customers come back with probability *failure* (r), as redelivery does.

    A customer's services together have E[B] = b/(1 - r) and E[B²] = b2/(1 - r) + 2 r b²/(1 - r)².
    L and W are the same whether it comes back to the head or to the tail of the queue, since
    service times and failures are independent and alike; the spread of W is not (L. Takács, "A
    Single-Server Queue with Feedback", 1963). Times and `wait_s` are over all its visits together.
    """
    probability(failure=failure)
    if failure == 1:
        return overloaded(math.inf)
    once = 1 - failure
    return mg1_moments(
        arrival_rate_per_s=arrival_rate_per_s,
        service_mean_s=service.mean_s / once,
        service_second_moment_s2=service.second_moment_s2 / once
        + 2 * failure * service.mean_s**2 / once**2,
    )


def breakdowns(
    *, arrival_rate_per_s: float, service_mean_s: float, up_mean_s: float, repair_mean_s: float
) -> Queue:
    """Return M/M/1 whose server fails busy or idle, is repaired, and resumes.

    Up-times and repairs are exponential. With u = 1/up-time, v = 1/repair, m = 1/service time and
    A = v/(u + v), the generating function of the up states gives (own derivation)

        L = (l (1 + u/v) + u l²/v²)/(m - l (1 + u/v)) + A u l/v².

    `wait_s` is all the time a customer is not being served, repairs included; `wait_probability`
    that its service does not begin at once. Raises `ValueError` unless all four are positive.
    """
    positive(
        arrival_rate_per_s=arrival_rate_per_s,
        service_mean_s=service_mean_s,
        up_mean_s=up_mean_s,
        repair_mean_s=repair_mean_s,
    )
    stretch = 1 + repair_mean_s / up_mean_s
    load = arrival_rate_per_s * service_mean_s * stretch
    if load >= 1:
        return overloaded(load)
    up = 1 / stretch
    down_s = repair_mean_s**2 / up_mean_s
    busy = (load + arrival_rate_per_s**2 * service_mean_s * down_s) / (1 - load)
    number = busy + up * arrival_rate_per_s * down_s
    wait_s = number / arrival_rate_per_s - service_mean_s
    idle_and_up = up - arrival_rate_per_s * service_mean_s
    return steady(arrival_rate_per_s, wait_s, service_mean_s, load, 1 - idle_and_up)


def breakdowns_while_busy(
    *, arrival_rate_per_s: float, service_mean_s: float, up_mean_s: float, repair_mean_s: float
) -> Queue:
    """Return M/M/1 whose server fails only while it serves, is repaired, and resumes.

    M/G/1 with the completion time in place of the service, E[C] = s (1 + u/v) and
    E[C²] = 2 s² (1 + u/v)² + 2 u s/v²; `wait_s` ends when service first begins.
    """
    positive(service_mean_s=service_mean_s, up_mean_s=up_mean_s, repair_mean_s=repair_mean_s)
    completion_s = service_mean_s * (1 + repair_mean_s / up_mean_s)
    return mg1_moments(
        arrival_rate_per_s=arrival_rate_per_s,
        service_mean_s=completion_s,
        service_second_moment_s2=2 * completion_s**2
        + 2 * service_mean_s * repair_mean_s**2 / up_mean_s,
    )


def retrial(*, arrival_rate_per_s: float, service_mean_s: float, retry_mean_s: float) -> Queue:
    """Return M/M/1 without a waiting room: who finds it busy tries again after a while.

    Each waiting customer tries after exponential pauses of mean *retry_mean_s*. The number
    waiting is rho²/(1 - rho) + l rho retry/(1 - rho) (G. Falin and J. Templeton, "Retrial Queues",
    1997, ch. 1); with quick retries it is that of M/M/1.
    """
    positive(
        arrival_rate_per_s=arrival_rate_per_s,
        service_mean_s=service_mean_s,
        retry_mean_s=retry_mean_s,
    )
    load = arrival_rate_per_s * service_mean_s
    if load >= 1:
        return overloaded(load)
    wait_s = load * (service_mean_s + retry_mean_s) / (1 - load)
    return steady(arrival_rate_per_s, wait_s, service_mean_s, load, load)
