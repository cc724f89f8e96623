"""One message from its creation to its end: who touched it, when, and what removed it.

A trace is read off the ledger of one run and drawn as a sequence diagram: as text, as SVG, or as
events for a trace viewer (Perfetto). Each row of the ledger about the message is one step. What the
ledger does not tell is not drawn: when an acknowledgement left, which of two packets arrived, when
a delivery reached its consumer.
"""

from sim.trace.scene import Lane, Part, Scene, scene_of
from sim.trace.step import Arrow, Step, Tone
from sim.trace.text import diagram, legend
from sim.trace.trace import Trace, rows_of, trace
from sim.trace.wanted import NAMES, look_for

__all__ = [
    "NAMES",
    "Arrow",
    "Lane",
    "Part",
    "Scene",
    "Step",
    "Tone",
    "Trace",
    "diagram",
    "legend",
    "look_for",
    "rows_of",
    "scene_of",
    "trace",
]
