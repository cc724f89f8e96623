"""Each closed form: where it holds, and each assumption named where it is broken.

For each group of forms there is an experiment that breaks nothing, and changes to it, each with
words of the one reason that must then be given.
"""

from __future__ import annotations

import pytest

from sim.checks import FORMS
from sim.config import from_mapping
from tests.sim import chains

BY_NAME = {form.name: form for form in FORMS}
LASTS = {"lasts": "1 s"}
CRASH = {"target": "broker", "kind": "process_crash", "every": "1 h"}
FULL = {"target": "disk", "kind": "full", "every": "1 h"}
POWER_LOSS = {"target": "broker", "kind": "power_loss", "every": "100 s"}
SENDER = {"target": "producer", "kind": "crash", "every": "1 h"}
DEATH = {"target": "consumer", "kind": "crash", "every": "1 h"}
PARTED = {"target": "publish", "kind": "partition", "every": "1 h"}
BURSTS = {"bad_loss": 0.5, "good_to_bad": 0.1, "bad_to_good": 0.1}
TRACE = {"law": "trace", "list": [6.0 + 0.01 * n for n in range(100)]}
REGULAR = {"law": "regular", "rate": "100/s"}
SLOW = {"law": "exponential", "mean": "400 ms"}
QUICK = {"law": "exponential", "mean": "1 ms"}


def poisson(rate):
    return {"law": "poisson", "rate": rate}


def put(mapping, changes):
    """Return *mapping* with the value of each dotted path changed; None takes the key out."""
    changed = {
        key: put(value, {}) if isinstance(value, dict) else value for key, value in mapping.items()
    }
    for path, value in changes.items():
        *tables, key = path.split(".")
        table = changed
        for name in tables:
            table = table.setdefault(name, {})
        table[key] = value
    return changed


# ---------------------------------------------------------------- the exchange with the broker

LOSSY = {
    "network": {"publish": {"delay": "2 ms", "loss": 0.1}},
    "broker": {"confirm_when": "received"},
}
SYNCED = {"broker.confirm_when": "synced"}
OWN = [
    ({"producer.idempotent": True}, "wait for those before them"),
    ({"producer.confirm": False}, "asks for no confirmation"),
    ({"run.horizon": "1 h"}, "run.horizon"),
    ({"faults": [CRASH]}, "the broker crashes"),
    ({"faults": [SENDER]}, "producers crash"),
    ({"disk.failure": 0.1}, "writes are refused (disk.failure)"),
    ({"faults": [FULL]}, "the disk is slow or full at times"),
    ({"network.publish.bursts": BURSTS}, "share luck, order or wire (network.publish."),
    ({"network.publish.connection": True}, "share luck, order or wire (network.publish."),
    ({"network.publish.bandwidth": "1 MiB/s"}, "share luck, order or wire (network.publish."),
    ({"network.deliver.bandwidth": "1 MiB/s"}, "share luck, order or wire (network.deliver."),
    ({"faults": [PARTED]}, "the link fails (network.publish)"),
    ({"broker.accept": "1 ms"}, "broker.accept"),
    ({"broker.capacity": 100}, "broker.capacity"),
    ({"network.publish.duplication": 0.1}, "network.publish.duplication"),
    ({"producer.in_flight": 20}, "producer.in_flight = 20 may bind"),
    (SYNCED | {"disk.policy": "interval"}, "beyond producer.timeout"),
    (SYNCED | {"disk.sync": SLOW}, "beyond producer.timeout"),
    (SYNCED | {"disk.write": "1 ms"}, "beyond producer.timeout"),
    (SYNCED | {"disk.policy": "count"}, "beyond producer.timeout"),
    (SYNCED | {"producer.deadline": "10 s"}, "beyond producer.deadline"),
    (
        {
            "producer.retries": 1_000_000,
            "network.publish.loss": 0.999,
        },
        "attempts that matter",
    ),
]
TIMED = [*OWN, (SYNCED, 'confirms wait for the disk (broker.confirm_when = "synced")')]
QUICK_ROUND_TRIP = [
    *OWN,
    ({"network.publish.delay": SLOW}, "a round trip may exceed producer.timeout"),
    ({"producer.deadline": "10 s"}, "producer.deadline may cut attempts off"),
    ({"network.publish.loss": 0.0}, "nothing is lost on the way"),
    ({"producer.retries": 2000}, "too many to count copies"),
]
LOG = ({"broker.shape": "log"}, 'consumers read a log (broker.shape = "log")')
SAFE = [
    *OWN,
    LOG,
    ({"broker.ttl": "1 min"}, "broker.ttl"),
    ({"broker.redelivery.limit": 5}, "broker.redelivery.limit"),
    ({"consumer.failure": 0.1, "consumer.on_failure": "reject"}, "consumer.on_failure"),
    ({"consumer.poison": 0.1, "consumer.on_failure": "reject"}, "consumer.poison"),
    ({"consumer.failure": 0.1, "consumer.ack": "auto"}, 'consumer.ack = "auto"'),
    ({"consumer.failure": 0.1, "consumer.ack": "before"}, 'consumer.ack = "before"'),
    ({"consumer.crash_before_effect": 0.1, "consumer.ack": "before"}, 'consumer.ack = "before"'),
    ({"consumer.crash_after_effect": 0.1, "consumer.ack": "auto"}, 'consumer.ack = "auto"'),
    ({"faults": [DEATH], "consumer.ack": "auto"}, 'consumer.ack = "auto"'),
    ({"network.deliver.loss": 0.1, "consumer.ack": "auto"}, "network.deliver.loss"),
]

