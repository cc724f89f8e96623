"""Waiting with priorities: one server, M/G/1, nobody is interrupted.

A. Cobham, "Priority assignment in waiting line problems", Operations Research 2, 1954.
"""

from __future__ import annotations

from itertools import pairwise

from models.checks import at_least, finite, positive


def waits_s(
    *, arrival_rate_per_s: float, service_mean_s: float, service_square_s2: float, levels: int
) -> tuple[float, ...]:
    """Return the mean waits (s) of *levels* equally frequent priorities, the highest first.

    W_k = W_0 / ((1 - s_{k-1}) (1 - s_k)), with W_0 = lambda E[S^2] / 2 and s_k the load of the k
    highest. Assumes Poisson arrivals and a service time that does not depend on the priority. Waits
    of priorities whose load is 1 or more are infinite. Raise a ValueError if a value is impossible.
    """
    positive(arrival_rate_per_s=arrival_rate_per_s, service_mean_s=service_mean_s)
    finite(arrival_rate_per_s=arrival_rate_per_s, service_square_s2=service_square_s2)
    at_least(1, levels=levels)
    residual_s = arrival_rate_per_s * service_square_s2 / 2.0
    loads = [arrival_rate_per_s * service_mean_s * k / levels for k in range(levels + 1)]
    return tuple(
        residual_s / ((1.0 - before) * (1.0 - load)) if load < 1.0 else float("inf")
        for before, load in pairwise(loads)
    )
