"""What chains in time assume: for each an experiment that breaks nothing, and changes to it.

With each change come words of the one reason that must then be given; see `test_assumptions`.
"""

from __future__ import annotations


def exponential(mean):
    return {"law": "exponential", "mean": mean}


DEATH = {"target": "consumer", "kind": "crash", "every": "10 s", "lasts": exponential("3 s")}
FALL = {"target": "broker", "kind": "process_crash", "every": "10 s", "lasts": exponential("3 s")}
POWER = FALL | {"kind": "power_loss"}
SENDER = {"target": "producer", "kind": "crash", "every": "1 h"}
PARTED = {"target": "publish", "kind": "partition", "every": "1 h"}
FULL = {"target": "disk", "kind": "full", "every": "1 h"}
LOG = ({"broker.shape": "log", "broker.capacity": 0}, 'consumers read a log (broker.shape = "log")')
POISSON = ({"producer.arrivals": {"law": "regular", "rate": "2/s"}}, "not Poisson")
HORIZON = ({"run.horizon": "1 d"}, "run.horizon")
DOUBLED = ({"network.publish.duplication": 0.1}, "network.publish.duplication")

# ---------------------------------------------------------------- queues

BREAKING = {
    "run": {"warmup": "60 s", "messages": 20000, "replications": 10},
    "producer": {"arrivals": {"law": "poisson", "rate": "2/s"}},
    "broker": {
        "confirm_when": "received",
        "capacity": 5,
        "redelivery": {"ack_timeout": "inf"},
    },
    "consumer": {"service": exponential("1 s"), "instances": 3},
    "faults": [DEATH],
}
FALLING = {"faults": [FALL], "consumer.instances": 1, "producer.retries": 0}
FORGETTING = FALLING | {"broker.persistent": False}
BREAKS = [
    LOG,
    POISSON,
    HORIZON,
    DOUBLED,
    ({"faults": []}, None),  # several servers behind a bound are chain enough
    ({"faults": [], "consumer.instances": 1}, "nothing breaks down"),
    ({"faults": [], "broker.capacity": 0}, "nothing breaks down"),
    (
        {"faults": [], "consumer.instances": 1, "broker.overflow": "drop_oldest"},
        None,  # no closed form says what the oldest does
    ),
    ({"faults": [DEATH, SENDER]}, "producers crash"),
    ({"faults": [DEATH, PARTED]}, "the link fails (network.publish)"),
    ({"faults": [DEATH, FULL]}, "the disk is slow or full at times"),
    ({"faults": [DEATH, DEATH]}, "several faults befall the consumer"),
    ({"faults": [DEATH | {"lasts": "3 s"}]}, "outages of the consumer must be exponential"),
    (
        {"faults": [DEATH | {"every": {"law": "constant", "value": "9 s"}}]},
        "up-times of the consumer must be exponential",
    ),
    (
        {"faults": [{"target": "consumer", "kind": "crash", "at": ["70 s"]}]},
        "up-times of the consumer must be exponential",
    ),
    (
        {"faults": [{"target": "consumer", "kind": "crash", "every": "10 s"}]},
        "outages of the consumer must be exponential",  # they are as long as consumer.restart
    ),
    (
        {
            "faults": [{"target": "consumer", "kind": "crash", "every": "10 s"}],
            "consumer.restart": exponential("3 s"),
        },
        None,
    ),
    ({"network.publish.loss": 0.1}, "network.publish.loss"),
    ({"network.publish.loss": 0.1, "producer.confirm": False}, None),
    ({"broker.accept": "1 ms"}, "broker.accept"),
    ({"network.deliver.delay": "1 ms"}, "deliver.delay"),
    ({"network.deliver.loss": 0.1}, "lost or doubled (network.deliver)"),
    ({"consumer.ack": "auto"}, 'consumer.ack = "auto"'),
    ({"consumer.failure": 0.1, "consumer.on_failure": "reject"}, "do not come back at once"),
    ({"consumer.failure": 0.1}, None),
    ({"consumer.poison": 0.1, "broker.redelivery.limit": 5}, "consumer.poison"),
    ({"consumer.ordered": True, "producer.keys": 9}, "consumer.ordered"),
    ({"consumer.start": "1 s"}, "consumer.start"),
    ({"consumer.service": "1 s"}, "service must be exponential"),
    ({"consumer.service": "0 s"}, "service takes no time"),
    ({"consumer.crash_after_effect": 0.1}, "consumers die of their work"),
    ({"consumer.prefetch": 2}, "consumer.prefetch"),
    ({"consumer.instances": 1, "consumer.prefetch": 2}, "where they are not counted (prefetch)"),
    ({"consumer.concurrency": 2, "consumer.prefetch": 2}, None),
    ({"consumer.concurrency": 2}, "consumer.prefetch leaves servers idle"),
    ({"consumer.detect": "1 s"}, "a death is seen late (consumer.detect)"),
    (
        {"broker.redelivery": {"ack_timeout": "30 s", "on_disconnect": False}},
        "nobody sees a death (broker.redelivery.on_disconnect)",
    ),
    (
        {"broker.redelivery.delay": {"law": "fixed", "pause": "1 s"}},
        "come back after a delay (broker.redelivery.delay)",
    ),
    ({"broker.redelivery.limit": 5}, "broker.redelivery.limit"),
    ({"broker.redelivery.ack_timeout": "2 s"}, "broker.redelivery.ack_timeout"),
    ({"broker.ttl": "1 min"}, "broker.ttl"),
    ({"broker.overflow": "block"}, "blocks its producers"),
    ({"broker.overflow": "drop_oldest"}, None),
    ({"producer.in_flight": 1, "network.publish.delay": "200 ms"}, "in_flight = 1 may bind"),
    ({"broker.capacity": 0, "producer.arrivals.rate": "2.5/s"}, "the queue grows for ever"),
    ({"broker.capacity": 1_000_000}, "too many states to be written down"),
    ({"run.warmup": "10 s"}, "to forget the beginning, longer than run.warmup"),
    ({"run.messages": 5, "run.replications": 5}, "breakdowns are met in all replications"),
    # A broker that falls.
    (FALLING, None),
    (FORGETTING, None),
    (FORGETTING | {"faults": [POWER, DEATH]}, None),
    (FALLING | {"producer.confirm": False, "network.publish.loss": 0.2}, None),
    (FALLING | {"producer.retries": 1}, "what finds the broker down is sent again"),
    (FALLING | {"producer.in_flight": 2}, "producer.in_flight = 2 may bind"),
    (FALLING | {"network.publish.duplication": 0.1}, "network.publish.duplication"),
    (FALLING | {"faults": [FALL, SENDER]}, "producers crash"),
    (FALLING | {"consumer.instances": 2}, "busy with stale work (consumer.instances)"),
    (FALLING | {"consumer.dedup": -1}, "stale work may be for nothing"),
    (FALLING | {"consumer.transactional": True}, "stale work may be for nothing"),
    (FALLING | {"broker.redelivery.ack_timeout": "30 s"}, "may wait for stale work"),
    (FALLING | {"faults": [POWER]}, "what is left depends on the disk"),
    (FALLING | {"disk.write": "1 ms"}, "what is left depends on the disk"),
    (FORGETTING | {"disk.write": "1 ms"}, None),
    (FALLING | {"producer.idempotent": True}, "wait for those before them"),
    (FALLING | {"run.messages": 100, "run.replications": 5}, "falls of the broker are met"),
]
LOSES = [
    *BREAKS,
    ({"broker.capacity": 0, "producer.arrivals.rate": "1/s"}, "nothing is lost"),
    (FALLING | {"broker.capacity": 0, "producer.arrivals.rate": "0.3/s"}, None),
]