# ---------------------------------------------------------------- what a power loss takes

WINDOW_BASE = {
    "run": {"warmup": "1 min", "messages": 1000},
    "producer": {"arrivals": poisson("1/s"), "retries": 0},
    "broker": {"confirm_when": "received"},
    "disk": {"policy": "interval", "interval": "60 s", "writeback": "60 s"},
    "consumer": {"start": "2000 s"},
    "faults": [POWER_LOSS],
}
AGE_BASE = WINDOW_BASE | {"disk": {"policy": "never", "writeback": "60 s"}}
LOSSES = [
    ({"faults": []}, "nothing crashes"),
    ({"faults": [CRASH]}, "must be a power loss"),
    ({"faults": [POWER_LOSS, DEATH]}, "must be a power loss"),
    (
        {"faults": [POWER_LOSS | {"every": {"law": "constant", "value": "100 s"}}]},
        "exponential up-times",
    ),
    ({"faults": [{"target": "broker", "kind": "power_loss", "at": [5]}]}, "exponential up-times"),
    ({"faults": [POWER_LOSS | LASTS], "producer.retries": 3}, "pile up after an outage"),
    ({"broker.persistent": False}, "broker.persistent"),
    ({"broker.durable": False}, "broker.durable"),
    ({"disk.write": "1 ms"}, "disk.write"),
    ({"broker.accept": "1 ms"}, "broker.accept"),
    ({"broker.capacity": 100}, "broker.capacity"),
    ({"broker.ttl": "1 min"}, "broker.ttl"),
    ({"disk.failure": 0.1}, "writes are refused (disk.failure)"),
    ({"disk.torn_tail": True}, "disk.torn_tail"),
    ({"faults": [POWER_LOSS, FULL]}, "the disk is slow or full at times"),
    ({"network.publish.loss": 0.1}, "exactly once (network.publish)"),
    ({"network.publish.duplication": 0.1}, "exactly once (network.publish)"),
    ({"producer.retries": 3, "broker.confirm_when": "synced"}, 'confirm_when = "synced"'),
    ({"producer.retries": 3, "network.publish.ack_loss": 0.1}, "network.publish.ack_loss"),
    ({"producer.retries": 3, "network.publish.delay": SLOW}, "producer.timeout"),
    ({"producer.arrivals": REGULAR, "producer.instances": 1}, "not Poisson"),
    (
        {"producer.arrivals": TRACE, "run.messages": 100, "run.warmup": "0 s"},
        "the load has no rate (producer.arrivals)",
    ),
    ({"producer.in_flight": 2, "network.publish.delay": "200 ms"}, "producer.in_flight"),
    ({"consumer.start": "1000 s"}, "consumer.start must be >="),
    ({"run.horizon": "1 h"}, "run.horizon"),
]
NOT_ALWAYS = ({"disk.policy": "always"}, 'disk.policy = "always"')
WINDOW = [
    *LOSSES,
    NOT_ALWAYS,
    ({"disk.policy": "never"}, 'disk.policy = "never"'),
    ({"disk.policy": "count", "disk.sync": "1 ms"}, 'disk.policy = "count"'),
    # 60 s at 1/s are too short to count to 40 for sure.
    ({"disk.policy": "count", "disk.count": 40, "disk.sync": "0 s"}, "before the count is reached"),
    ({"disk.sync": "60 s"}, "much shorter than disk.interval"),
    ({"disk.sync": {"law": "exponential", "mean": "1 ms"}}, "much shorter than disk.interval"),
    ({"disk.writeback": "59 s"}, "the operating system syncs before the broker does"),
]
AGE = [
    *LOSSES,
    NOT_ALWAYS,
    ({"disk.policy": "interval"}, "the operating system is not alone"),
    ({"disk.writeback": "inf"}, "nothing is ever synced"),
    ({"disk.sync": "60 s"}, "much shorter than disk.writeback"),
    ({"disk.sync": QUICK}, "much shorter than disk.writeback"),
]
COMMIT_BASE = {"producer": {"arrivals": poisson("1000/s")}, "disk": {"sync": "1 ms"}}
COMMIT = [
    ({"producer.idempotent": True, "network.publish.delay": QUICK}, "wait for those before them"),
    ({"producer.confirm": False}, "asks for no confirmation"),
    ({"broker.persistent": False}, "broker.persistent"),
    ({"disk.write": "1 ms"}, "disk.write"),
    ({"broker.confirm_when": "received"}, 'confirms do not wait for a sync ("received")'),
    ({"broker.confirm_when": "written"}, 'confirms do not wait for a sync ("written")'),
    ({"disk.policy": "interval"}, 'disk.policy = "interval"'),
    ({"disk.sync": "0 s"}, "a sync takes no time"),
    ({"producer.arrivals": REGULAR}, "not Poisson"),
    ({"network.publish.loss": 0.1}, "network.publish.loss"),
    ({"network.publish.ack_loss": 0.1}, "network.publish.ack_loss"),
    ({"network.publish.duplication": 0.1}, "network.publish.duplication"),
    ({"producer.timeout": "1.5 ms"}, "after producer.timeout"),
    ({"producer.timeout": "1.5 ms", "producer.retries": 0}, "after producer.timeout"),
    ({"producer.deadline": "2 ms"}, "after producer.deadline"),
    ({"faults": [CRASH]}, "the broker crashes"),
    ({"faults": [SENDER]}, "producers crash"),
    ({"run.horizon": "1 h"}, "run.horizon"),
    ({"producer.in_flight": 3}, "producer.in_flight = 3 may bind"),
    ({"broker.capacity": 5, "broker.overflow": "block"}, "blocks its producers"),
]

