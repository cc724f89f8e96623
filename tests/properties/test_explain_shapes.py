"""What `explain` grants a bus, or a system without a broker, is never seen broken."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config import ConfigError, from_mapping
from sim.config.paths import parse_path, put
from tests.properties.promised import assert_granted_holds
from tests.properties.quiet import JITTER, QUIET, SLOW, TIMES_S

SHARED = {
    "producer.confirm": [False],
    "producer.instances": [2],
    "producer.retries": [0, 0],
    "producer.timeout": ["60 ms"],
    "producer.in_flight": [1, 5],
    "broker.capacity": [1, 3],
    "broker.routing": ["fanout"],
    "consumer.groups": [2],
    "consumer.instances": [2],
    "consumer.service": ["0 s", SLOW],
    "consumer.concurrency": [3],
    "consumer.failure": [0.3],
    "consumer.crash_before_effect": [0.2],
    "consumer.crash_after_effect": [0.2],
    "consumer.start": ["700 ms"],
}
DRAWN = {
    "bus": {
        **SHARED,
        "broker.confirm_when": ["processed"],
        "broker.overflow": ["drop_new", "drop_oldest", "block"],
        "broker.ttl": ["30 ms"],
        "broker.redelivery.limit": [1, 2],
        "broker.redelivery.dead_letter": [False],
        "broker.redelivery.delay": [{"law": "fixed", "pause": "50 ms"}],
        "consumer.on_failure": ["reject", "ignore"],
        "consumer.subscription": ["from_start", "transient"],
    },
    "none": {
        **SHARED,
        "network.publish.delay": ["5 ms", JITTER],
        "network.publish.loss": [0.3],
        "network.publish.ack_loss": [0.3],
        "network.publish.duplication": [0.3],
        "broker.overflow": ["drop_new", "block"],
        "consumer.ack": ["before"],
        "consumer.on_failure": ["reject", "ignore"],
        "consumer.detect": ["100 ms"],
    },
}
FAULTS = {
    "bus": [("broker", "process_crash"), ("broker", "power_loss")],
    "none": [("producer", "crash"), ("consumer", "crash"), ("publish", "partition")],
}


def drawn(shape, seed):
    """The experiment of that number; None if what was drawn is refused."""
    luck = np.random.default_rng(seed)
    base = {key: QUIET[key] for key in ("run", "producer", "consumer")}
    mapping = base | {"seed": seed, "broker": {"shape": shape}}
    own = DRAWN[shape]
    for key in sorted(luck.choice(list(own), size=luck.integers(0, 6), replace=False)):
        mapping = put(mapping, parse_path(key), own[key][luck.integers(len(own[key]))], {})
    faults = []
    for _ in range(luck.integers(0, 2)):
        target, kind = FAULTS[shape][luck.integers(len(FAULTS[shape]))]
        at = sorted(luck.choice(TIMES_S, size=2, replace=False).tolist())
        faults.append({"target": target, "kind": kind, "at": at, "lasts": "50 ms"})
    try:
        return from_mapping(mapping | {"faults": faults})
    except ConfigError:
        return None


@pytest.mark.parametrize("shape", DRAWN)
def test_a_guarantee_that_is_granted_holds(shape):
    assert_granted_holds((drawn(shape, seed) for seed in range(150)), replications=1)
