"""For each weakness a system that has it: what differs from the quiet one."""

from __future__ import annotations

from sim.config import from_mapping
from sim.config.paths import parse_path, put
from sim.explain.explanation import WEAKNESSES
from tests.properties.quiet import QUIET

JITTER = {"law": "exponential", "mean": "50 ms"}
NO_PARKING = {"broker.redelivery.dead_letter": False}

REMEMBERED = {
    "broker.dedup_window": "inf",
    "broker.confirm_when": "received",
    "network.publish.ack_loss": 0.3,
    "producer.timeout": "500 ms",
}
NUMBERED = {"producer.idempotent": True}

BUS = {"broker.shape": "bus", "broker.redelivery.ack_timeout": "inf", "disk.sync": "1 ms"}
NONE = {
    "broker.shape": "none",
    "broker.redelivery.ack_timeout": "30 s",
    "disk.sync": "1 ms",
    "producer.timeout": "100 ms",
}

REPLICAS = {
    "broker.replicas": 3,
    "broker.failover": "200 ms",
    "broker.confirm_by": "in_sync",
    "broker.confirm_when": "written",
}
LAGGING = REPLICAS | {"broker.replication_delay": "200 ms", "broker.lag_timeout": "20 ms"}
LEADING = {"broker.confirm_by": "leader", "broker.replication_delay": "50 ms"}