# ---------------------------------------------------------------- what redelivery repairs

UNRELIABLE = {
    "network": {"publish": {"delay": "2 ms"}, "deliver": {"loss": 0.1}},
    "broker": {"confirm_when": "received", "redelivery": {"limit": 5, "ack_timeout": "10 ms"}},
    "consumer": {"failure": 0.2},
}
REDELIVERY = [
    LOG,
    ({"consumer.ack": "auto"}, 'consumer.ack = "auto"'),
    ({"consumer.ack": "before"}, 'consumer.ack = "before"'),
    ({"consumer.ack": "batch"}, 'consumer.ack = "batch"'),
    ({"consumer.dedup": 1, "network.deliver.ack_loss": 0.1}, "consumer.dedup"),
    ({"consumer.on_failure": "reject"}, "consumer.on_failure"),
    ({"broker.ttl": "1 min"}, "broker.ttl"),
    ({"network.deliver.duplication": 0.1}, "network.deliver.duplication"),
    ({"run.horizon": "1 h"}, "run.horizon"),
    ({"network.publish.loss": 0.1}, "network.publish.loss"),
    ({"network.publish.ack_loss": 0.1}, "network.publish.ack_loss"),
    ({"network.publish.duplication": 0.1}, "network.publish.duplication"),
    ({"network.publish.delay": SLOW}, "after producer.timeout"),
    ({"faults": [CRASH]}, "the broker crashes"),
    ({"faults": [SENDER]}, "producers crash"),
    ({"consumer.prefetch": 2}, "broker.redelivery.ack_timeout"),
    ({"consumer.prefetch": 0}, "broker.redelivery.ack_timeout"),
    ({"consumer.service": SLOW}, "broker.redelivery.ack_timeout"),
    ({"consumer.crash_before_effect": 0.1}, "consumers crash"),
    ({"consumer.crash_after_effect": 0.1}, "consumers crash"),
    ({"faults": [DEATH]}, "consumers crash (faults)"),
    ({"broker.capacity": 100}, "broker.capacity"),
    ({"consumer.poison": 0.1, "consumer.on_failure": "reject"}, "consumer.on_failure"),
]
PARKING = [
    *REDELIVERY,
    ({"broker.redelivery.limit": 0}, "not limited"),
    ({"broker.redelivery.counts": "disconnects"}, 'broker.redelivery.counts = "disconnects"'),
    ({"broker.redelivery.dead_letter": False}, "no dead letters"),
]
REPEATS = [
    *REDELIVERY,
    (
        {"consumer.failure": 0.0, "network.deliver.loss": 0.0},
        "no delivery fails and no acknowledgement is lost",
    ),
]
CAN_FAIL = [
    *REDELIVERY,
    (
        {"consumer.failure": 0.0, "network.deliver.loss": 0.0, "network.deliver.ack_loss": 0.1},
        "no delivery fails before its effect",
    ),
]
DROPPING = put(UNRELIABLE, {"broker.redelivery.dead_letter": False})

