"""What couples messages: each cause is named, and a plain network couples nothing."""

from __future__ import annotations

import pytest

from sim.config import from_mapping
from sim.coupling import couplings

# Lossy, retried, redelivered: all of it each message's own luck.
FREE = {
    "network": {"publish": {"loss": 0.1}, "deliver": {"loss": 0.1}},
    "broker": {"confirm_when": "received", "redelivery": {"limit": 3}},
    "consumer": {"failure": 0.1, "service": "5 ms", "instances": 3},
}


def network(**publish):
    return {"network": {**FREE["network"], "publish": publish}}


COUPLED = {
    "broker.confirm_when": ({"broker": {"confirm_when": "synced"}}, False),
    "broker.accept": ({"broker": {**FREE["broker"], "accept": "1 ms"}}, False),
    "broker.capacity": ({"broker": {**FREE["broker"], "capacity": 5}}, False),
    "producer.idempotent": ({"producer": {"idempotent": True}}, False),
    "producer.deadline": ({"producer": {"deadline": "1 s"}}, False),
    "producer.buffer": ({"producer": {"in_flight": 10, "buffer": 5}}, False),
    "broker.ttl": ({"broker": {**FREE["broker"], "ttl": "1 s"}}, False),
    "broker.redelivery.ack_timeout": ({"consumer": {**FREE["consumer"], "prefetch": 10}}, False),
    "consumer.ack": ({"consumer": {**FREE["consumer"], "ack": "batch"}}, False),
    "consumer.dedup": ({"consumer": {**FREE["consumer"], "dedup": 10}}, False),
    "the broker crashes": (
        {"faults": [{"target": "broker", "kind": "process_crash", "at": [5]}]},
        True,
    ),
    "a producer that crashes": (
        {"faults": [{"target": "producer", "kind": "crash", "at": [5]}]},
        True,
    ),
    "a consumer that crashes": ({"consumer": {"crash_before_effect": 0.1}}, True),
    "a consumer that crashes after": ({"consumer": {"crash_after_effect": 0.1}}, True),
    "a consumer that crashes by fault": (
        {"faults": [{"target": "consumer", "kind": "crash", "at": [5]}]},
        True,
    ),
    "the disk is slow or full": (
        {"faults": [{"target": "disk", "kind": "full", "at": [5]}]},
        True,
    ),
    "disk.failure": ({"disk": {"failure": 0.1, "write": "1 ms"}}, False),
    "a handler that crashes": (
        {
            "network": {},
            "broker": {"shape": "bus"},
            "consumer": {"crash_after_effect": 0.1},
        },
        True,
    ),
    "network.publish.bandwidth": (network(bandwidth="1 MiB/s"), False),
    "network.publish.connection": (network(connection=True, loss=0.1), False),
    "network.publish.bursts": (
        network(bursts={"bad_loss": 0.5, "good_to_bad": 0.1, "bad_to_good": 0.1}),
        True,
    ),
    "faults of publish": (
        {"faults": [{"target": "publish", "kind": "partition", "at": [5]}]},
        True,
    ),
    "faults of deliver": (
        {"faults": [{"target": "deliver", "kind": "partition", "at": [5]}]},
        True,
    ),
    "broker.shape": ({"broker": {**FREE["broker"], "shape": "log"}}, False),
    "run.horizon": ({"run": {"horizon": "1 h"}}, True),
}


def test_luck_of_its_own_couples_no_message_to_another():
    assert couplings(from_mapping(FREE)) == ()
    orderly = {"connection": True, "delay": "5 ms"}  # by itself
    assert couplings(from_mapping(FREE | network(**orderly))) == ()


@pytest.mark.parametrize("name", COUPLED)
def test_what_messages_share_is_named(name):
    tables, lasting = COUPLED[name]
    found = couplings(from_mapping({**FREE, **tables}))
    assert [coupling.lasting for coupling in found] == [lasting]
    (coupling,) = found
    word = name.removesuffix(" after").removesuffix(" by fault")
    assert word in coupling.reason


@pytest.mark.parametrize(
    ("tables", "recurs"),
    [
        ({"faults": [{"target": "broker", "kind": "process_crash", "every": "1 h"}]}, True),
        ({"consumer": {"crash_before_effect": 0.1}}, True),
        ({"faults": [{"target": "broker", "kind": "process_crash", "at": [5]}]}, False),
        (
            {
                "faults": [
                    {"target": "broker", "kind": "process_crash", "every": "1 h"},
                    {
                        "target": "disk",
                        "kind": "full",
                        "every": {"law": "constant", "value": "1 h"},
                    },
                ]
            },
            False,
        ),
        ({"consumer": {"crash_before_effect": 0.1, "subscription": "transient"}}, False),
        ({"run": {"horizon": "1 h"}}, False),
    ],
)
def test_faults_recur_after_times_without_memory(tables, recurs):
    found = [one for one in couplings(from_mapping({**FREE, **tables})) if one.lasting]
    assert found
    assert all(coupling.recurs == recurs for coupling in found)


def test_a_disk_that_nobody_waits_for_couples_nothing():
    for tables in (
        {"broker": {"persistent": False}},
        {"broker": {"durable": False}},
        {"producer": {"confirm": False}, "broker": {}},
        {"disk": {"failure": 0.1}},
        {"disk": {"failure": 0.1, "write": "1 ms"}, "broker": {"persistent": False}},
    ):
        assert couplings(from_mapping({**FREE, **tables})) == ()


def test_messages_that_are_only_pushed_have_luck_of_their_own():
    lossy = {"network": {"publish": {"loss": 0.1}}, "producer": {"confirm": False}}
    assert couplings(from_mapping({**lossy, "broker": {"shape": "none"}})) == ()


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"broker": {"shape": "none"}}, "busy consumers"),
        ({"broker": {"shape": "none", "capacity": 3}, "producer": {"confirm": False}}, "full"),
    ],
)
def test_what_messages_share_without_a_broker(tables, words):
    (coupling,) = couplings(from_mapping(tables))
    assert words in coupling.reason
