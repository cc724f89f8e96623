"""The trace of one message: everything that touched it, read off the ledger of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.trace.facts import CRASH, RESTART, beginnings, facts_of, in_order
from sim.trace.outages import LIMPING, outages
from sim.trace.scene import Lane, Part
from sim.trace.steps import steps_of
from sim.trace.verdict import verdict

if TYPE_CHECKING:
    from models.ledger import Ledger
    from sim.trace.facts import Fact
    from sim.trace.scene import Scene
    from sim.trace.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Message `row` of a run, created by `producer` at `created_s` (s).

    `steps` are in the order of time. `lanes` stand from left to right. `verdict` is one sentence.
    `elsewhere` tells of crashes that were not on the way of the message, "" if there were none.
    """

    row: int
    producer: int
    created_s: float
    scene: Scene
    lanes: tuple[Lane, ...]
    steps: tuple[Step, ...]
    verdict: str
    elsewhere: str

    @property
    def span_s(self) -> float:
        """How long it takes from the creation to the last step, s."""
        return max(step.time_s for step in self.steps) - self.created_s

    def down(self) -> list[frozenset[Lane]]:
        """Return which lanes are down after each step."""
        now: set[Lane] = set()
        after = []
        for step in self.steps:
            fact = step.fact
            if fact is not None and fact.kind == CRASH and fact.values["fault"] not in LIMPING:
                now.add(step.lane)
            elif fact is not None and fact.kind == RESTART:
                now.discard(step.lane)
            after.append(frozenset(now))
        return after


def trace(ledger: Ledger, row: int, scene: Scene, end_s: float, group: int | None = None) -> Trace:
    """Return the trace of message *row* of *ledger*, of a run in *scene* that ended at *end_s*.

    Of several consumer groups all are shown, or only *group*.
    """
    own = [
        fact for fact in facts_of(ledger, row) if None in (group, fact.group) or fact.group == group
    ]
    created = next(fact for fact in own if fact.kind == "created")
    producer = int(created.values["producer"])
    consumers = {int(fact.values["consumer"]) for fact in own if fact.kind == "delivered"}
    fallen = outages(
        ledger,
        created.time_s,
        max(fact.time_s for fact in own),
        lambda component: scene.concerns(component, producer, consumers),
    )
    facts = [*fallen.before, *in_order([*own, *beginnings(own), *fallen.during])]
    steps = steps_of(facts, scene, producer)
    return Trace(
        row=row,
        producer=producer,
        created_s=created.time_s,
        scene=scene,
        lanes=scene.in_order(_lanes(steps)),
        steps=tuple(steps),
        verdict=verdict(ledger, row, own, end_s, group),
        elsewhere=_elsewhere(fallen.others, fallen.falls_of_others),
    )


def _lanes(steps: list[Step]) -> set[Lane]:
    arrows = [step.arrow for step in steps if step.arrow is not None]
    lanes = {step.lane for step in steps} | {Lane(Part.BROKER)}
    return lanes.union(*({arrow.start, arrow.end} for arrow in arrows))


def _elsewhere(names: tuple[str, ...], falls: int) -> str:
    if not names:
        return ""
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    times = "once" if falls == 1 else f"{falls} times"
    return f"Meanwhile others fell, {times} in all: {shown}."


def rows_of(found: Trace) -> list[Fact]:
    """Return the rows of the ledger that *found* shows, crashes and restarts included."""
    return [step.fact for step in found.steps if step.fact is not None]