# ---------------------------------------------------------------- queues

QUEUE_BASE = {
    "run": {"warmup": "5 s"},
    "network": {"publish": {"delay": "2 ms"}},
    "broker": {"confirm_when": "received"},
    "consumer": {"service": {"law": "exponential", "mean": "5 ms"}, "failure": 0.1},
}
QUEUE = [
    LOG,
    ({"run.horizon": "1 h"}, "run.horizon"),
    ({"producer.arrivals": REGULAR}, "not Poisson"),
    ({"network.publish.loss": 0.1}, "network.publish.loss"),
    ({"network.publish.duplication": 0.1}, "network.publish.duplication"),
    (
        {"network.publish.duplication": 0.1, "producer.confirm": False},
        "network.publish.duplication",
    ),
    ({"producer.confirm": False, "faults": [CRASH]}, "the broker crashes"),
    ({"producer.confirm": False, "faults": [SENDER]}, "producers crash"),
    ({"faults": [SENDER]}, "producers crash"),
    ({"broker.accept": "1 ms"}, "broker.accept"),
    ({"network.deliver.delay": "1 ms", "network.deliver.ack_delay": "0 s"}, "deliver.delay"),
    ({"network.deliver.ack_delay": "1 ms"}, "deliver.ack_delay"),
    ({"network.deliver.loss": 0.1}, "lost or doubled (network.deliver)"),
    ({"network.deliver.ack_loss": 0.1}, "lost or doubled (network.deliver)"),
    ({"network.deliver.duplication": 0.1}, "lost or doubled (network.deliver)"),
    ({"consumer.ack": "batch"}, 'consumer.ack = "batch"'),
    ({"consumer.ordered": True, "producer.keys": 9, "consumer.instances": 2}, "consumer.ordered"),
    ({"consumer.ack": "auto"}, 'consumer.ack = "auto"'),
    ({"consumer.on_failure": "reject"}, 'on_failure = "reject"'),
    ({"consumer.on_failure": "ignore"}, 'on_failure = "ignore"'),
    ({"broker.redelivery.delay": "1 ms"}, "broker.redelivery.delay"),
    ({"consumer.concurrency": 2}, "consumer.prefetch leaves servers idle"),
    ({"consumer.instances": 2, "consumer.prefetch": 2}, "while another is idle"),
    ({"consumer.start": "1 s"}, "consumer.start"),
    ({"broker.redelivery.limit": 5}, "broker.redelivery.limit"),
    ({"broker.ttl": "1 min"}, "broker.ttl"),
    ({"consumer.prefetch": 5}, "broker.redelivery.ack_timeout"),
    ({"consumer.crash_before_effect": 0.1}, "consumers crash"),
    ({"faults": [DEATH]}, "consumers crash (faults)"),
    ({"consumer.service": "0 s"}, "service takes no time"),
    (
        {"consumer.service": "5 ms", "consumer.instances": 2},
        "must be exponential with several servers",
    ),
    (
        {"consumer.service": "5 ms", "broker.capacity": 5},
        "must be exponential with several servers",
    ),
    ({"producer.arrivals": poisson("190/s")}, "the load is 1.06 >= 1"),
    (
        {"producer.in_flight": 1, "network.publish.delay": "50 ms"},
        "producer.in_flight = 1 may bind",
    ),
    ({"producer.arrivals": poisson("175/s")}, "s to settle, longer than run.warmup"),
    ({"broker.capacity": 5, "broker.overflow": "drop_oldest"}, 'overflow = "drop_oldest"'),
    ({"broker.capacity": 5, "broker.overflow": "block"}, "blocks its producers"),
    ({"broker.capacity": 5, "consumer.instances": 2}, "several servers behind a bounded queue"),
    (
        {
            "broker.capacity": 5,
            "consumer.prefetch": 5,
            "broker.redelivery.ack_timeout": "inf",
        },
        "where they are not counted (prefetch)",
    ),
]
BOUNDED_BASE = put(QUEUE_BASE, {"broker.capacity": 5})
BOUNDED = [
    ({"producer.idempotent": True}, "wait for those before them"),
    ({"broker.capacity": 0}, "the queue is not bounded"),
    ({"producer.confirm": False, "network.publish.loss": 0.1}, "network.publish.loss"),
    ({"broker.overflow": "drop_oldest"}, 'overflow = "drop_oldest"'),
    ({"consumer.instances": 2}, "several servers behind a bounded queue"),
]
STEADY = [
    LOG,
    ({"run.horizon": "1 h"}, "run.horizon"),
    ({"faults": [CRASH]}, "the broker crashes"),
    ({"faults": [SENDER]}, "producers crash"),
    ({"producer.arrivals": TRACE, "run.messages": 100}, "a recording, not steady"),
    ({"consumer.start": "6 s"}, "consumers start within the measured window"),
    ({"run.warmup": "0 s"}, "without a warm-up"),
    ({"producer.arrivals": poisson("300/s")}, "the queue grows for ever"),
    ({"network.deliver.ack_loss": 0.1}, "deliveries wait for their acknowledgements"),
    ({"network.deliver.loss": 0.1}, "deliveries wait for their acknowledgements"),
    ({"consumer.on_failure": "ignore"}, "deliveries wait for their acknowledgements"),
    ({"network.deliver.delay": "10 ms"}, "deliveries wait for their acknowledgements"),
]
DYING = [
    ({"producer.arrivals": poisson("175/s")}, "s to settle, longer than run.warmup"),
    (
        {"network.deliver.ack_loss": 0.01, "consumer.prefetch": 100},
        "messages stay up to 60 s where no acknowledgement comes",
    ),
    ({"consumer.crash_before_effect": 0.1}, "the load is"),
    ({"consumer.crash_after_effect": 0.1}, "the load is"),
    ({"faults": [DEATH | {"every": "1 s", "lasts": "2 s"}]}, "the load is"),
]
SERVICE = [
    ({"run.horizon": "1 h"}, "run.horizon"),
    ({"faults": [CRASH]}, "the broker crashes"),
    ({"consumer.crash_after_effect": 0.1}, "consumers crash"),
    ({"consumer.service": "0 s"}, "service takes no time"),
    ({"consumer.transactional": True, "consumer.prefetch": 2}, "for nothing (transactional"),
    ({"consumer.dedup": -1, "network.publish.duplication": 0.1}, "the slower is for nothing"),
]
THROUGHPUT = [
    *STEADY,
    ({"network.publish.loss": 0.1}, "network.publish.loss"),
    ({"broker.accept": "20 ms", "producer.confirm": False}, "broker.accept"),
    (
        {"producer.in_flight": 1, "network.publish.delay": "50 ms"},
        "producer.in_flight = 1 may bind",
    ),
    ({"broker.redelivery.limit": 5}, "broker.redelivery.limit"),
    ({"faults": [DEATH]}, "consumers crash (faults)"),
]

