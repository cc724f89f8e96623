"""Laws of a time: how long a packet travels, a disk syncs, a consumer works.

A law is a value. It holds no generator: the simulator hands it one uniform number per time
and gets the quantile, so that two experiments under one seed meet the same luck (a larger
uniform number is never a shorter time). The same object answers the closed forms with its
mean, second moment and cdf, so that no law is described twice. All times are in seconds.

Source of the textbook laws: A. M. Law, "Simulation Modeling and Analysis", 5th ed., ch. 6.
"""

from __future__ import annotations

from models.laws.bounded import Constant, Empirical, Uniform
from models.laws.law import Law
from models.laws.unbounded import Exponential, Gamma, Lognormal, Weibull

__all__ = [
    "Constant",
    "Empirical",
    "Exponential",
    "Gamma",
    "Law",
    "Lognormal",
    "Uniform",
    "Weibull",
]
