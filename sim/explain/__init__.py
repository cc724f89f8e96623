"""What a configuration promises, and what breaks the promise: derived by rules, before any run.

A rule names one weakness: a guarantee, what must happen to break it, and how. A guarantee that no
rule touches is granted. The rules are held against simulation by the tests: what is granted is
never seen broken, and each weakness has a concrete example.
"""

from sim.explain.explanation import Explanation, Promise, explain
from sim.explain.hazards import Hazard
from sim.explain.weakness import Guarantee, Weakness
from sim.explain.witness import Witness, find_witness

__all__ = [
    "Explanation",
    "Guarantee",
    "Hazard",
    "Promise",
    "Weakness",
    "Witness",
    "explain",
    "find_witness",
]