MATRIX = [
    LOG,
    ({"consumer.ack": "batch"}, "consumer.ack"),
    ({"consumer.on_failure": "crash"}, "consumer.on_failure"),
    ({"consumer.dedup": 5}, "consumer.dedup"),
    ({"consumer.poison": 0.1}, "consumer.poison"),
    ({"consumer.crash_after_effect": 0.1, "consumer.prefetch": 0}, "takes other messages"),
    ({"consumer.service": SLOW}, "broker.redelivery.ack_timeout"),
    ({"broker.redelivery.counts": "disconnects"}, "broker.redelivery.counts"),
    ({"broker.dedup_window": "1 min"}, "broker.dedup_window"),
    ({"broker.ttl": "1 min"}, "broker.ttl"),
    ({"broker.capacity": 100}, "broker.capacity"),
    ({"broker.replicas": 3}, "broker.replicas"),
    ({"producer.retries": 1000}, "producer.retries"),
    ({"producer.deadline": "1 min"}, "producer.deadline"),
    ({"network.publish.delay": SLOW}, "producer.timeout"),
    ({"network.deliver.duplication": 0.1}, "network.deliver.duplication"),
    ({"run.horizon": "1 h"}, "run.horizon"),
    ({"faults": [CRASH]}, "the broker crashes"),
    ({"faults": [DEATH]}, "consumers crash (faults)"),
    (
        {"consumer.failure": 0.0, "network.deliver.loss": 0.0, "network.deliver.ack_loss": 0.0},
        "nothing can go wrong",
    ),
]

