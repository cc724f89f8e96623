"""Experiments in which nothing goes wrong, but for a few things drawn at random.

Of experiments in which everything can happen, most promise nothing. Here a few settings differ
from a quiet system, so that many promises are made, each for a reason of its own.
"""

from __future__ import annotations

import numpy as np

from sim.config import ConfigError, from_mapping
from sim.config.paths import parse_path, put

QUIET = {
    "run": {"messages": 40, "warmup": 0, "replications": 1, "horizon": "10 min"},
    "producer": {
        "arrivals": {"law": "poisson", "rate": "20/s"},
        "timeout": "2 s",
        "retries": 3,
        "backoff": {"law": "fixed", "pause": "100 ms"},
    },
    "broker": {"redelivery": {"ack_timeout": "20 s"}},
    "disk": {"sync": "20 ms"},
    "consumer": {"service": "5 ms", "restart": "300 ms"},
}
JITTER = {"law": "exponential", "mean": "30 ms"}
SLOW = {"law": "exponential", "mean": "60 ms"}
TIMES_S = [0.0, 0.25, 0.31, 0.5, 0.77, 1.0, 1.13, 1.6]
DRAWN = {
    "producer.confirm": [False],
    "producer.instances": [2],
    "producer.retries": [0, 1],
    "producer.timeout": ["10 ms", "60 ms"],
    "producer.in_flight": [1, 1, 5],
    "producer.buffer": [0, 2],
    "producer.deadline": ["100 ms"],
    "producer.keys": [3],
    "producer.idempotent": [True],
    "producer.outbox": [True],
    "producer.arrivals": [{"law": "regular", "rate": "20/s"}, {"law": "poisson", "rate": "300/s"}],
    "network.publish.delay": ["5 ms", JITTER],
    "network.publish.ack_delay": ["0 s", "5 ms", JITTER],
    "network.publish.loss": [0.3],
    "network.publish.ack_loss": [0.0, 0.3],
    "network.publish.duplication": [0.3],
    "network.deliver.delay": ["5 ms", JITTER],
    "network.deliver.ack_delay": ["0 s", "5 ms", JITTER],
    "network.deliver.loss": [0.3],
    "network.deliver.ack_loss": [0.0, 0.3],
    "network.deliver.duplication": [0.3],
    "network.publish.bursts": [{"bad_loss": 0.7, "good_to_bad": 0.1, "bad_to_good": 0.3}],
    "network.publish.connection": [True, True],
    "network.publish.reconnect": ["50 ms"],
    "network.publish.detect": ["100 ms"],
    "network.publish.bandwidth": ["40 KiB/s"],
    "network.deliver.bursts": [{"bad_loss": 0.7, "good_to_bad": 0.1, "bad_to_good": 0.3}],
    "network.deliver.connection": [True, True],
    "network.deliver.reconnect": ["50 ms"],
    "network.deliver.detect": ["100 ms"],
    "broker.partitions": [3],
    "broker.accept": ["20 ms"],
    "broker.capacity": [1, 3],
    "broker.overflow": ["drop_new", "drop_oldest", "block"],
    "broker.ttl": ["30 ms"],
    "broker.durable": [False],
    "broker.persistent": [False],
    "broker.confirm_when": ["received", "written", "processed"],
    "broker.dedup_window": ["inf", "inf", "300 ms"],
    "broker.routing": ["fanout"],
    "broker.redelivery.ack_timeout": ["inf", "30 ms", "400 ms"],
    "broker.priorities": [3],
    "broker.redelivery.limit": [1, 2],
    "broker.redelivery.counts": ["refusals", "disconnects"],
    "broker.redelivery.dead_letter": [False, False],
    "broker.redelivery.delay": [{"law": "fixed", "pause": "50 ms"}],
    "broker.redelivery.to_other": [True],
    "broker.redelivery.on_disconnect": [False],
    "disk.write": ["15 ms", SLOW],
    "disk.sync": ["0 s", SLOW],
    "disk.policy": ["interval", "count", "never"],
    "disk.interval": ["300 ms"],
    "disk.count": [3],
    "disk.failure": [0.3],
    "disk.torn_tail": [True],
    "disk.writeback": ["50 ms", "inf"],
    "consumer.rebalance": ["200 ms"],
    "consumer.groups": [2],
    "consumer.instances": [2],
    "consumer.subscription": ["from_start", "transient"],
    "consumer.service": ["0 s", SLOW, SLOW],
    "consumer.concurrency": [3],
    "consumer.prefetch": [0, 3],
    "consumer.ack": ["auto", "before", "batch"],
    "consumer.commit": [{"every": 3, "interval": "200 ms"}],
    "consumer.transactional": [True],
    "consumer.dedup": [-1, 2],
    "consumer.ordered": [True],
    "consumer.poison": [0.1],
    "consumer.failure": [0.3],
    "consumer.on_failure": ["reject", "ignore", "republish", "crash"],
    "consumer.crash_before_effect": [0.2],
    "consumer.crash_after_effect": [0.2],
    "consumer.detect": ["100 ms"],
    "consumer.start": ["700 ms"],
}
"""What may be drawn for a key, equally often."""
FAULTS = [
    *[("broker", "process_crash"), ("broker", "power_loss"), ("consumer", "crash")] * 2,
    *[("publish", "cut"), ("publish", "partition"), ("deliver", "cut"), ("deliver", "partition")],
    *[("producer", "crash"), ("disk", "full"), ("disk", "slow")],
]


SHAPES = ["queue", "queue", "queue", "log", "log", "bus"]


def base(shape: str):
    """The quiet system of that shape."""
    mapping = put(QUIET, ("broker", "shape"), shape, {})
    if shape == "bus":
        del mapping["disk"]
        del mapping["broker"]["redelivery"]
    return mapping


def drawn(seed: int):
    """The experiment of that number; what its shape does not know is left out."""
    luck = np.random.default_rng(seed)
    shape = SHAPES[luck.integers(len(SHAPES))]
    keys = luck.choice(np.array(list(DRAWN)), size=luck.integers(0, 8), replace=False)
    changes = {str(key): DRAWN[key][luck.integers(len(DRAWN[key]))] for key in sorted(keys)}
    faults = []
    for _ in range(luck.integers(0, 3)):
        target, kind = FAULTS[luck.integers(len(FAULTS))]
        at = sorted(luck.choice(TIMES_S, size=2, replace=False).tolist())
        lasts = ["0 s", "50 ms", "300 ms"][luck.integers(3)]
        faults.append({"target": target, "kind": kind, "at": at, "lasts": lasts})
    while True:
        mapping = base(shape) | {"seed": seed, "faults": faults}
        for key, value in changes.items():
            mapping = put(mapping, parse_path(key), value, {})
        try:
            return from_mapping(mapping)
        except ConfigError as error:
            refused = [problem.key for problem in error.problems]
        kept = {key: value for key, value in changes.items() if not _refused(key, refused)}
        if kept == changes and not faults:
            raise AssertionError(f"{changes} of {shape} are refused for {refused}")
        if kept == changes:
            faults = []
        changes = kept


def _refused(key: str, refused: list[str]) -> bool:
    return any(
        f"{one}.".startswith(f"{key}.") or f"{key}.".startswith(f"{one}.") for one in refused
    )
