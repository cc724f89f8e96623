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
        (
            "broker.redelivery.on_disconnect",
            False,
            "whoever has a partition next reads on from there",
        ),
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


# ---------------------------------------------------------------- without a broker

NONE = 'with broker.shape = "none"'


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("network.deliver.delay", "2 ms", "there is one way from producer to consumer"),
        ("disk.sync", "2 ms", "there is no disk"),
        ("broker.accept", "1 ms", "there is no broker"),
        ("broker.ttl", "1 s", "what is in a pipe does not expire"),
        ("broker.redelivery.limit", 3, "nobody gives a message out again"),
        ("broker.redelivery.delay", "1 s", "nobody gives a message out again"),
        ("consumer.prefetch", 10, "broker.capacity bounds what a consumer has received, too"),
    ],
)
def test_what_there_is_not_without_a_broker(path, value, reason):
    (line,) = told(at(path, value, "none"))
    assert line.startswith(f"{path} = ")
    assert f"means nothing {NONE}: {reason}" in line


def none(routing="competing", *, confirm=False, broker=None, consumer=None, **tables):
    return {
        "producer": {"confirm": confirm},
        "broker": {"shape": "none", "routing": routing, **(broker or {})},
        "consumer": consumer or {},
        **tables,
    }


@pytest.mark.parametrize(
    ("mapping", "line"),
    [
        (
            none("fanout", confirm=True),
            (
                'producer.confirm = true must be false with broker.routing = "fanout": nobody '
                'replies to a publisher (broker.shape = "none") (x.toml); '
                "set producer.confirm = false"
            ),
        ),
        (
            none("fanout", broker={"overflow": "block"}),
            (
                'broker.overflow = "block" must be "drop_new" with broker.routing = "fanout": a '
                'publisher waits for nobody (broker.shape = "none") (x.toml); '
                'set broker.overflow = "drop_new"'
            ),
        ),
        (
            none("fanout", consumer={"subscription": "durable"}),
            (
                'consumer.subscription = "durable" must be "transient" with broker.routing = '
                '"fanout": a publisher keeps nothing for who is not there (broker.shape = "none") '
                "(x.toml); "
                'set consumer.subscription = "transient"'
            ),
        ),
        (
            none("fanout", consumer={"instances": 2}),
            (
                'consumer.instances = 2 must be 1 with broker.routing = "fanout": each subscriber '
                'is one consumer (broker.shape = "none") (x.toml); set consumer.groups'
            ),
        ),
        (
            none(broker={"overflow": "reject"}),
            (
                'broker.overflow = "reject" must be "block" or "drop_new" with broker.routing = '
                '"competing": nobody is there who could reject (broker.shape = "none") (x.toml); '
                'set broker.overflow = "block"'
            ),
        ),
        (
            none(consumer={"subscription": "from_start"}),
            (
                'consumer.subscription = "from_start" must be "durable" with broker.routing = '
                '"competing": a pipe exists without its consumer (broker.shape = "none") (x.toml); '
                'set consumer.subscription = "durable"'
            ),
        ),
        (
            none(consumer={"ack": "after"}),
            (
                'consumer.ack = "after" must be "auto" with producer.confirm = false: nobody '
                'acknowledges (broker.shape = "none") (x.toml); '
                'set consumer.ack = "auto", or producer.confirm = true'
            ),
        ),
        (
            none(confirm=True, consumer={"ack": "auto"}),
            (
                'consumer.ack = "auto" must be "before" or "after" with producer.confirm = true: a '
                'reply is what acknowledges (broker.shape = "none") (x.toml); '
                'set consumer.ack = "after"'
            ),
        ),
        (
            none(confirm=True, broker={"confirm_when": "received"}),
            (
                'broker.confirm_when = "received" must be "processed" with broker.shape = "none": '
                "nobody but a consumer can confirm (x.toml); leave it out"
            ),
        ),
    ],
)
def test_what_does_not_fit_the_pattern(mapping, line):
    assert told(mapping) == [line]


@pytest.mark.parametrize(
    ("fault", "told_of"),
    [
        ({"target": "broker", "kind": "power_loss"}, 'target = "broker" cannot break'),
        ({"target": "disk", "kind": "full"}, 'target = "disk" cannot break'),
        ({"target": "deliver", "kind": "partition"}, 'target = "deliver" cannot break'),
    ],
)
def test_what_is_not_there_cannot_break(fault, told_of):
    (line,) = told(none(faults=[fault | {"at": [1]}]))
    assert told_of in line


@pytest.mark.parametrize(
    ("mapping", "defaults"),
    [
        (none(), ("block", "auto", "durable")),
        (none(confirm=True), ("block", "after", "durable")),
        (none("fanout"), ("drop_new", "auto", "transient")),
    ],
)
def test_the_defaults_follow_the_pattern(mapping, defaults):
    read = from_mapping(mapping)
    found = read.broker.overflow, read.consumer.ack, read.consumer.subscription
    assert found == defaults
    assert from_mapping(read.as_file_mapping()).hash == read.hash


def test_a_shape_alone_is_enough():
    read = from_mapping({"broker": {"shape": "none"}})
    assert (read.broker.confirm_when, read.consumer.ack) == ("processed", "after")


def test_a_horizon_is_not_asked_for_where_nothing_is_given_out_again():
    from_mapping(none(confirm=True, consumer={"failure": 1, "crash_before_effect": 1}))


def test_one_pipe_of_all_may_break():
    two = {"producer": {"confirm": False, "instances": 2}, "consumer": {"instances": 3}}
    fault = {"target": "publish", "kind": "partition", "at": [1], "which": 5}
    from_mapping({**none(), **two, "faults": [fault]})
    assert told({**none(), **two, "faults": [fault | {"which": 6}]}) == [
        "faults.0.which must be < the pipes from producers to consumers = 6, got 6 (x.toml)"
    ]