EXAMPLES = {
    "one disk": {},
    "all disks": REPLICAS,
    "only the leader has it": REPLICAS | LEADING,
    "alone in sync, without its memory": LAGGING
    | {"broker.confirm_when": "received", "broker.persistent": False},
    "alone in sync, without its page cache": LAGGING | {"disk.policy": "never"},
    "alone in sync, without its disk": LAGGING | {"broker.confirm_when": "synced"},
    "unclean failover": LAGGING | {"broker.unclean_failover": True},
    "unclean failover of many": REPLICAS
    | {
        "broker.unclean_failover": True,
        "broker.min_in_sync": 2,
        "broker.replication_delay": {"law": "lognormal", "median": "10 ms", "p99": "1 s"},
        "broker.lag_timeout": "100 ms",
        "producer.timeout": "10 s",
        "consumer.start": "20 s",
        "faults": [
            {
                "target": "broker",
                "kind": "process_crash",
                "at": [1.0, 3.0, 5.0, 7.0, 9.0],
                "lasts": {"law": "exponential", "mean": "400 ms"},
            }
        ],
    },
    "acknowledgement not replicated": REPLICAS | LEADING | {"consumer.transactional": True},
    "forgotten by the next leader": REPLICAS
    | LEADING
    | {
        "broker.dedup_window": "inf",
        "broker.deliver_when": "stored",
        "network.publish.ack_loss": 0.5,
        "producer.timeout": "500 ms",
    },
    "sent again while a follower catches up": REPLICAS | {"producer.timeout": "500 ms"},
    "swallowed error": BUS | {"consumer.on_failure": "ignore"},
    "asked again": NONE | {"consumer.crash_after_effect": 0.1},
    "a request behind younger ones": NONE | {"consumer.failure": 0.2},
    "memory": {"broker.confirm_when": "received", "disk.write": "200 ms"},
    "page cache": {"broker.confirm_when": "written", "disk.sync": "200 ms"},
    "refused by the disk": {"broker.confirm_when": "received"},
    "refused too late": {"disk.write": "20 ms"},
    "sent again while the disk is slow": {"producer.timeout": "100 ms"},
    "dropped when full": {
        "broker.capacity": 1,
        "broker.overflow": "drop_new",
        "consumer.service": "200 ms",
    },
    "pushed out when full": {
        "broker.capacity": 1,
        "broker.overflow": "drop_oldest",
        "broker.confirm_when": "received",
        "consumer.service": "200 ms",
    },
    "time to live": NO_PARKING | {"broker.ttl": "100 ms", "consumer.service": "200 ms"},
    "delivery limit": NO_PARKING | {"broker.redelivery.limit": 2},
    "rejected": NO_PARKING | {"consumer.on_failure": "reject"},
    "automatic acknowledgement": {"consumer.ack": "auto"},
    "early acknowledgement": {"consumer.ack": "before"},
    "committed past": {"broker.shape": "log", "consumer.on_failure": "ignore"},
    "partitions side by side": {
        "broker.shape": "log",
        "broker.partitions": 3,
        "consumer.instances": 2,
        "consumer.service": JITTER,
    },
    "late subscription": {"consumer.subscription": "from_start", "consumer.start": "1 s"},
    "passing subscription": {"consumer.subscription": "transient"},
    "sent again": {"network.publish.ack_delay": "30 ms"},
    "sent again too soon": {"producer.timeout": "10 ms", "producer.backoff": "5 ms"},
    "sent again out of the outbox": {
        "producer.outbox": True,
        "network.publish.ack_delay": "30 ms",
    },
    "forgotten with the memory": REMEMBERED | {"disk.write": "100 ms"},
    "forgotten with the page cache": REMEMBERED | {"disk.policy": "never"},
    "numbered anew": NUMBERED
    | {"disk.write": "60 ms", "broker.confirm_when": "written", "producer.timeout": "50 ms"},
    "late with an old number": NUMBERED
    | {
        "network.publish.delay": {"law": "exponential", "mean": "30 ms"},
        "network.publish.loss": 0.2,
        "network.publish.duplication": 0.6,
        "producer.timeout": "15 ms",
        "producer.backoff": "0 s",
        "producer.retries": 2,
    },
    "out of the outbox behind younger messages": {
        "producer.outbox": True,
        "producer.timeout": "10 s",
        "network.publish.loss": 0.2,
    },
    "a refused message behind younger ones": NUMBERED
    | {"disk.write": "60 ms", "broker.confirm_when": "written"},
    "doubled on the way in": {},
    "doubled on the way out": {},
    "delivered again": {"network.deliver.ack_delay": "30 ms", "consumer.service": "30 ms"},
    "delivered again by a broker that is back": {"consumer.service": "30 ms"},
    "published again": {"consumer.on_failure": "republish", "broker.redelivery.ack_timeout": "1 s"},
    "published again behind younger messages": {
        "consumer.on_failure": "republish",
        "consumer.ack": "before",
        "consumer.service": "60 ms",
    },
    "delivered again too soon": {
        "broker.redelivery.ack_timeout": "10 ms",
        "consumer.service": JITTER,
        "consumer.instances": 2,
        "broker.redelivery.limit": 5,
    },
    "acknowledgement undone": {"disk.policy": "interval", "disk.interval": "1 s"},
    "overtaking": {"network.publish.delay": JITTER},
    "a retry behind younger messages": {},
    "a retry of what was given up": {"broker.ttl": "30 ms", "consumer.service": "40 ms"},
    "consumers side by side": {"consumer.instances": 2, "consumer.service": JITTER},
    "deliveries overtake": {"consumer.prefetch": 0, "network.deliver.delay": JITTER},
    "a refused delivery overtaken": {
        "producer.confirm": False,
        "disk.write": "40 ms",
        "network.deliver.delay": JITTER,
        "consumer.service": "0 s",
    },
    "a redelivery behind younger messages": {"consumer.prefetch": 3, "consumer.service": "40 ms"},
    "back before it was missed": {"consumer.detect": "1 s", "consumer.service": "40 ms"},
    "priorities": {"broker.priorities": 3, "consumer.service": "60 ms"},
    "timeouts": {
        "broker.redelivery.ack_timeout": "30 ms",
        "consumer.service": JITTER,
        "consumer.instances": 2,
        "broker.redelivery.limit": 5,
    },
}


def example(name):
    """The experiment that has the weakness *name*."""
    mapping = QUIET
    for key, value in EXAMPLES[name].items():
        mapping = put(mapping, parse_path(key), value, {})
    return from_mapping(mapping)


BY_NAME = {weakness.name: weakness for weakness in WEAKNESSES}
