"""What `explain` grants a broker of several replicas is never seen broken."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config import ConfigError, from_mapping
from sim.config.paths import parse_path, put
from tests.properties.promised import assert_granted_holds
from tests.properties.quiet import JITTER, QUIET, SLOW, TIMES_S

BASE = {
    "broker.replicas": 3,
    "broker.failover": "150 ms",
    "broker.replication_delay": "5 ms",
    "broker.lag_timeout": "100 ms",
}
DRAWN = {
    "producer.confirm": [False],
    "producer.retries": [0, 1],
    "producer.timeout": ["10 ms", "60 ms"],
    "producer.in_flight": [1, 1, 5],
    "producer.idempotent": [True],
    "network.publish.ack_loss": [0.3],
    "network.publish.connection": [True],
    "broker.shape": ["log"],
    "broker.replicas": [2, 5],
    "broker.confirm_by": ["majority", "majority", "in_sync", "in_sync"],
    "broker.confirm_when": ["received", "written", "processed"],
    "broker.min_in_sync": [2, 2],
    "broker.unclean_failover": [True],
    "broker.replication_delay": ["0 s", JITTER, "120 ms"],
    "broker.failover": ["0 s", "600 ms"],
    "broker.deliver_when": ["stored"],
    "broker.dedup_window": ["inf", "inf"],
    "broker.durable": [False],
    "broker.ttl": ["30 ms"],
    "broker.routing": ["fanout"],
    "consumer.groups": [2],
    "disk.write": ["15 ms", SLOW],
    "disk.sync": ["0 s", SLOW],
    "disk.policy": ["interval", "never"],
    "disk.interval": ["300 ms"],
    "disk.failure": [0.1],
    "consumer.dedup": [-1, -1],
    "consumer.ack": ["auto", "before"],
    "consumer.transactional": [True],
    "consumer.instances": [2],
    "consumer.start": ["700 ms"],
    "consumer.service": ["0 s", SLOW],
}
KINDS = ["process_crash", "process_crash", "power_loss", "power_loss", "disk_loss"]


def drawn(seed):
    """The experiment of that number; None if what was drawn is refused."""
    luck = np.random.default_rng(seed)
    mapping = QUIET | {"seed": seed}
    for key, value in BASE.items():
        mapping = put(mapping, parse_path(key), value, {})
    for key in sorted(luck.choice(list(DRAWN), size=luck.integers(1, 8), replace=False)):
        value = DRAWN[key][luck.integers(len(DRAWN[key]))]
        mapping = put(mapping, parse_path(key), value, {})
    faults = []
    for _ in range(luck.integers(1, 3)):
        at = sorted(luck.choice(TIMES_S, size=2, replace=False).tolist())
        fault = {"target": "broker", "kind": KINDS[luck.integers(len(KINDS))], "at": at}
        if luck.integers(2):
            fault["which"] = int(luck.integers(2))
        faults.append(fault | {"lasts": ["0 s", "50 ms", "300 ms", JITTER][luck.integers(4)]})
    if luck.integers(4) == 0:
        disk = {"target": "disk", "kind": ["full", "slow"][luck.integers(2)], "at": [0.5]}
        faults.append(disk | {"lasts": "300 ms"})
    try:
        return from_mapping(mapping | {"faults": faults})
    except ConfigError:
        return None


@pytest.mark.parametrize("batch", range(4))
def test_a_guarantee_that_is_granted_holds(batch):
    seeds = range(batch * 80, (batch + 1) * 80)
    assert_granted_holds(map(drawn, seeds), replications=2)
