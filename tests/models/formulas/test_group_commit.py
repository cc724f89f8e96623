import math

import numpy as np
import pytest

from models.formulas.group_commit import group_commit
from models.laws import Constant, Empirical, Exponential, Gamma, Lognormal, Uniform


def test_a_thousand_messages_a_second_and_a_sync_of_a_millisecond():
    got = group_commit(arrival_rate_per_s=1000.0, sync=Constant(0.001))
    assert got.wait_s == pytest.approx(1.3655293e-3, abs=5e-11)
    assert got.batch == pytest.approx(1.3678794, abs=5e-8)
    assert got.syncs_per_s == pytest.approx(1000 / (1 + math.exp(-1)))


def test_a_busy_disk_makes_everyone_wait_for_one_sync_and_a_half():
    busy = group_commit(arrival_rate_per_s=1e6, sync=Constant(0.001))
    assert busy.wait_s == pytest.approx(0.0015)
    assert busy.syncs_per_s == pytest.approx(1000.0)
    idle = group_commit(arrival_rate_per_s=1e-3, sync=Constant(0.001))
    assert idle.wait_s == pytest.approx(0.001, rel=1e-5)
    assert idle.batch == pytest.approx(1.0)


def played(sync, rate, syncs, seed):
    """Play one sync after the other; return batch sizes and the sums of their waits."""
    rng = np.random.default_rng(seed)
    lengths_s = sync.quantile(rng.random(syncs)).tolist()
    waiting_s, batches, waits_s = [], [], []  # how long each has waited when the next sync begins
    for length_s in lengths_s:
        batch = waiting_s or [0.0]  # an idle disk starts with the next arrival
        batches.append(len(batch))
        waits_s.append(sum(batch) + len(batch) * length_s)
        waiting_s = (rng.random(rng.poisson(rate * length_s)) * length_s).tolist()
    return np.array(batches), np.array(waits_s)


@pytest.mark.parametrize(
    "sync",
    [
        Constant(1.0),
        Exponential(1.0),
        Uniform(low_s=0.5, high_s=1.5),
        Gamma(mean_s=1.0, cv=2.0),
        Lognormal(median_s=0.5, p99_s=5.0),
        Empirical((0.2, 0.5, 3.0)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("rate", [0.5, 3.0])
def test_it_agrees_with_syncs_played_out(sync, rate):
    syncs = 30_000
    batches, waits_s = played(sync, rate, syncs, seed=6)
    got = group_commit(arrival_rate_per_s=rate, sync=sync)
    # Neighbouring syncs depend on each other: take the errors over 100 blocks of them.
    means = batches.reshape(100, -1).mean(axis=1)
    assert abs(means.mean() - got.batch) <= 4.5 * means.std() / 10
    residual = ((waits_s - got.wait_s * batches) / got.batch).reshape(100, -1).mean(axis=1)
    assert abs(residual.mean()) <= 4.5 * residual.std() / 10


def test_a_sync_takes_time():
    with pytest.raises(ValueError, match=r"^sync_mean_s must be > 0, got 0.0$"):
        group_commit(arrival_rate_per_s=1.0, sync=Constant(0.0))
