"""Which message a person asks for: by fate, by belief, by cell of the outcome matrix, by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.ledger import Cause
from sim.outcomes import Belief, Fate, judge
from sim.system import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sim.config import Experiment
    from sim.outcomes import Flags, Outcomes
    from sim.system import System

_CELLS = {
    "silent_loss": (Belief.CONFIRMED, (Fate.LOST,)),
    "reported_loss": (Belief.FAILED, (Fate.LOST,)),
    "false_failure": (Belief.FAILED, (Fate.ONCE, Fate.DUPLICATED)),
    "unknown_loss": (Belief.UNKNOWN, (Fate.LOST,)),
}
FATES = tuple(fate.name.lower() for fate in Fate)
BELIEFS = tuple(belief.name.lower() for belief in Belief)
CAUSES = tuple(cause.name.lower() for cause in Cause)
NAMES = (*FATES, *BELIEFS, *_CELLS, *CAUSES)
"""All that a message can be asked for by."""

ESTIMATES = (*FATES, *BELIEFS, *_CELLS)
"""Those of `NAMES` that are estimates, too."""


def matches(name: str, outcomes: Outcomes) -> Flags:
    """Return which publications are what *name*, one of `NAMES`, says; shape (publications,)."""
    if name in _CELLS:
        belief, fates = _CELLS[name]
        return np.asarray((outcomes.belief == belief) & np.isin(outcomes.fate, fates))
    if name in FATES:
        return np.asarray(outcomes.fate == FATES.index(name))
    if name in BELIEFS:
        return np.asarray(outcomes.belief == BELIEFS.index(name))
    return np.asarray(outcomes.cause == Cause[name.upper()])


def first(
    names: Iterable[str], outcomes: Outcomes, messages: int, group: int | None = None
) -> int | None:
    """Return the first of so many *messages* that is all of *names*; None if there is none.

    It has to be so for one consumer group, any or the one that is given.
    """
    found = np.ones(len(outcomes), dtype=np.bool_)
    for name in names:
        found &= matches(name, outcomes)
    by_group = found.reshape(-1, messages)
    seen = by_group.any(axis=0) if group is None else by_group[group]
    return int(np.argmax(seen)) if seen.any() else None


def look_for(
    names: Iterable[str],
    experiment: Experiment,
    replications: Iterable[int],
    looking: Callable[[int], None],
    group: int | None = None,
) -> tuple[System, int, int] | None:
    """Return the run, its replication and the row of the first measured message that is *names*.

    *looking* hears of each replication before it is run. None if there is no such message.
    """
    wanted = tuple(names)
    for replication in replications:
        looking(replication)
        system = simulate(experiment, replication)
        measured = system.census.measured
        if measured:
            place = first(wanted, judge(system.ledger, measured), len(measured), group)
            if place is not None:
                return system, replication, measured.start + place
    return None
