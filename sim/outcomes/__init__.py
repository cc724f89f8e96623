"""What became of every measured publication, and of the system, read off the ledger of one run."""

from sim.outcomes.judging import judge
from sim.outcomes.load import Load, observe, observe_stretches, window_s
from sim.outcomes.outcome import Belief, Codes, Counts, Fate, Flags, Outcomes, Tally, Times

__all__ = [
    "Belief",
    "Codes",
    "Counts",
    "Fate",
    "Flags",
    "Load",
    "Outcomes",
    "Tally",
    "Times",
    "judge",
    "observe",
    "observe_stretches",
    "window_s",
]
