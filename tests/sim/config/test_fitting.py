"""What of a file is left out where the kind of system is varied."""

import pytest

from sim.config import ConfigError, from_mapping
from sim.config.fitting import fitted
from sim.config.presets import NAMES

FILE = {
    "run": {"horizon": "1 h"},
    "network": {
        "publish": {"connection": True, "delay": "2 ms"},
        "deliver": {"connection": True, "delay": "3 ms"},
    },
    "disk": {"sync": "4 ms"},
    "faults": [
        {"target": "broker", "kind": "power_loss", "at": ["5 s"]},
        {"target": "publish", "kind": "cut", "at": ["6 s"]},
        {"target": "consumer", "kind": "crash", "at": ["7 s"]},
        {"target": "broker", "kind": "disk_loss", "at": ["8 s"]},
    ],
}


def points(sweep, **tables):
    return list(from_mapping({**FILE, **tables, "sweep": sweep}).points())


def test_every_preset_can_be_put_under_one_load():
    assert len(points({"preset": list(NAMES)})) == len(NAMES)


def test_without_a_broker_none_can_fail():
    (point,) = points({"preset": ["zeromq-push-pull"]})
    assert point.left_out == ("disk", "faults.0", "faults.3", "network.deliver")
    assert [fault.target for fault in point.experiment.faults] == ["publish", "consumer"]
    assert point.experiment.network.publish.delay.mean_s == 0.002
    assert point.experiment.network.deliver.delay.mean_s == 0


def test_a_bus_fails_as_a_whole():
    (point,) = points({"preset": ["event-bus"]})
    assert point.left_out == ("disk", "faults.1", "faults.2", "faults.3", "network")
    assert [fault.kind for fault in point.experiment.faults] == ["power_loss"]


def test_a_queue_has_a_place_for_all_of_it():
    (point,) = points({"preset": ["rabbitmq-classic"]})
    assert point.left_out == ()
    assert len(point.experiment.faults) == 4


def test_a_shape_is_a_kind_of_system_too():
    queue, bus = points({"broker.shape": ["queue", "bus"]}, consumer={"detect": "1 s"})
    assert queue.left_out == ()
    assert queue.experiment.consumer.detect.mean_s == 1
    assert "consumer.detect" in bus.left_out


def test_what_is_varied_itself_is_refused_where_it_has_no_place():
    with pytest.raises(ConfigError, match=r"disk.sync.* means nothing with broker.shape = \"bus\""):
        from_mapping({**FILE, "sweep": {"preset": ["event-bus"], "disk.sync": ["2 ms"]}})


def test_where_the_system_is_not_varied_nothing_is_left_out():
    assert fitted({**FILE, "broker": {"shape": "bus"}}, {"seed": 3})[1] == ()
    with pytest.raises(ConfigError, match="means nothing"):
        from_mapping({**FILE, "broker": {"shape": "bus"}})
