"""A weakness: how a guarantee breaks, what must happen for that, and what would cure it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.ledger import Cause
    from sim.config import Experiment
    from sim.explain.hazards import Hazard


class Guarantee(StrEnum):
    """What a system may promise of every publication; the words of the vocabulary."""

    AT_LEAST_ONCE = "at least once"  # no confirmed message is lost
    AT_MOST_ONCE = "at most once"  # no publication has two effects
    IN_ORDER = "in order"  # first effects come in the order of creation


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """One way in which *guarantee* breaks, if one of *hazards* happens and *applies* is true.

    `why` and `cure` are sentences; `causes` are what the loss is put down to, if it is one.
    """

    name: str
    guarantee: Guarantee
    hazards: frozenset[Hazard]
    applies: Callable[[Experiment], bool]
    why: str
    cure: str
    causes: frozenset[Cause] = frozenset()