FALL = {"target": "broker", "kind": "process_crash", "which": 0, "at": ["10 s"]}
FAILOVER_BASE = {
    "run": {"warmup": "5 s"},
    "producer": {"arrivals": {"law": "poisson", "rate": "100/s"}, "retries": 0},
    "broker": {"replicas": 3, "confirm_when": "written", "replication_delay": "20 ms"},
    "faults": [FALL],
}
FAILOVER = [
    ({"broker.replicas": 1}, "one replica"),
    ({"broker.confirm_by": "majority"}, "followers are waited for"),
    ({"broker.deliver_when": "stored"}, "broker.deliver_when"),
    ({"broker.replication_delay": SLOW}, "broker.replication_delay"),
    ({"broker.min_in_sync": 2}, "broker.min_in_sync"),
    ({"faults": []}, "no leader falls"),
    ({"faults": [FALL | {"kind": "power_loss"}]}, "process_crash"),
    ({"faults": [FALL, FALL]}, "the only fault"),
    ({"faults": [FALL | {"at": ["10 s", "20 s"]}]}, "fall once"),
    ({"faults": [FALL | {"at": ["5 s"]}]}, "run.warmup"),
    ({"broker.confirm_when": "synced"}, "not synced yet"),
    ({"producer.deadline": "1 min"}, "producer.deadline"),
    ({"producer.arrivals": {"law": "regular", "rate": "100/s"}}, "not Poisson"),
    ({"network.publish.loss": 0.1}, "network.publish"),
]

