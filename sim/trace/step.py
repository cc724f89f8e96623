"""One line of a trace: when, on which lane, what happened, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.trace.facts import Fact
    from sim.trace.scene import Lane


class Tone(StrEnum):
    """How a step looks."""

    PLAIN = "plain"
    GOOD = "good"  # an effect, a confirm
    BAD = "bad"  # something is no more
    FAULT = "fault"  # a component falls
    BACK = "back"  # and comes back


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A way, within one step, from lane to lane; `known` if the ledger tells both ends."""

    start: Lane
    end: Lane
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """What happened on *lane*, in few words.

    `fact` is the row of the ledger; the beginning of work has none, it follows from the row of its
    end. `origin` is the place, among the steps, of what this came from, if that is known. A fault
    that began before the message has a time before its creation.
    """

    time_s: float
    lane: Lane
    words: str
    tone: Tone = Tone.PLAIN
    fact: Fact | None = None
    arrow: Arrow | None = None
    origin: int | None = None
