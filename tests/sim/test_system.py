"""From an experiment to components: every key reaches the component it belongs to."""

from __future__ import annotations

import math

import pytest

from models.broker import ConfirmWhen, Counts, DedupOptions, Overflow, Subscription
from models.consumer import AckMode, CommitOptions, OnFailure
from models.laws import Constant, Exponential, Uniform
from models.ledger import Cause
from models.log import LogOptions, Reader
from models.policies import sync
from models.policies.backoff import Fixed, Linear
from models.replication import ConfirmBy
from sim.config import from_mapping
from sim.options import (
    broker_options,
    consumer_options,
    fault_options,
    link_options,
    producer_options,
    sync_policy,
)
from sim.system import System, simulate

EVERY_KEY = from_mapping(
    {
        "seed": 7,
        "run": {"horizon": "1 h"},
        "producer": {
            "instances": 2,
            "arrivals": {"law": "regular", "rate": "7/s"},
            "confirm": False,
            "timeout": "11 ms",
            "retries": 12,
            "backoff": {"law": "linear", "first": "13 ms", "cap": "14 ms"},
            "deadline": "15 s",
            "in_flight": 16,
            "buffer": 17,
            "keys": 18,
            "outbox": False,
        },
        "network": {
            "publish": {
                "delay": "1 ms",
                "ack_delay": "2 ms",
                "loss": 0.21,
                "ack_loss": 0.22,
                "duplication": 0.23,
            },
            "deliver": {
                "delay": "3 ms",
                "ack_delay": "4 ms",
                "loss": 0.31,
                "ack_loss": 0.32,
                "duplication": 0.33,
            },
        },
        "broker": {
            "accept": "5 ms",
            "capacity": 41,
            "overflow": "drop_oldest",
            "ttl": "42 s",
            "durable": False,
            "persistent": False,
            "confirm_when": "written",
            "routing": "fanout",
            "priorities": 2,
            "redelivery": {
                "ack_timeout": "43 s",
                "limit": 44,
                "counts": "refusals",
                "dead_letter": False,
                "delay": {"law": "fixed", "pause": "45 ms"},
                "to_other": True,
                "on_disconnect": False,
            },
        },
        "disk": {
            "write": "6 ms",
            "sync": "7 ms",
            "policy": "count",
            "count": 51,
            "failure": 0.52,
            "torn_tail": True,
            "writeback": "53 s",
        },
        "consumer": {
            "instances": 3,
            "groups": 3,
            "subscription": "transient",
            "service": {"law": "exponential", "mean": "8 ms"},
            "concurrency": 61,
            "prefetch": 62,
            "ack": "before",
            "commit": {"every": 66, "interval": "67 s"},
            "failure": 0.63,
            "poison": 0.1,
            "on_failure": "reject",
            "crash_before_effect": 0.64,
            "crash_after_effect": 0.65,
            "restart": "66 ms",
            "detect": "67 ms",
            "start": "68 ms",
        },
        "faults": [
            {"target": "broker", "kind": "power_loss", "every": "71 s", "lasts": "72 s"},
            {"target": "consumer", "kind": "crash", "at": ["73 s", "74 s"]},
            {"target": "consumer", "kind": "crash", "at": [75], "lasts": "76 s"},
        ],
    }
)


def values(options):
    return {name: getattr(options, name) for name in options.__dataclass_fields__}


def test_producer():
    told = values(producer_options(EVERY_KEY))
    assert told.pop("arrivals").rate_per_s == 7.0
    assert told == {
        "confirm": False,
        "timeout_s": 0.011,
        "retries": 12,
        "backoff": Linear(first_s=0.013, cap_s=0.014),
        "deadline_s": 15.0,
        "in_flight": 16,
        "buffer": 17,
        "keys": 18,
        "outbox": False,
        "idempotent": False,
        "partitions": 1,
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [("publish", (0.001, 0.002, 0.21, 0.22, 0.23)), ("deliver", (0.003, 0.004, 0.31, 0.32, 0.33))],
)
def test_links(name, expected):
    told = values(link_options(EVERY_KEY, name))
    delay_s, ack_delay_s, loss, ack_loss, duplication = expected
    assert told == {
        "delay": Constant(delay_s),
        "ack_delay": Constant(ack_delay_s),
        "loss": loss,
        "ack_loss": ack_loss,
        "duplication": duplication,
        "bursts": None,
        "connection": False,
        "reconnect_s": 1.0,
        "detect": Constant(0.0),
        "bandwidth_bytes_per_s": math.inf,
        "size": Constant(1024.0),
        "ack_size_bytes": 64.0,
    }