CASES = {
    "P_ack": (LOSSY, OWN),
    "R(t)": (LOSSY, TIMED),
    "P_delivered": (LOSSY, SAFE),
    "P_false_failure": (LOSSY, SAFE),
    "E[sends]": (LOSSY, OWN),
    "E[copies]": (LOSSY, OWN),
    "P(copies = d)": (LOSSY, QUICK_ROUND_TRIP),
    "E[T | ack]": (LOSSY, TIMED),
    "P_persist": (WINDOW_BASE, WINDOW),
    "E[lost | crash]": (WINDOW_BASE, WINDOW),
    "P_persist | writeback": (AGE_BASE, AGE),
    "E[lost | crash, writeback]": (AGE_BASE, AGE),
    "E[T | sync]": (COMMIT_BASE, COMMIT),
    "E[lost | failover]": (FAILOVER_BASE, FAILOVER),
    "A_k/n": (chains.RAFT, chains.COUNTS),
    "exact availability": (chains.IN_SYNC, chains.CHAINS),
    "P(T)": (UNRELIABLE, CAN_FAIL),
    "P_parked": (UNRELIABLE, PARKING),
    "P_dead_lettered": (UNRELIABLE, PARKING),
    "P_limit_lost": (
        DROPPING,
        [*REDELIVERY, ({"broker.redelivery.dead_letter": True}, "the limit parks")],
    ),
    "E[deliveries]": (UNRELIABLE, REPEATS),
    "E[effects]": (UNRELIABLE, REPEATS),
    "P_duplicated": (UNRELIABLE, REPEATS),
    "exact matrix": (UNRELIABLE, MATRIX),
    "L": (QUEUE_BASE, QUEUE),
    "W": (QUEUE_BASE, QUEUE),
    "P_K": (BOUNDED_BASE, BOUNDED),
    "Little": (QUEUE_BASE, [*STEADY, *DYING]),
    "T-bar": (QUEUE_BASE, SERVICE),
    "Throughput": (QUEUE_BASE, THROUGHPUT),
    "exact L": (chains.BREAKING, chains.BREAKS),
    "exact P_lost": (chains.BREAKING, chains.LOSES),
    "exact throughput": (chains.BREAKING, chains.BREAKS),
}


def test_every_form_is_here_and_its_name_is_its_own():
    names = [form.name for form in FORMS]
    assert len(set(names)) == len(names)
    assert list(CASES) == names


@pytest.mark.parametrize("name", CASES)
def test_where_nothing_is_broken_the_form_holds(name):
    base, _ = CASES[name]
    assert BY_NAME[name].broken(from_mapping(base)) == []


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [(name, changes, words) for name, (_, cases) in CASES.items() for changes, words in cases],
)
def test_what_is_broken_is_named(name, changes, words):
    base, _ = CASES[name]
    found = BY_NAME[name].broken(from_mapping(put(base, changes)))
    if words is None:
        assert found == []  # changed, and not broken
        return
    assert any(words in reason for reason in found), found
    assert len(found) == len(set(found))


