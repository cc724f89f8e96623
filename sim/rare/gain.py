"""What tilted luck has gained over plain simulation, measured in the same replications.

Weighed back, tilted replications tell the variance that plain ones would have: the second moment of
an estimate's residual, over what is weighed together. Its ratio to the variance seen is how many
plain replications one tilted one stands for. A replication costs what its ledger holds, in facts,
which does not depend on the machine; the pilot and the plain replications are counted in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.rare.sample import RareSample, Sums

FEW = 30.0
"""Fewer effective events than that say little of their own spread."""

HEAVY = 0.25
"""No single weighed event should be more than this share of an estimate."""

FAR = 4.0
"""The mean weight is 1; so many standard errors from it, something is not sampled."""


@dataclass(frozen=True, slots=True)
class Gain:
    """How well an estimate was seen: `effective` events, `largest` share of one of them.

    Plain simulation would need `plain_messages` for the same interval, `saved` times the work of
    this one; nan where nothing was seen.
    """

    effective: float
    largest: float
    plain_messages: float
    saved: float

    @property
    def doubts(self) -> list[str]:
        """What speaks against the interval, in words."""
        if self.effective < FEW:
            return [f"rests on {self.effective:.1f} effective events only"]
        if self.largest > HEAVY:
            return [f"owes {self.largest:.0%} to a single event"]
        return []


def gain(
    name: str,
    samples: Sequence[RareSample],
    *,
    value: float,
    variance: float,
    plain_work: float,
    other_work: int,
) -> Gain:
    """Return the gain in the estimate *name*.

    *variance* is that of a replication's residual, *plain_work* what a plain replication costs,
    *other_work* what the pilot and all plain replications did.
    """
    sums = [sample.sums[name] for sample in samples]
    total = math.fsum(part.numerator for part in sums)
    squares = math.fsum(part.squares for part in sums)
    if not total > 0 or not variance > 0:
        return Gain(math.nan, math.nan, math.nan, math.nan)
    plain = float(np.mean([_plain_variance(part, value) for part in sums]))
    needed = len(samples) * plain / variance
    messages = sum(sample.messages for sample in samples) / len(samples)
    spent = sum(sample.work for sample in samples) + other_work
    return Gain(
        effective=total**2 / squares,
        largest=max(part.largest for part in sums) / total,
        plain_messages=needed * messages,
        saved=needed * plain_work / spent,
    )


def _plain_variance(part: Sums, value: float) -> float:
    return part.xx - 2.0 * value * part.xy + value**2 * part.yy


def weight_doubt(samples: Sequence[RareSample]) -> str | None:
    """Return what speaks against the weights, in words: their mean is not what it should be."""
    blocks, total, squares = (math.fsum(sample.weights[i] for sample in samples) for i in range(3))
    if blocks < FEW:
        return None
    mean = total / blocks
    error = math.sqrt(max(squares / blocks - mean**2, 0.0) / blocks)
    if abs(mean - 1.0) <= FAR * error + 1e-9:
        return None
    return f"the weights have a mean of {mean:.3g}, not 1: part of the luck is hardly ever drawn"
