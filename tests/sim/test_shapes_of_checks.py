"""Which closed forms hold for which shape of broker."""

from __future__ import annotations

import pytest

from sim.checks import FORMS
from sim.config import from_mapping

BY_NAME = {form.name: form for form in FORMS}
BUS = {
    "run": {"warmup": "20 s"},
    "broker": {"shape": "bus"},
    "consumer": {"service": {"law": "exponential", "mean": "5 ms"}, "concurrency": 2},
}


def broken(name, **consumer):
    mapping = {**BUS, "consumer": BUS["consumer"] | consumer}
    mapping["faults"] = consumer.pop("faults", [])
    mapping["consumer"].pop("faults", None)
    return BY_NAME[name].broken(from_mapping(mapping))


@pytest.mark.parametrize("name", ["P_ack", "P_delivered", "L", "W", "Little", "T-bar"])
def test_a_bus_whose_handlers_do_no_harm_is_a_queue(name):
    assert broken(name) == []


@pytest.mark.parametrize("name", ["P_delivered", "L", "E[deliveries]"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"failure": 0.1, "on_failure": "ignore"}, "errors are swallowed"),
        ({"crash_after_effect": 0.1}, "bus, producers and handlers die together"),
        (
            {"faults": [{"target": "broker", "kind": "process_crash", "every": "1 h"}]},
            "bus, producers and handlers die together",
        ),
    ],
)
def test_what_no_form_describes_of_a_bus(name, changes, reason):
    assert any(reason in found for found in broken(name, **changes))


def test_errors_that_go_back_into_the_queue_are_described():
    assert broken("E[deliveries]", failure=0.1) == []


LOSSY = {"network": {"publish": {"loss": 0.1}}}


@pytest.mark.parametrize("name", BY_NAME)
def test_no_form_describes_a_system_without_a_broker(name):
    found = BY_NAME[name].broken(from_mapping({"broker": {"shape": "none"}, **LOSSY}))
    assert found
    assert any("no broker" in reason for reason in found)