def test_broker_and_disk():
    told = values(broker_options(EVERY_KEY))
    redelivery, disk = values(told.pop("redelivery")), values(told.pop("disk"))
    assert told == {
        "accept": Constant(0.005),
        "capacity": 41,
        "overflow": Overflow.DROP_OLDEST,
        "ttl_s": 42.0,
        "durable": False,
        "persistent": False,
        "confirm_when": ConfirmWhen.WRITTEN,
        "priorities": 2,
        "ordered": False,
        "keys": 18,
        "groups": 3,
        "subscription": Subscription.TRANSIENT,
        "in_vain": Cause.EARLY_ACK,
        "dedup": DedupOptions(),
        "log": None,
        "replication": None,
    }

    assert redelivery == {
        "ack_timeout_s": 43.0,
        "limit": 44,
        "counts": Counts.REFUSALS,
        "dead_letter": False,
        "delay": Fixed(0.045),
        "to_other": True,
        "on_disconnect": False,
    }
    assert disk == {
        "write": Constant(0.006),
        "sync": Constant(0.007),
        "policy": sync.Count(51),
        "failure": 0.52,
        "torn_tail": True,
        "writeback_s": 53.0,
    }


def test_replicas():
    broker = {
        "replicas": 3,
        "confirm_by": "majority",
        "min_in_sync": 2,
        "replication_delay": "7 ms",
        "failover": "8 s",
        "unclean_failover": True,
        "lag_timeout": "9 s",
        "deliver_when": "stored",
    }
    assert values(broker_options(from_mapping({"broker": broker})).replication) == {
        "replicas": 3,
        "confirm_by": ConfirmBy.MAJORITY,
        "min_in_sync": 2,
        "delay": Constant(0.007),
        "ack_delay": Constant(0.007),
        "failover": Constant(8.0),
        "unclean": True,
        "lag_timeout_s": 9.0,
        "delivers_replicated": False,
    }


def test_how_repeats_are_known():
    told = {
        (False, "5 s"): DedupOptions(window_s=5.0),
        (True, "0 s"): DedupOptions(sequences=True),
        (True, "inf"): DedupOptions(window_s=math.inf, sequences=True),
    }
    for (idempotent, window), dedup in told.items():
        tables = {"producer": {"idempotent": idempotent}, "broker": {"dedup_window": window}}
        experiment = from_mapping(tables)
        assert producer_options(experiment).idempotent is idempotent
        assert broker_options(experiment).dedup == dedup
    assert broker_options(from_mapping({})).dedup.off


def test_log():
    table = {"shape": "log", "partitions": 12}
    batches = {"ack": "batch", "commit": {"every": 7, "interval": "8 s"}, "rebalance": "56 ms"}
    experiment = from_mapping({"broker": table, "producer": {"keys": 34}, "consumer": batches})
    consumer = consumer_options(experiment)
    assert (consumer.ack, consumer.commit) == (AckMode.BATCH, CommitOptions(every=7, interval_s=8))
    told = broker_options(experiment).log
    assert told == LogOptions(partitions=12, keys=34, rebalance=Constant(0.056))
    system = System(experiment, 0)
    assert [type(consumer) for consumer in system.consumers] == [Reader]


@pytest.mark.parametrize(
    ("disk", "policy"),
    [
        ({"policy": "always"}, sync.Always()),
        ({"policy": "interval", "interval": "3 s"}, sync.Interval(3.0)),
        ({"policy": "count", "count": 5}, sync.Count(5)),
        ({"policy": "never"}, sync.Never()),
    ],
)
def test_sync_policies(disk, policy):
    assert sync_policy(from_mapping({"disk": disk}).disk) == policy


def test_consumer():
    assert values(consumer_options(EVERY_KEY)) == {
        "service": Exponential(0.008),
        "concurrency": 61,
        "ack": AckMode.BEFORE,
        "commit": CommitOptions(every=66, interval_s=67.0),
        "transactional": False,
        "failure": 0.63,
        "poison": 0.1,
        "on_failure": OnFailure.REJECT,
        "crash_before_effect": 0.64,
        "crash_after_effect": 0.65,
        "restart": Constant(0.066),
        "detect": Constant(0.067),
        "start": Constant(0.068),
    }


