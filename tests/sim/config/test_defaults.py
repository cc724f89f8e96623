import math

from models.arrivals import Poisson
from models.laws import Constant
from models.policies.backoff import Exponential, Fixed
from models.policies.jitter import full_jitter
from sim.config import from_mapping

EMPTY = from_mapping({})


def values(table):
    return {name: getattr(table, name) for name in type(table).model_fields}


def test_an_empty_file_is_an_experiment_without_faults():
    assert (EMPTY.title, EMPTY.question, EMPTY.preset, EMPTY.seed) == ("", "", None, 0)
    assert EMPTY.faults == ()
    assert not EMPTY.sweep


def test_run():
    assert values(EMPTY.run) == {
        "messages": 20000,
        "warmup": "auto",
        "replications": 10,
        "horizon_s": math.inf,
        "confidence": 0.95,
        "engine": "auto",
        "precision": None,
        "rare": None,
    }


def test_producer():
    assert values(EMPTY.producer) == {
        "instances": 1,
        "arrivals": Poisson(100.0),
        "size": Constant(1024.0),
        "keys": 1,
        "confirm": True,
        "timeout_s": 0.5,
        "retries": 3,
        "backoff": full_jitter(Exponential(first_s=0.1, factor=2.0, cap_s=2.0)),
        "deadline_s": math.inf,
        "in_flight": 1000,
        "buffer": 100000,
        "idempotent": False,
        "outbox": False,
    }


def test_links_are_perfect():
    for link in (EMPTY.network.publish, EMPTY.network.deliver):
        assert values(link) == {
            "delay": Constant(0.0),
            "ack_delay": Constant(0.0),
            "loss": 0.0,
            "ack_loss": 0.0,
            "duplication": 0.0,
            "bursts": None,
            "connection": False,
            "detect": Constant(0.0),
            "reconnect_s": 1.0,
            "bandwidth_bytes_per_s": math.inf,
            "ack_size_bytes": 64.0,
        }


def test_broker():
    assert values(EMPTY.broker) | {"redelivery": None} == {
        "shape": "queue",
        "routing": "competing",
        "accept": Constant(0.0),
        "capacity": 0,
        "overflow": "reject",
        "ttl_s": math.inf,
        "priorities": 1,
        "durable": True,
        "persistent": True,
        "confirm_when": "synced",
        "confirm_by": "leader",
        "replicas": 1,
        "min_in_sync": 1,
        "replication_delay": Constant(0.001),
        "failover": Constant(5.0),
        "unclean_failover": False,
        "lag_timeout_s": 30.0,
        "deliver_when": "replicated",
        "dedup_window_s": 0.0,
        "partitions": 1,
        "redelivery": None,
    }
    assert values(EMPTY.broker.redelivery) == {
        "ack_timeout_s": 30.0,
        "limit": 0,
        "counts": "all",
        "dead_letter": True,
        "delay": Fixed(0.0),
        "to_other": False,
        "on_disconnect": True,
    }


def test_disk():
    assert values(EMPTY.disk) == {
        "write": Constant(0.0),
        "sync": Constant(0.001),
        "policy": "always",
        "interval_s": 1.0,
        "count": 1000,
        "failure": 0.0,
        "torn_tail": False,
        "writeback_s": 30.0,
    }


def test_consumer():
    assert values(EMPTY.consumer) | {"commit": None} == {
        "groups": 1,
        "instances": 1,
        "subscription": "durable",
        "service": Constant(0.0),
        "concurrency": 1,
        "prefetch": 1,
        "ack": "after",
        "commit": None,
        "failure": 0.0,
        "poison": 0.0,
        "on_failure": "requeue",
        "crash_before_effect": 0.0,
        "crash_after_effect": 0.0,
        "restart": Constant(1.0),
        "detect": Constant(0.0),
        "start": Constant(0.0),
        "rebalance": Constant(0.0),
        "transactional": False,
        "dedup": 0,
        "ordered": False,
    }
    assert values(EMPTY.consumer.commit) == {"every": 500, "interval_s": 5.0}


def test_check_and_plot():
    assert values(EMPTY.check) == {"formulas": "auto", "margin": 0.25}
    assert values(EMPTY.plot) == {"x": "delivery_latency_p99", "y": "lost"}


def test_acknowledgements_fare_like_packets_unless_told_otherwise():
    link = {"delay": "2 ms", "loss": 0.1}
    follows = from_mapping({"network": {"publish": link}}).network.publish
    assert (follows.ack_delay, follows.ack_loss) == (Constant(0.002), 0.1)
    own = from_mapping({"network": {"publish": link | {"ack_delay": 1, "ack_loss": 0}}})
    assert (own.network.publish.ack_delay, own.network.publish.ack_loss) == (Constant(1.0), 0.0)


def test_the_title_defaults_to_the_name_of_the_file(tmp_path):
    from sim.config import load

    file = tmp_path / "07_retries.toml"
    file.write_text("")
    assert load(file).title == "07_retries"
    file.write_text('title = "Retries"')
    assert load(file).title == "Retries"
