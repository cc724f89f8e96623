"""A replication in stretches: their parts add up to those of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from sim.batches import BATCHES, FEW_REPLICATIONS, LEAST
from sim.config import from_mapping
from sim.runner import replicate

SYSTEM = {
    "run": {"messages": 500, "warmup": "5 s"},
    "producer": {"arrivals": {"law": "poisson", "rate": "20/s"}, "timeout": "200 ms"},
    "network": {"publish": {"loss": 0.1, "ack_loss": 0.1, "delay": "5 ms"}},
    "broker": {"routing": "fanout"},
    "consumer": {"groups": 2, "service": {"law": "exponential", "mean": "20 ms"}, "failure": 0.05},
    "faults": [{"target": "broker", "kind": "process_crash", "every": "3 s", "lasts": "50 ms"}],
}


@pytest.fixture(scope="module")
def sample():
    return replicate(from_mapping(SYSTEM), 0)


def test_there_are_so_many_of_equal_size(sample):
    assert len(sample.batches) == BATCHES
    sizes = [batch.parts["lost"][1] for batch in sample.batches]
    assert sum(sizes) == sample.messages == 1000  # two groups
    assert max(sizes) - min(sizes) <= 2


def test_their_parts_add_up(sample):
    assert sample.crashes > 0
    for name, whole in sample.parts.items():
        sums = np.sum([batch.parts[name] for batch in sample.batches], axis=0)
        assert sums == pytest.approx(np.array(whole)), name


def test_their_latencies_add_up(sample):
    for latency in ("confirm", "delivery"):
        within = sum(getattr(batch, latency).within for batch in sample.batches)
        assert within.tolist() == getattr(sample, latency).within.tolist()


def test_a_batch_is_of_its_own_time(sample):
    windows_s = [batch.parts["throughput"][1] for batch in sample.batches]
    assert min(windows_s) > 0
    assert sum(windows_s) == pytest.approx(sample.window_s)


def test_few_messages_make_no_batches():
    few = {**SYSTEM, "run": {"messages": LEAST * BATCHES - 1}}
    assert replicate(from_mapping(few), 0).batches == ()


def test_only_the_first_few_replications_are_cut():
    made = from_mapping(SYSTEM)
    kept = [bool(replicate(made, number).batches) for number in range(FEW_REPLICATIONS)]
    assert kept == [True] * (FEW_REPLICATIONS - 1) + [False]