NUMBERS = {"producer.idempotent": True}
ALLOWED = [
    # What producer, broker and disk do is the same, whoever reads.
    *(("P_ack", LOSSY, {"broker.shape": "log"}), ("R(t)", LOSSY, {"broker.shape": "log"})),
    *(("P_persist", WINDOW_BASE, {"broker.shape": "log"}), ("T-bar", QUEUE_BASE, LOG[0])),
    ("E[T | sync]", COMMIT_BASE, {"broker.shape": "log", "broker.partitions": 12}),
    # Repeats are answered like what they repeat; what is in sequence is taken in like anything.
    ("P_ack", LOSSY, {"broker.dedup_window": "1 min"}),
    ("E[copies]", LOSSY, {"broker.dedup_window": "inf"}),
    ("P_delivered", LOSSY, {"broker.dedup_window": "inf"}),
    ("W", QUEUE_BASE, NUMBERS),
    ("P(T)", UNRELIABLE, NUMBERS),
    # One server, whatever its law; several exponential ones; a bounded queue that turns away.
    ("W", QUEUE_BASE, {"consumer.service": "5 ms"}),
    ("W", QUEUE_BASE, {"consumer.instances": 3}),
    ("W", QUEUE_BASE, {"consumer.concurrency": 3, "consumer.prefetch": 3}),
    ("W", QUEUE_BASE, {"broker.capacity": 5, "broker.overflow": "drop_new"}),
    ("W", QUEUE_BASE, {"producer.confirm": False, "network.publish.loss": 0.1}),
    # Nothing waits in a consumer whose deliveries never time out.
    ("W", QUEUE_BASE, {"consumer.prefetch": 5, "broker.redelivery.ack_timeout": "inf"}),
    # Late round trips, deadlines: the time to acknowledgement has them in its formula.
    ("P_ack", LOSSY, {"network.publish.delay": SLOW}),
    ("R(t)", LOSSY, {"producer.deadline": "1 s"}),
    # Group commit answers in time, and what it stores is what arrived.
    ("P_ack", LOSSY, SYNCED),
    ("P_delivered", LOSSY, {"consumer.failure": 0.1}),
    ("P_delivered", LOSSY, {"consumer.crash_before_effect": 0.1}),
    ("P_delivered", LOSSY, {"consumer.ack": "auto"}),
    # Without retries nothing piles up while the broker is down.
    ("P_persist", WINDOW_BASE, {"faults": [POWER_LOSS | LASTS]}),
    ("P_ack", LOSSY, {"disk.failure": 0.1, "broker.persistent": False}),
    ("P_persist", WINDOW_BASE, {"disk.policy": "count", "disk.count": 1, "disk.sync": "0 s"}),
    (
        "P_persist",
        WINDOW_BASE,
        {"disk.policy": "count", "disk.sync": "0 s", "disk.writeback": "inf"},
    ),
    ("P_persist", WINDOW_BASE, {"disk.torn_tail": True, "disk.sync": "0 s"}),
    ("P_persist | writeback", AGE_BASE, {"disk.sync": "1 s"}),
    ("P_persist | writeback", AGE_BASE, {"disk.writeback": "30 s"}),
    ("P_persist", WINDOW_BASE, {"disk.sync": "1 s"}),
    ("P_persist", WINDOW_BASE, {"producer.retries": 3}),
    ("E[T | sync]", COMMIT_BASE, {"network.publish.delay": QUICK}),
    ("E[deliveries]", UNRELIABLE, {"broker.redelivery.limit": 0}),
    ("E[deliveries]", UNRELIABLE, {"consumer.failure": 0.0, "network.deliver.loss": 0.0,
                                   "network.deliver.ack_loss": 0.1}),
    ("P_parked", UNRELIABLE, {"consumer.on_failure": "ignore"}),
    ("T-bar", QUEUE_BASE, {"faults": [SENDER]}),
    # Lost acknowledgements cost places, and there are enough.
    ("Little", QUEUE_BASE, {"network.deliver.ack_loss": 0.01, "consumer.prefetch": 100,
                            "run.warmup": "1 min"}),
    ("Little", QUEUE_BASE, {"consumer.crash_before_effect": 0.1, "consumer.restart": "10 ms"}),
    ("Throughput", QUEUE_BASE, {"network.deliver.loss": 0.01, "consumer.prefetch": 0}),
    ("Throughput", QUEUE_BASE, {"producer.confirm": False, "network.publish.loss": 0.3}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "base", "changes"), ALLOWED)
def test_a_form_is_not_given_up_without_need(name, base, changes):
    assert BY_NAME[name].broken(from_mapping(put(base, changes))) == []


def test_a_sum_of_times_exceeds_a_limit_only_where_it_may():
    from models.laws import Constant, Exponential, Uniform
    from sim.checks.assumptions import exceeds

    assert not exceeds([Constant(0.2), Constant(0.3)], 0.5)
    assert exceeds([Constant(0.2), Constant(0.31)], 0.5)
    assert not exceeds([Uniform(low_s=0.0, high_s=0.25)] * 2, 0.5)
    assert exceeds([Uniform(low_s=0.0, high_s=0.3)] * 2, 0.5)
    assert not exceeds([Exponential(1.0)] * 2, float("inf"))
    # e^-20 is not rarer than one in a billion, e^-25 is; two of them share the limit.
    assert exceeds([Exponential(1.0)], 20.0)
    assert not exceeds([Exponential(1.0)], 25.0)
    assert exceeds([Exponential(1.0)] * 2, 25.0)
    assert not exceeds([Exponential(1.0)] * 2, 50.0)
