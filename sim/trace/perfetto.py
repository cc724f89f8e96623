"""A trace as events for a trace viewer: the Trace Event Format, which ui.perfetto.dev opens.

Each lane is a process. Its first thread is its lifeline; work, packets and the time that copies are
in the queue are slices on threads of their own, as many as overlap. Each step is an instant event
with its time in seconds and the columns of its row among the `args`. Arrows (flow events) lead from
where something left to where it came, where the ledger tells both. Times are microseconds from the
creation of the message; what began before is shown from there on.

The format: "Trace Event Format", Google, 2016 (docs.google.com/document/d/1CvAClvFfyA5R-
PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from sim.trace.scene import NETWORKS, Part
from sim.trace.spans import Span, spans_of
from sim.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.trace.step import Step
    from sim.trace.trace import Trace

Event: TypeAlias = dict[str, Any]

_LIFELINE = 1
_US = 1e6
_EDGE_US = 1.0  # that lifelines are longer: what comes at their very end has to lie on them


def to_perfetto(found: Trace, heads: Sequence[str]) -> str:
    """Return *found* as JSON; *heads* say which message it is. The same trace gives the same."""
    document = {
        "traceEvents": list(_Events(found).all()),
        "displayTimeUnit": "ms",
        "otherData": {
            "message": " | ".join(heads),
            "created_s": found.created_s,
            "verdict": found.verdict,
            "elsewhere": found.elsewhere,
            "msgfate": versions()["msgfate"],
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


class _Events:
    def __init__(self, found: Trace) -> None:
        self._found = found
        self._pids = {lane: pid for pid, lane in enumerate(found.lanes, start=1)}
        self._free_us: dict[int, list[float]] = {pid: [] for pid in self._pids.values()}

    def all(self) -> Iterator[Event]:
        """Yield all events: names first, then slices, steps and arrows."""
        slices = [*self._lifelines(), *map(self._slice, spans_of(self._found))]
        for lane, pid in self._pids.items():
            name = self._found.scene.name(lane)
            yield _named("process_name", pid, {"name": name})
            yield _named("process_sort_index", pid, {"sort_index": pid})
            yield _named("thread_name", pid, {"name": "what happened"}, _LIFELINE)
            for tid in range(_LIFELINE + 1, _LIFELINE + 1 + len(self._free_us[pid])):
                yield _named("thread_name", pid, {"name": _THREADS[lane.part]}, tid)
        yield from slices
        for place, step in enumerate(self._found.steps):
            if step.fact is not None:
                yield self._instant(step)
            yield from self._arrow(place, step)

    def _us(self, time_s: float) -> float:
        return max(0.0, round((time_s - self._found.created_s) * _US, 3))

    def _lifelines(self) -> Iterator[Event]:
        length_us = self._us(self._found.created_s + self._found.span_s) + _EDGE_US
        for lane, pid in self._pids.items():
            name = f"message {self._found.row}" if lane.part is Part.PRODUCER else "lifeline"
            yield _event("X", name, pid, _LIFELINE, 0.0, dur=length_us, cat="lifeline", args={})

    def _slice(self, span: Span) -> Event:
        pid = self._pids[span.lane]
        start_us, end_us = self._us(span.start_s), self._us(span.end_s)
        free_us = self._free_us[pid]
        free = (place for place, until_us in enumerate(free_us) if until_us <= start_us)
        place = next(free, len(free_us))
        if place == len(free_us):
            free_us.append(end_us)
        free_us[place] = end_us
        args = {"start_s": span.start_s, "end_s": span.end_s}
        tid, dur = _LIFELINE + 1 + place, round(end_us - start_us, 3)
        return _event("X", span.name, pid, tid, start_us, dur=dur, cat=span.kind, args=args)

    def _instant(self, step: Step) -> Event:
        fact = step.fact
        known = {} if fact is None else {"fact": fact.kind, "time_s": fact.time_s, **fact.values}
        if fact is not None and fact.group is not None:
            known["group"] = fact.group
        pid, ts = self._pids[step.lane], self._us(step.time_s)
        cat = str(step.tone)
        return _event("i", step.words, pid, _LIFELINE, ts, s="t", cat=cat, args=known)

    def _arrow(self, place: int, step: Step) -> Iterator[Event]:
        if step.origin is None:
            return
        source = self._found.steps[step.origin]
        if source.lane == step.lane:
            return
        name = "delivery" if step.lane.part is Part.CONSUMER else "packet"
        for phase, one in (("s", source), ("f", step)):
            ends = {"bp": "e"} if phase == "f" else {}
            pid, ts = self._pids[one.lane], self._us(one.time_s)
            yield _event(phase, name, pid, _LIFELINE, ts, cat=name, id=place, **ends)


_THREADS = {
    Part.PRODUCER: "down",
    **dict.fromkeys(NETWORKS, "packets"),
    Part.BROKER: "copies, and down",
    Part.REPLICA: "down",
    Part.DISK: "bad times",
    Part.CONSUMER: "work, and down",
}


def _named(name: str, pid: int, args: Event, tid: int = 0) -> Event:
    return {"ph": "M", "name": name, "pid": pid, "tid": tid, "ts": 0, "args": args}


def _event(phase: str, name: str, pid: int, tid: int, ts: float, **further: object) -> Event:
    return {"ph": phase, "name": name, "pid": pid, "tid": tid, "ts": ts, **further}
