"""What a trace viewer asks of its events: the fields that the Trace Event Format documents."""

from __future__ import annotations

import json
from collections import Counter

NUMBER = (int, float)
BOTH = {"ph": str, "name": str, "pid": int, "tid": int, "ts": NUMBER}
FURTHER = {
    "M": {"args": dict},
    "X": {"dur": NUMBER, "cat": str, "args": dict},
    "i": {"s": str, "cat": str, "args": dict},
    "s": {"id": int, "cat": str},
    "f": {"id": int, "cat": str, "bp": str},
}
NAMES = {"process_name": "name", "process_sort_index": "sort_index", "thread_name": "name"}


def check_events(text: str, told) -> list[dict]:
    """Return the events of *text*, which shows the trace *told*, if all is as documented."""
    document = json.loads(text)
    assert set(document) == {"traceEvents", "displayTimeUnit", "otherData"}
    assert document["displayTimeUnit"] in ("ms", "ns")
    events = document["traceEvents"]
    for event in events:
        fields = BOTH | FURTHER[event["ph"]]
        assert set(event) == set(fields), event
        assert all(isinstance(event[name], kind) for name, kind in fields.items()), event
        assert event["ts"] >= 0
    by_phase = {phase: [one for one in events if one["ph"] == phase] for phase in FURTHER}
    named_before_use(events, by_phase["M"])
    slices_nest(by_phase["X"])
    arrows_have_two_ends(by_phase)
    assert all(event["s"] == "t" for event in by_phase["i"])
    steps = Counter(step.words for step in told.steps if step.fact is not None)
    assert Counter(event["name"] for event in by_phase["i"]) == steps
    return events


def named_before_use(events, names):
    for event in names:
        assert NAMES[event["name"]] in event["args"]
    processes = {event["pid"] for event in names if event["name"] == "process_name"}
    threads = {(event["pid"], event["tid"]) for event in names if event["name"] == "thread_name"}
    for event in events:
        assert event["pid"] in processes
        assert event["ph"] == "M" or (event["pid"], event["tid"]) in threads


def slices_nest(slices):
    """Slices of one thread lie within one another, or apart."""
    threads = {}
    for event in slices:
        assert event["dur"] >= 0
        threads.setdefault((event["pid"], event["tid"]), []).append(event)
    for own in threads.values():
        open_until = []
        for event in sorted(own, key=lambda event: (event["ts"], -event["dur"])):
            while open_until and open_until[-1] <= event["ts"] + 1e-3:
                open_until.pop()
            end = event["ts"] + event["dur"]
            assert not open_until or end <= open_until[-1] + 1e-3, event
            open_until.append(end)


def arrows_have_two_ends(by_phase):
    """Each arrow begins once and ends once, not before, within slices it can be tied to."""
    starts = {event["id"]: event for event in by_phase["s"]}
    ends = {event["id"]: event for event in by_phase["f"]}
    assert len(starts) == len(by_phase["s"])
    assert len(ends) == len(by_phase["f"])
    assert starts.keys() == ends.keys()
    for name, start in starts.items():
        end = ends[name]
        assert (start["name"], start["cat"]) == (end["name"], end["cat"])
        assert start["ts"] <= end["ts"]
        assert end["bp"] == "e"
    for event in (*by_phase["s"], *by_phase["f"]):
        assert any(
            (one["pid"], one["tid"]) == (event["pid"], event["tid"])
            and one["ts"] <= event["ts"] < one["ts"] + one["dur"]
            for one in by_phase["X"]
        )
