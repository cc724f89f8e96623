"""Sums over the replications of one point: what tables, files and frames all show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.ledger import Cause
from sim.outcomes import Belief, Fate

if TYPE_CHECKING:
    from sim.outcomes import Counts
    from sim.runner import PointResult

BELIEFS = tuple(belief.name.lower() for belief in Belief)
"""Names of the rows of the outcome matrix."""

FATES = tuple(fate.name.lower() for fate in Fate)
"""Names of the columns of the outcome matrix."""


def outcome_matrix(point: PointResult) -> Counts:
    """Return the publications of *point* by belief and fate, shape (beliefs, fates)."""
    total: Counts = np.array([sample.matrix for sample in point.samples]).sum(axis=0)
    return total


def causes_of_loss(point: PointResult) -> dict[str, int]:
    """Return how many publications each cause lost, the most frequent first; no zeros."""
    counts = np.array([sample.causes for sample in point.samples]).sum(axis=0)
    named = {cause.name.lower(): int(counts[cause]) for cause in Cause if counts[cause]}
    return dict(sorted(named.items(), key=lambda item: -item[1]))


def messages(point: PointResult) -> int:
    """Return how many messages were measured, over all replications."""
    return sum(sample.messages for sample in point.samples)