def test_faults():
    broker, consumer, longer = (
        values(fault_options(fault, EVERY_KEY)) for fault in EVERY_KEY.faults
    )
    assert broker == {
        "kind": "power_loss",
        "every": Exponential(71.0),
        "at_s": (),
        "lasts": Constant(72.0),
        "factor": 10.0,
    }
    # A consumer comes back as it always does, unless the fault says otherwise.
    assert consumer == {
        "kind": "crash",
        "every": None,
        "at_s": (73.0, 74.0),
        "lasts": Constant(0.066),
        "factor": 10.0,
    }
    assert longer["lasts"] == Constant(76.0)


def test_there_are_as_many_of_each_as_asked_for():
    system = System(EVERY_KEY, 0)
    system.run()
    for index, group in enumerate(system.ledger.groups):
        consumers = set(range(3 * index, 3 * index + 3))
        assert set(group.delivered.column("consumer").tolist()) == consumers
    assert set(system.ledger.created.column("producer").tolist()) == {0, 1}


# ---------------------------------------------------------------- how a run goes, and ends

PLAIN = {
    "run": {"messages": 5, "warmup": "1 s"},
    "producer": {"arrivals": {"law": "regular", "rate": "2/s"}},
    "broker": {"confirm_when": "received"},
    "consumer": {"service": "3 s", "instances": 100},
}


def ran(**tables):
    return simulate(from_mapping({**PLAIN, **tables}), 0)


def test_the_first_messages_after_the_warm_up_are_measured():
    # One every half second from 0.5 s on: message 1 is created at 1 s.
    system = ran()
    assert system.census.measured == range(1, 6)
    assert system.ledger.created.times_s()[1] == 1.0


def test_a_run_ends_when_the_last_measured_message_is_decided():
    # Message 5 is created at 3 s and worked on for 3 s; load goes on until then.
    system = ran()
    assert system.now_s == 6.0
    assert len(system.ledger.created) == 12
    assert system.ledger.created.times_s().max() == 6.0


def test_a_horizon_cuts_a_run():
    system = ran(run={**PLAIN["run"], "horizon": "5 s"})
    assert system.now_s == 5.0
    assert system.ledger.effected.messages().tolist() == [0, 1, 2, 3]


def test_a_horizon_behind_the_end_changes_nothing():
    assert ran(run={**PLAIN["run"], "horizon": "1 h"}).now_s == 6.0


def test_a_recording_that_ends_early_ends_at_the_horizon_or_before():
    trace = {"arrivals": {"law": "trace", "list": [0.5, 1.5]}}
    system = ran(producer=trace, run={**PLAIN["run"], "horizon": "1 h"})
    assert system.census.measured == range(1, 2)
    assert system.ledger.effected.messages().tolist() == [0, 1]
    assert system.now_s <= 3600.0


def test_the_ledger_tells_the_keys_of_messages():
    system = simulate(from_mapping({"producer": {"keys": 5}, "run": {"messages": 200}}), 0)
    assert len(system.ledger.keyed) == len(system.ledger.created) >= 200
    assert set(system.ledger.keyed.column("order_key").tolist()) == set(range(5))


def test_two_producers_share_the_measured_messages():
    system = ran(producer={**PLAIN["producer"], "instances": 2})
    producers = system.ledger.created.column("producer")
    assert len(system.census.measured) == 5
    assert set(producers[1:].tolist()) == {0, 1}


def test_a_fault_strikes_each_of_its_kind():
    faults = [
        {"target": "producer", "kind": "crash", "at": [1.125], "lasts": "125 ms"},
        {"target": "broker", "kind": "process_crash", "at": [1.25], "lasts": "500 ms"},
        {"target": "consumer", "kind": "crash", "at": [1.5], "lasts": "250 ms"},
    ]
    system = ran(
        faults=faults,
        producer={**PLAIN["producer"], "instances": 2},
        consumer={"instances": 2},
    )
    assert system.ledger.crashes == [
        (1.125, "producer 0", "crash"),
        (1.125, "producer 1", "crash"),
        (1.25, "broker", "process_crash"),
        (1.5, "consumer 0", "crash"),
        (1.5, "consumer 1", "crash"),
    ]
    assert sorted(system.ledger.restarts) == [
        (1.25, "producer 0"),
        (1.25, "producer 1"),
        (1.75, "broker"),
        (1.75, "consumer 0"),
        (1.75, "consumer 1"),
    ]