# ---------------------------------------------------------------- replicas

RAFT = {
    "run": {"warmup": "60 s", "messages": 20000, "replications": 10},
    "producer": {"arrivals": {"law": "poisson", "rate": "2/s"}, "retries": 0},
    "broker": {
        "replicas": 3,
        "confirm_by": "majority",
        "min_in_sync": 2,
        "confirm_when": "written",
        "replication_delay": "0 s",
        "failover": "0 s",
    },
    "faults": [FALL],
}
HANDED_OVER = {"consumer.ack": "auto", "broker.deliver_when": "stored"}
UNCLEAN = {"broker.confirm_by": "leader", "broker.unclean_failover": True}
TAKES = [
    POISSON,
    HORIZON,
    DOUBLED,
    ({"broker.replicas": 1, "broker.min_in_sync": 1}, "there is one replica"),
    ({"faults": []}, "there must be one fault"),
    ({"faults": [FALL, DEATH]}, "there must be one fault"),
    ({"faults": [DEATH]}, "there must be one fault"),
    ({"faults": [FALL | {"correlated": True}]}, "each replica must fall by itself"),
    ({"faults": [FALL | {"which": 0}]}, "each replica must fall by itself"),
    ({"producer.retries": 1}, "what finds the broker down is sent again"),
    ({"producer.in_flight": 2}, "producer.in_flight = 2 may bind"),
    ({"producer.idempotent": True}, "producer.idempotent"),
    ({"broker.accept": "1 ms"}, "broker.accept"),
    ({"broker.capacity": 5}, "broker.capacity"),
    ({"broker.ttl": "1 min"}, "broker.ttl"),
    ({"broker.redelivery.limit": 5}, "broker.redelivery.limit"),
    ({"broker.replication_delay": "1 ms"}, "who comes back is not in sync at once"),
    ({"broker.confirm_when": "synced"}, "in sync when it has written"),
    ({"disk.write": "1 ms"}, "in sync when it has written"),
    ({"disk.failure": 0.1}, "writes are refused (disk.failure)"),
    ({"consumer.failure": 0.1, "consumer.ack": "before"}, 'consumer.ack = "before"'),
    ({"consumer.failure": 0.1, "consumer.on_failure": "reject"}, "consumer.on_failure"),
    ({"broker.shape": "log", "consumer.ack": "before"}, "records are read before they are done"),
    ({"broker.shape": "log", "consumer.failure": 0.1}, "readers fail"),
    ({"faults": [POWER]}, "what is taken in may be lost later"),
    ({"broker.persistent": False}, "what is taken in may be lost later"),
    ({"faults": [POWER], "consumer.ack": "auto"}, "what is taken in may be lost later"),
    (
        {"faults": [POWER], **HANDED_OVER, "consumer.start": "1 s"},
        "what is taken in may be lost later",
    ),
    ({"run.warmup": "10 s"}, "to forget the beginning, longer than run.warmup"),
    ({"run.messages": 100}, "interruptions are met in all replications"),
]
COUNTS = [
    *TAKES,
    ({}, None),
    ({"broker.shape": "log"}, None),
    ({"consumer.failure": 0.1}, None),
    ({"faults": [POWER], **HANDED_OVER}, None),
    ({"network.publish.loss": 0.1, "producer.confirm": False}, None),
    ({"faults": [FALL | {"lasts": "3 s"}]}, None),
    ({"faults": [FALL | {"lasts": "11 s"}]}, "outages must be exponential, or of one length"),
    ({"faults": [FALL | {"lasts": "0 s"}]}, "outages must be exponential, or of one length"),
    (
        {"faults": [FALL | {"every": {"law": "constant", "value": "9 s"}}]},
        "up-times must be exponential",
    ),
    (
        {"faults": [{"target": "broker", "kind": "process_crash", "at": ["70 s"]}]},
        "replicas fall at given times",
    ),
    ({"broker.min_in_sync": 1}, "not only the number of those up counts"),
    ({"broker.confirm_by": "in_sync"}, "not only the number of those up counts"),
    ({"broker.failover": "5 s"}, "not only the number of those up counts"),
    (UNCLEAN, "what is taken in may be lost later"),
    (UNCLEAN | HANDED_OVER, None),
    (
        UNCLEAN | HANDED_OVER | {"broker.min_in_sync": 1, "broker.replication_delay": "1 s"},
        None,  # who is in sync does not matter
    ),
]
IN_SYNC = RAFT | {"broker": RAFT["broker"] | {"confirm_by": "in_sync"}}
LATE = HANDED_OVER | {"broker.failover": exponential("2 s"), "broker.lag_timeout": "inf"}
CHAINS = [
    *TAKES,
    ({}, None),
    ({"broker.min_in_sync": 1, "broker.shape": "log"}, None),
    ({"broker.confirm_by": "majority"}, "k of n says the same"),
    ({"broker.unclean_failover": True, **HANDED_OVER}, "k of n says the same"),
    ({"faults": [FALL | {"lasts": "3 s"}]}, "outages of the broker must be exponential"),
    (LATE, None),
    (LATE | {"broker.confirm_by": "majority"}, None),
    (LATE | {"broker.lag_timeout": "30 s"}, "followers that are down may leave early"),
    (
        LATE
        | {
            "broker.confirm_by": "majority",
            "broker.min_in_sync": 1,
            "broker.lag_timeout": "30 s",
            "broker.replication_delay": "1 s",
        },
        None,  # who is in sync does not matter
    ),
    (LATE | {"consumer.ack": "after"}, "what is taken in may be lost later"),
    (LATE | {"broker.failover": "2 s"}, "at once or at exponential times (broker.failover)"),
]
