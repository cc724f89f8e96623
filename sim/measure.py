"""One thing that is measured in a replication: how it is made of its parts, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.outcomes import Load, Outcomes

Parts: TypeAlias = tuple[float, float]
Latency: TypeAlias = Literal["confirm", "delivery"]
Column: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.int32] | npt.NDArray[np.bool_]


class Kind(StrEnum):
    """How an estimate is made of its parts."""

    PROBABILITY = "probability"  # events / trials, in [0, 1]
    RATIO = "ratio"  # sum / count, count / time
    QUANTILE = "quantile"  # of the latencies of all replications together


class Better(StrEnum):
    """Which way an estimate is better, all else being equal."""

    LESS = "less"
    MORE = "more"
    NEITHER = "neither"  # one is right: fewer are losses, more are repetitions


@dataclass(frozen=True, slots=True)
class Quantile:
    """The time within which the share *level* of all latencies of a kind lies."""

    latency: Latency
    level: float


@dataclass(frozen=True, slots=True)
class Measure:
    """One estimate's definition: `parts` gives (numerator, denominator) of one replication.

    `unit` is what the value is told in, empty for a pure number. `each` gives both parts
    publication by publication, arrays of shape (publications,) whose sums are the parts; None where
    they are of the system as a whole. A quantile has `quantile` instead. `better` is what is
    usually wanted of it; whoever wants something else says so.
    """

    kind: Kind
    parts: Callable[[Outcomes, Load], Parts]
    meaning: str
    unit: str = ""
    each: Callable[[Outcomes], tuple[Column, Column]] | None = None
    quantile: Quantile | None = None
    better: Better = Better.LESS