def test_faults_of_consumers_that_come_by_chance_come_one_by_one():
    faults = [{"target": "consumer", "kind": "crash", "every": "500 ms", "lasts": "100 ms"}]
    system = ran(faults=faults, consumer={"instances": 2})
    times_s = [at for at, _, _ in system.ledger.crashes]
    assert len(times_s) > 2
    assert len(set(times_s)) == len(times_s)


def test_a_fault_can_be_that_of_one_only():
    faults = [
        {"target": "consumer", "kind": "crash", "at": [1, 2], "lasts": 0, "which": 2},
        {"target": "producer", "kind": "crash", "at": [1.5], "which": 0},
    ]
    system = ran(faults=faults, consumer={"instances": 3})
    assert system.ledger.crashes == [
        (1.0, "consumer 2", "crash"),
        (1.5, "producer 0", "crash"),
        (2.0, "consumer 2", "crash"),
    ]


def test_a_fault_of_one_comes_when_it_would_have_come_to_that_one():
    fault = {"target": "consumer", "kind": "crash", "every": "500 ms", "lasts": "100 ms"}
    each = ran(faults=[fault], consumer={"instances": 3}).ledger.crashes
    one = ran(faults=[fault | {"which": 1}], consumer={"instances": 3}).ledger.crashes
    of_one = [crash for crash in each if crash[1] == "consumer 1"]
    end_s = min(of_one[-1][0], one[-1][0])  # the runs may end at different times
    assert [crash for crash in one if crash[0] <= end_s] == [
        crash for crash in of_one if crash[0] <= end_s
    ]


def test_correlated_faults_strike_all_at_once_with_one_luck():
    fault = {
        "target": "consumer",
        "kind": "crash",
        "every": "500 ms",
        "lasts": {"law": "exponential", "mean": "100 ms"},
        "correlated": True,
    }
    system = ran(faults=[fault], consumer={"instances": 3})
    struck, back = system.ledger.crashes, system.ledger.restarts
    assert len(struck) >= 6
    for place in range(0, len(struck), 3):
        assert len({at for at, _, _ in struck[place : place + 3]}) == 1
        names = [name for _, name, _ in struck[place : place + 3]]
        assert names == ["consumer 0", "consumer 1", "consumer 2"]
    assert len({at for at, _ in back[:3]}) == 1


def test_a_disk_fault_strikes_the_disk():
    # Sent again as soon as it is refused, and once more when the disk is no longer full.
    faults = [
        {"target": "disk", "kind": "full", "at": [1.25], "lasts": "500 ms"},
        {"target": "disk", "kind": "slow", "at": [2.25], "lasts": "500 ms", "factor": 100},
    ]
    system = ran(
        faults=faults,
        producer={**PLAIN["producer"], "retries": 2, "backoff": "200 ms"},
        broker={"confirm_when": "synced"},
        disk={"sync": "1 ms"},
    )
    # Message n is created at (n + 1) / 2 s.
    synced = system.ledger.synced
    synced_s = dict(zip(synced.messages().tolist(), synced.times_s(), strict=True))
    assert synced_s[1] == pytest.approx(1.001)
    assert synced_s[2] == pytest.approx(1.901)
    assert synced_s[4] == pytest.approx(2.6)
    assert system.ledger.crashes == [(1.25, "disk", "full"), (2.25, "disk", "slow")]
    assert system.ledger.restarts == [(1.75, "disk"), (2.75, "disk")]


# ---------------------------------------------------------------- shortcuts


def kept(system):
    return {
        (name, column): facts.column(column).tolist()
        for name, facts in system.ledger.kinds.items()
        for column in ("message", "time_s", *facts.further)
    }


