"""Queues in the long run: how many wait, and how long, where work arrives at random.

Poisson arrivals at rate l, first come first served, one queue. Every result obeys Little's law,
L = l W and Lq = l Wq (J. D. C. Little, 1961). A queue that cannot keep up, utilisation >= 1, has
no steady state: its numbers and times are infinite, its probability of waiting 1.

Sources: L. Kleinrock, "Queueing Systems", vol. 1, 1975 (M/M/c, M/M/1/K, Pollaczek-Khinchine). The
variants whose servers fail or whose customers return stand in `models.formulas.queue_variants`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.checks import at_least, finite, positive, whole_at_least

if TYPE_CHECKING:
    from models.laws import Law


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The steady state of a queue; numbers are time averages, times are per customer served (s).

    Attributes
    ----------
    utilisation : offered work per server; at 1 or more there is no steady state, unless customers
        are blocked.
    wait_probability : an arriving customer that is let in has to wait.
    waiting, number : Lq and L, customers waiting, and waiting or in service.
    wait_s, sojourn_s : Wq and W, time waiting, and from arrival to the end of service.
    blocked : an arriving customer is turned away.
    """

    utilisation: float
    wait_probability: float
    waiting: float
    number: float
    wait_s: float
    sojourn_s: float
    blocked: float = 0.0


def mm1(*, arrival_rate_per_s: float, service_mean_s: float) -> Queue:
    """Return M/M/1: exponential service, one server."""
    return mmc(arrival_rate_per_s=arrival_rate_per_s, service_mean_s=service_mean_s, servers=1)


def mmc(*, arrival_rate_per_s: float, service_mean_s: float, servers: int) -> Queue:
    """Return M/M/c: exponential service, c servers; P(wait) is Erlang's C.

    Raises `ValueError` unless rate and mean are positive and *servers* is a whole number >= 1.
    """
    positive(arrival_rate_per_s=arrival_rate_per_s, service_mean_s=service_mean_s)
    whole_at_least(1, servers=servers)
    finite(servers=servers)
    load = arrival_rate_per_s * service_mean_s
    if load >= servers:
        return overloaded(load / servers)
    blocked = 1.0  # Erlang's B, by its recursion in the number of servers
    for c in range(1, servers + 1):
        blocked = load * blocked / (c + load * blocked)
    waits = blocked / (1 - load / servers * (1 - blocked))
    wait_s = waits * service_mean_s / (servers - load)
    return steady(arrival_rate_per_s, wait_s, service_mean_s, load / servers, waits)


def mm1k(*, arrival_rate_per_s: float, service_mean_s: float, capacity: int) -> Queue:
    """Return M/M/1/K: at most *capacity* customers, the one in service included.

    P(K) = (1 - rho) rho^K / (1 - rho^(K + 1)), 1/(K + 1) at rho = 1. There is a steady state at any
    load; `wait_probability` is that of the customers let in. Raises `ValueError` as `mmc` does.
    """
    positive(arrival_rate_per_s=arrival_rate_per_s, service_mean_s=service_mean_s)
    whole_at_least(1, capacity=capacity)
    finite(capacity=capacity)
    load = arrival_rate_per_s * service_mean_s
    # Scaled by the largest weight, so that no power overflows.
    weights = [load**n if load <= 1 else load ** (n - capacity) for n in range(capacity + 1)]
    whole = math.fsum(weights)
    states = [weight / whole for weight in weights]
    number = math.fsum(n * state for n, state in enumerate(states))
    sojourn_s = number / (arrival_rate_per_s * (1 - states[-1]))
    return Queue(
        utilisation=load,
        wait_probability=math.fsum(states[1:-1]) / math.fsum(states[:-1]),
        waiting=number - (1 - states[0]),
        number=number,
        wait_s=max(0.0, sojourn_s - service_mean_s),
        sojourn_s=sojourn_s,
        blocked=states[-1],
    )


def mg1(*, arrival_rate_per_s: float, service: Law) -> Queue:
    """Return M/G/1 for any law of service: Wq = l E[S²] / (2 (1 - rho)) (Pollaczek, Khinchine).

    Raises `ValueError` unless rate and mean service are positive.
    """
    return mg1_moments(
        arrival_rate_per_s=arrival_rate_per_s,
        service_mean_s=service.mean_s,
        service_second_moment_s2=service.second_moment_s2,
    )


def mg1_moments(
    *, arrival_rate_per_s: float, service_mean_s: float, service_second_moment_s2: float
) -> Queue:
    """Return M/G/1 from the first two moments of the service time (s, s²); see `mg1`."""
    positive(arrival_rate_per_s=arrival_rate_per_s, service_mean_s=service_mean_s)
    at_least(service_mean_s**2 * (1 - 1e-12), service_second_moment_s2=service_second_moment_s2)
    load = arrival_rate_per_s * service_mean_s
    if load >= 1:
        return overloaded(load)
    wait_s = arrival_rate_per_s * service_second_moment_s2 / (2 * (1 - load))
    return steady(arrival_rate_per_s, wait_s, service_mean_s, load, load)


def steady(
    arrival_rate_per_s: float, wait_s: float, service_s: float, utilisation: float, waits: float
) -> Queue:
    """Return the queue whose mean wait and service (s) are known, by Little's law."""
    return Queue(
        utilisation=utilisation,
        wait_probability=waits,
        waiting=arrival_rate_per_s * wait_s,
        number=arrival_rate_per_s * (wait_s + service_s),
        wait_s=wait_s,
        sojourn_s=wait_s + service_s,
    )


def overloaded(utilisation: float) -> Queue:
    """Return the queue that grows for ever."""
    return Queue(
        utilisation=utilisation,
        wait_probability=1.0,
        waiting=math.inf,
        number=math.inf,
        wait_s=math.inf,
        sojourn_s=math.inf,
    )
