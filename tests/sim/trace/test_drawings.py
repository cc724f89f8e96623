"""The same trace as SVG and as events: what is drawn where, and that nothing lies on anything."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

from models.ledger import ACKNOWLEDGED
from sim.trace import Scene, trace
from sim.trace.perfetto import to_perfetto
from sim.trace.svg import to_svg
from tests.sim.ledgers import created, ledger
from tests.sim.trace.viewer import check_events

SVG = "{http://www.w3.org/2000/svg}"
HEADS = ["A & B", "message 0"]


def a_trace():
    made = ledger(
        *created(10.0),
        ("sent", 0, 10.0),
        ("arrived", 0, 10.25),
        ("stored", 0, 10.25),
        ("confirmed", 0, 10.5),
        ("delivered", 0, 10.5, 1, False),
        ("effected", 0, 11.5, 0.75, 1),
        ("removed", 0, 11.75, ACKNOWLEDGED),
    )
    made.crashes += [(9.0, "disk", "slow"), (11.0, "broker", "process_crash")]
    made.restarts.append((11.25, "broker"))
    return trace(made, 0, Scene(), 20.0)


def elements(name):
    return list(ET.fromstring(to_svg(a_trace(), HEADS)).iter(f"{SVG}{name}"))  # noqa: S314 - ours


def of_kind(kind):
    return [one for one in elements("text") if one.get("class").split()[0] == kind]


def test_words_are_text_and_stand_one_below_the_other():
    words = of_kind("words")
    told = a_trace()
    assert [one.text for one in words] == [step.words for step in told.steps]
    heights = [float(one.get("y")) for one in words]
    assert all(later - earlier >= 20 for earlier, later in pairwise(heights))
    assert [one.text for one in of_kind("head")] == [
        *("producer", "network", "broker", "disk", "consumer")
    ]
    apart = [float(one.get("x")) for one in of_kind("head")]
    assert all(right - left > 9 * len("producer") for left, right in pairwise(apart))
    assert of_kind("verdict")[0].text == told.verdict


def test_everything_lies_on_the_page():
    (page,) = elements("svg")
    width, height = float(page.get("width")), float(page.get("height"))
    for one in elements("text"):
        anchored = one.get("class").split()[0] in ("time", "head", "second")
        length = 0 if anchored else 7.0 * len(one.text)
        assert 0 <= float(one.get("x")) + length <= width
        assert 0 < float(one.get("y")) < height


def test_colours_are_told_apart_without_colour():
    colours = set(re.findall("#[0-9a-fA-F]{6}", to_svg(a_trace(), HEADS)))
    assert colours <= {"#000000", "#009E73", "#D55E00", "#0072B2", "#666666", "#f3f3f3"}


def test_events_of_a_message():
    told = a_trace()
    events = check_events(to_perfetto(told, HEADS), told)
    names = [one["args"]["name"] for one in events if one["name"] == "process_name"]
    assert names == ["producer 0", "network.publish", "broker", "disk", "consumer 1"]
    slices = [
        (names[one["pid"] - 1], one["name"], one["ts"], one["dur"])
        for one in events
        if one["ph"] == "X" and one["cat"] != "lifeline"
    ]
    assert slices == [
        ("disk", "disk: slow", 0.0, 1_750_000.0),  # it began before the message
        ("network.publish", "attempt 1 arrives (250 ms)", 0.0, 250_000.0),
        ("broker", "in the queue", 250_000.0, 1_500_000.0),
        ("consumer 1", "effect, 750 ms of work", 750_000.0, 750_000.0),
        ("broker", "broker: process crash", 1_000_000.0, 250_000.0),
    ]
    arrows = [
        (one["ph"], one["name"], names[one["pid"] - 1], one["ts"])
        for one in events
        if one["ph"] in "sf"
    ]
    assert arrows == [
        ("s", "packet", "producer 0", 0.0),
        ("f", "packet", "broker", 250_000.0),
        ("s", "delivery", "broker", 500_000.0),
        ("f", "delivery", "consumer 1", 750_000.0),
    ]
    faults = [one["args"] for one in events if one["ph"] == "i" and one["cat"] == "fault"]
    assert [fault["time_s"] for fault in faults] == [9.0, 11.0]
    assert faults[1] == {
        "fact": "crash",
        "time_s": 11.0,
        "component": "broker",
        "fault": "process_crash",
    }
