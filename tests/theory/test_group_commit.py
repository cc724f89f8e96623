"""Group commit: what waiting for the disk costs, read off the confirms and off the syncs."""

from __future__ import annotations

import numpy as np
import pytest

from models.formulas.group_commit import group_commit
from models.laws import Exponential
from tests.theory.shared import assert_agrees, ledgers, of, ratio, simulate

COMMITS = {
    "run": {"warmup": "100 ms", "messages": 2000, "replications": 20},
    "producer": {"arrivals": {"law": "poisson", "rate": "1000/s"}},
    "disk": {"sync": "1 ms"},
    "consumer": {"ack": "auto"},
}


def test_mean_wait_for_durability():
    samples = simulate(COMMITS)
    assert_agrees(of("confirm_latency_mean", samples), 1.3655293e-3, notice=0.03)


def batches(ledger, measured):
    """The messages and the syncs of the measured window: records synced at once are one batch."""
    created_s = ledger.created.times_s()
    start_s, end_s = created_s[measured.start], created_s[measured.stop - 1]
    synced_s = ledger.synced.times_s()
    synced_s = synced_s[(synced_s > start_s) & (synced_s <= end_s)]
    return len(synced_s), len(np.unique(synced_s)), end_s - start_s


def test_a_sync_covers_what_came_during_the_one_before():
    messages, syncs, windows_s = zip(*(batches(*run) for run in ledgers(COMMITS)), strict=True)
    batch = ratio(messages, syncs)
    assert_agrees(batch, 1.3678794, notice=0.03)
    assert_agrees(ratio(syncs, windows_s), 1000 / 1.3678794, notice=0.05)


@pytest.mark.parametrize("rate_per_s", [100, 5000])
def test_idle_and_busy_disks(rate_per_s):
    # From one sync alone (S) to one and a half when the disk never rests (1.5 S).
    load = {"arrivals": {"law": "poisson", "rate": rate_per_s}}
    samples = simulate(COMMITS, producer=load)
    x = rate_per_s * 1e-3
    predicted_s = 1e-3 * (1 + x / (2 * (x + np.exp(-x))))
    assert_agrees(of("confirm_latency_mean", samples), predicted_s, notice=0.03)


def test_random_syncs_wait_for_the_longer_ones():
    # E[S^2] = 2 E[S]^2: whoever comes during a sync comes during a long one.
    samples = simulate(COMMITS, disk={"sync": {"law": "exponential", "mean": "1 ms"}})
    form = group_commit(arrival_rate_per_s=1000.0, sync=Exponential(1e-3))
    assert form.wait_s == pytest.approx(1e-3 + 1e-3 / 1.5)
    assert_agrees(of("confirm_latency_mean", samples), form.wait_s, notice=0.06)