LOSSY = {"publish": {"delay": {"law": "exponential", "mean": "20 ms"}, "loss": 0.2}}
BUSY = {
    "run": {"messages": 300, "warmup": "1 s"},
    "producer": {"arrivals": {"law": "poisson", "rate": "30/s"}, "timeout": "1 s"},
    "network": LOSSY,
    "broker": {"confirm_when": "received"},
    "consumer": {"service": {"law": "exponential", "mean": "20 ms"}},
}


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"producer": {**BUSY["producer"], "confirm": False}},
        {"producer": {**BUSY["producer"], "in_flight": 2}},
        {"producer": {**BUSY["producer"], "in_flight": 2, "buffer": 1}},
        {"producer": {**BUSY["producer"], "deadline": "1500 ms"}},
        {"broker": {"confirm_when": "synced"}, "disk": {"sync": "10 ms"}},
        {"broker": {"confirm_when": "received", "accept": "1 ms"}},
        {"broker": {"confirm_when": "received", "capacity": 10}},
        {"consumer": {**BUSY["consumer"], "failure": 0.2, "instances": 3}},
        {"consumer": {**BUSY["consumer"], "concurrency": 3, "prefetch": 3}},
        {"consumer": {**BUSY["consumer"], "ack": "auto"}},
        {"consumer": {**BUSY["consumer"], "crash_after_effect": 0.1, "restart": "50 ms"}},
        {"faults": [{"target": "broker", "kind": "power_loss", "at": [2], "lasts": "1 s"}]},
        {"run": {"messages": 300, "warmup": "1 s", "horizon": "4 s"}},
    ],
    ids=str,
)
def test_shortcuts_change_nothing(tables):
    experiment = from_mapping({**BUSY, **tables})
    plain = System(experiment, 3)
    plain.run()
    short = simulate(experiment, 3)
    assert kept(short) == kept(plain)
    assert short.census.measured == plain.census.measured
    assert short.now_s == plain.now_s


def test_a_law_is_a_law_wherever_it_stands():
    uniform = {"law": "uniform", "low": "1 ms", "high": "2 ms"}
    experiment = from_mapping({"network": {"publish": {"delay": uniform}}})
    options = link_options(experiment, "publish")
    assert options.delay == options.ack_delay == Uniform(low_s=0.001, high_s=0.002)
    assert math.isinf(producer_options(experiment).deadline_s)


# ---------------------------------------------------------------- other shapes


def regular(shape, faults=(), **tables):
    given = {
        "run": {"messages": 4, "warmup": 0, "horizon": "20 s"},
        "producer": {"arrivals": {"law": "regular", "rate": "1/s"}, "confirm": False},
        "broker": {"shape": shape},
        "consumer": {"service": "250 ms"},
    }
    merged = {name: given.get(name, {}) | tables.get(name, {}) for name in given | tables}
    return simulate(from_mapping(merged | {"faults": list(faults)}), 0)


def first_effects(system):
    return [ledger.effected.times_s().tolist()[:4] for ledger in system.ledger.groups]


def test_without_a_broker_messages_cross_the_publish_link():
    link = {"publish": {"delay": "500 ms"}}
    pushed = regular("none", network=link)
    assert first_effects(pushed) == [[1.75, 2.75, 3.75, 4.75]]
    pipes = {"shape": "none", "routing": "fanout"}
    published = regular("none", network=link, broker=pipes, consumer={"groups": 2})
    assert first_effects(published) == [[1.75, 2.75, 3.75, 4.75]] * 2
    asked = regular("none", network=link, producer={"confirm": True})
    assert asked.ledger.confirmed.times_s().tolist()[0] == 2.25


def test_without_a_broker_every_line_can_break():
    fault = {"target": "publish", "kind": "partition", "at": [0.5], "lasts": "2 s"}
    system = regular("none", faults=[fault], consumer={"instances": 2}, producer={"instances": 2})
    assert [who for _, who, _ in system.ledger.crashes] == [f"publish {n}" for n in range(4)]
    assert len(system.ledger.dropped) == 4  # of both producers, at 1 and 2


def test_peers_die_by_themselves():
    faults = [
        {"target": "producer", "kind": "crash", "at": [1.5], "lasts": "2 s"},
        {"target": "consumer", "kind": "crash", "at": [4.5], "lasts": "1 s"},
    ]
    system = regular("none", faults=faults)
    assert system.ledger.created.times_s().tolist()[:3] == [1.0, 4.0, 5.0]
    assert [who for _, who, _ in system.ledger.crashes] == ["producer 0", "consumer 0"]


def test_a_bus_falls_as_a_whole():
    fault = {"target": "broker", "kind": "process_crash", "at": [1.5], "lasts": "2 s"}
    system = regular("bus", faults=[fault], producer={"instances": 2})
    crashed = {who for _, who, _ in system.ledger.crashes}
    assert crashed == {"broker", "producer 0", "producer 1", "consumer 0"}
    assert system.ledger.created.times_s().tolist()[:4] == [1.0, 1.0, 4.0, 4.0]
