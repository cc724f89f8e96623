"""The two links of an experiment, as they reach the components, and the faults of their lines."""

from __future__ import annotations

import math

import pytest

from models.laws import Constant, Exponential
from models.network import BurstOptions, LinkOptions
from sim.config import from_mapping
from sim.options import link_options
from sim.system import System

WRITTEN = {
    "loss": 0.25,
    "bursts": {"bad_loss": 0.5, "good_to_bad": 0.125, "bad_to_good": 0.375},
    "connection": True,
    "reconnect": "3 s",
    "detect": {"law": "exponential", "mean": "2 s"},
    "bandwidth": "10 KiB/s",
    "ack_size": "32 B",
}


@pytest.mark.parametrize("name", ["publish", "deliver"])
def test_every_key_of_a_link_reaches_it(name):
    experiment = from_mapping({"producer": {"size": "2 kB"}, "network": {name: WRITTEN}})
    assert link_options(experiment, name) == LinkOptions(
        loss=0.25,
        ack_loss=0.25,
        bursts=BurstOptions(bad_loss=0.5, good_to_bad=0.125, bad_to_good=0.375),
        connection=True,
        reconnect_s=3.0,
        detect=Exponential(2.0),
        bandwidth_bytes_per_s=10240.0,
        size=Constant(2000.0),
        ack_size_bytes=32.0,
    )
    other = link_options(experiment, "deliver" if name == "publish" else "publish")
    assert other == LinkOptions(size=Constant(2000.0), ack_size_bytes=64.0)
    assert math.isinf(other.bandwidth_bytes_per_s)


def struck(target, kind, **fault):
    """When which lines fail in a run of 100 s with two producers and two consumers."""
    experiment = from_mapping(
        {
            "run": {"horizon": "100 s", "warmup": 0, "messages": 10**6},
            "producer": {"instances": 2, "arrivals": {"law": "regular", "rate": 1}},
            "network": {name: {"connection": kind == "cut"} for name in ("publish", "deliver")},
            "consumer": {"instances": 2},
            "faults": [{"target": target, "kind": kind, "every": "5 s", "lasts": "1 s", **fault}],
        }
    )
    system = System(experiment, 0)
    system.run()
    assert {told for *_, told in system.ledger.crashes} == {kind}
    return [
        [at_s for at_s, who, _ in system.ledger.crashes if who == f"{target} {line}"]
        for line in (0, 1)
    ]


@pytest.mark.parametrize("target", ["publish", "deliver"])
@pytest.mark.parametrize("kind", ["partition", "cut"])
def test_every_line_fails_by_itself_unless_all_fail_at_once(target, kind):
    one, other = struck(target, kind)
    assert len(one) > 5
    assert len(other) > 5
    assert not set(one) & set(other)
    one, other = struck(target, kind, correlated=True)
    assert one == other
    assert len(one) > 5


def test_the_groups_have_lines_of_their_own():
    experiment = from_mapping(
        {
            "run": {"horizon": "20 s", "warmup": 0, "messages": 10**6},
            "broker": {"routing": "fanout"},
            "consumer": {"groups": 2},
            "network": {"deliver": {"connection": True, "delay": "1 ms"}},
            "faults": [{"target": "deliver", "kind": "cut", "at": ["5 s"]}],
        }
    )
    system = System(experiment, 0)
    system.run()
    assert sorted(who for _, who, _ in system.ledger.crashes) == ["deliver 0", "deliver 1 1"]
