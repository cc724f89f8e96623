"""What lasts in a trace: packets on their way, copies in the queue, work, and outages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.trace.facts import CRASH, RESTART
from sim.trace.scene import Lane, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.trace.trace import Trace

_IN, _OUT = ("stored", "recovered"), ("removed",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something of a *kind* that lasts on *lane*, from `start_s` to `end_s` (s)."""

    lane: Lane
    name: str
    kind: str
    start_s: float
    end_s: float


def spans_of(found: Trace) -> list[Span]:
    """Return what lasts in *found*, by its start, the longer one first."""
    spans = [*_ways(found), *_stays(found), *_outages(found)]
    return sorted(spans, key=lambda span: (span.start_s, -span.end_s, span.lane))


def _ways(found: Trace) -> Iterator[Span]:
    """Yield packets, from where to where is known, and work."""
    for step in found.steps:
        if step.origin is None:
            continue
        source = found.steps[step.origin]
        if source.fact is None and step.fact is not None:
            name, kind, lane = step.words, "work", step.lane
        elif step.lane.part is Part.CONSUMER or not found.scene.has_broker:
            continue
        else:
            name, kind, lane = step.words, "packet", Lane(Part.PUBLISH)
        yield Span(
            lane=lane if lane in found.lanes else step.lane,
            name=name,
            kind=kind,
            start_s=source.time_s,
            end_s=step.time_s,
        )


def _stays(found: Trace) -> Iterator[Span]:
    """Yield for how long at least one copy was in the queue, of each consumer group."""
    groups = {step.fact.group for step in found.steps if step.fact is not None}
    for group in sorted(groups, key=lambda group: -1 if group is None else group):
        copies, since_s = 0, 0.0
        for step in found.steps:
            fact = step.fact
            if fact is None or fact.group != group or fact.kind not in (*_IN, *_OUT):
                continue
            before, copies = copies, copies + (1 if fact.kind in _IN else -1)
            if not before and copies:
                since_s = step.time_s
            elif before and not copies:
                yield _stay(found, group, since_s, step.time_s)
        if copies:
            yield _stay(found, group, since_s, found.created_s + found.span_s)


def _stay(found: Trace, group: int | None, start_s: float, end_s: float) -> Span:
    of = "" if group is None else f" of group {group}"
    kept = "socket" if found.scene.shape == "none" else found.scene.shape
    name = f"in the {kept}{of}"
    return Span(lane=Lane(Part.BROKER), name=name, kind="copy", start_s=start_s, end_s=end_s)


def _outages(found: Trace) -> Iterator[Span]:
    """Yield for how long each component was down, or slow, or full."""
    begun: dict[str, tuple[Lane, str, float]] = {}
    for step in found.steps:
        fact = step.fact
        who = "" if fact is None else str(fact.values.get("component", ""))
        if fact is None or fact.kind not in (CRASH, RESTART):
            continue
        if fact.kind == CRASH:
            begun.setdefault(who, (step.lane, step.words, step.time_s))
        elif who in begun:
            yield _outage(*begun.pop(who), step.time_s)
    for lane, name, start_s in begun.values():
        yield _outage(lane, name, start_s, found.created_s + found.span_s)


def _outage(lane: Lane, name: str, start_s: float, end_s: float) -> Span:
    return Span(lane=lane, name=name, kind="outage", start_s=start_s, end_s=end_s)
