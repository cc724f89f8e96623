"""What a shape of broker does not have is refused; its own defaults stand where nothing does."""

import json

import pytest

from sim.config import ConfigError, from_mapping
from sim.config.shapes import SHAPES


def told(mapping):
    with pytest.raises(ConfigError) as error:
        from_mapping(mapping, source="x.toml")
    return str(error.value).splitlines()


def at(path, value, shape):
    mapping = {}
    for name, item in {"broker.shape": shape, path: value}.items():
        *tables, key = name.split(".")
        table = mapping
        for part in tables:
            table = table.setdefault(part, {})
        table[key] = item
    return mapping


ONE_PROCESS = "producers, bus and handlers are one process"


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("network.publish.loss", 0.1, f"means nothing {{}}: {ONE_PROCESS}"),
        ("network.deliver.delay", "2 ms", f"means nothing {{}}: {ONE_PROCESS}"),
        ("disk.sync", "2 ms", "means nothing {}: nothing is written to a disk"),
        ("consumer.detect", "1 s", "means nothing {}: handlers live and die with the bus"),
        (
            "broker.confirm_when",
            "written",
            'must be "received" or "processed" {}: a bus has no disk',
        ),
        (
            "broker.confirm_when",
            "synced",
            'must be "received" or "processed" {}: a bus has no disk',
        ),
        (
            "broker.redelivery.ack_timeout",
            "30 s",
            'must be "inf" {}: a bus waits for its handlers',
        ),
        (
            "consumer.ack",
            "auto",
            'must be "after" {}: a handler has done with an event when it returns',
        ),
        (
            "consumer.prefetch",
            3,
            "means nothing {}: each worker takes the next event when it is free",
        ),
    ],
)
def test_what_a_bus_does_not_have(path, value, line):
    shown = f'"{value}"' if isinstance(value, str) else value
    here = 'with broker.shape = "bus"'
    assert told(at(path, value, "bus")) == [
        f"{path} = {shown} {line.format(here)} (x.toml); leave it out"
    ]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("broker.capacity", 5, "a log has no bound; records leave it by age (broker.ttl)"),
        ("broker.overflow", "block", "a log has no bound; records leave it by age (broker.ttl)"),
        ("broker.redelivery.to_other", True, "records go to whoever has their partition"),
        ("network.deliver.duplication", 0.1, "a reader knows a double by its offset"),
        ("network.deliver.bandwidth", "1 MiB/s", "a batch of records has no size here"),
    ],
)
def test_what_a_log_does_not_have(path, value, reason):
    shown = json.dumps(value)
    assert told(at(path, value, "log")) == [
        f'{path} = {shown} means nothing with broker.shape = "log": {reason} (x.toml); leave it out'
    ]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("broker.partitions", 3, "a queue has no parts"),
        ("consumer.rebalance", "3 s", "consumers of a queue come and go without a pause"),
    ],
)
def test_what_only_a_log_has(path, value, reason):
    shown = f'"{value}"' if isinstance(value, str) else value
    assert told(at(path, value, "queue")) == [
        (
            f'{path} = {shown} means nothing with broker.shape = "queue": {reason} (x.toml); '
            "leave it out"
        )
    ]
    from_mapping(at(path, value, "log"))


def test_a_log_has_no_priorities():
    line = "a log is read in the order in which it was written"
    assert any(line in problem for problem in told(at("broker.priorities", 3, "log")))


@pytest.mark.parametrize("target", ["consumer", "producer"])
def test_a_bus_breaks_as_a_whole(target):
    fault = {"target": target, "kind": "crash", "at": [1]}
    lines = told({"broker": {"shape": "bus"}, "faults": [fault]})
    assert (
        f'faults.0.target = "{target}" cannot break with broker.shape = "bus": {ONE_PROCESS}, '
        "which the target broker stands for (x.toml); leave it out"
    ) in lines


def test_what_equals_its_default_is_no_matter():
    from_mapping({"network": {"publish": {"loss": 0}}, **at("disk.sync", "1 ms", "bus")})


def test_the_defaults_of_a_bus():
    read = from_mapping({"broker": {"shape": "bus"}, "consumer": {"concurrency": 4}})
    assert read.broker.confirm_when == "received"
    assert read.broker.redelivery.ack_timeout_s == float("inf")
    assert read.consumer.prefetch == 4


def test_what_is_no_table_is_refused_as_ever():
    assert told({"broker": {"shape": "bus", "redelivery": 3}}) == [
        "broker.redelivery must be a table, got 3 (x.toml)"
    ]
    assert told({"broker": {"shape": "bus"}, "consumer": 3}) == [
        "consumer must be a table, got 3 (x.toml)"
    ]
    (line,) = told({"broker": {"shape": "bus"}, "consumer": {"concurrency": "many"}})
    assert line == 'consumer.concurrency must be a whole number, got "many" (x.toml)'


def test_shapes_can_be_compared_in_a_sweep():
    swept = from_mapping({"sweep": {"broker.shape": [*SHAPES]}})
    points = {point.parameters["broker.shape"]: point.experiment for point in swept.points()}
    assert points["queue"].broker.confirm_when == "synced"
    assert points["bus"].broker.confirm_when == "received"
    again = from_mapping(swept.as_file_mapping())
    assert again.hash == swept.hash
    hashes = [point.experiment.hash for point in swept.points()]
    assert [point.experiment.hash for point in again.points()] == hashes


def test_workers_can_be_varied():
    swept = from_mapping({"broker": {"shape": "bus"}, "sweep": {"consumer.concurrency": [1, 2, 8]}})
    for read in (swept, from_mapping(swept.as_file_mapping())):
        assert [p.experiment.consumer.prefetch for p in read.points()] == [1, 2, 8]
