"""What a crash of a log's reader costs, by when it commits."""

from __future__ import annotations

import numpy as np
import pytest

from models.formulas.commits import mean_uncommitted
from models.ledger import Cause
from tests.theory.shared import Coins, assert_agrees, ledgers, ratio

READER = {
    "run": {"warmup": "0 s", "messages": 4000, "replications": 24},
    "producer": {"confirm": False, "arrivals": {"law": "poisson", "rate": "100/s"}},
    "broker": {"shape": "log", "persistent": False},
    "consumer": {"prefetch": 0, "restart": "10 ms"},
    "faults": [{"target": "consumer", "kind": "crash", "every": "1 s"}],
}


def per_crash(count, **tables):
    """The mean of *count* over the crashes of a reader."""
    counts, crashes = [], []
    for ledger, _ in ledgers(READER, **tables):
        counts.append(count(ledger))
        crashes.append(len(ledger.crashes))
    return ratio(counts, crashes)


def duplicates(ledger):
    return len(ledger.effected) - len(np.unique(ledger.effected.messages()))


@pytest.mark.parametrize(("every", "interval_s"), [(5, 1000.0), (100_000, 0.05), (8, 0.06)])
def test_a_crash_doubles_what_is_processed_and_not_committed(every, interval_s):
    commit = {"every": every, "interval": interval_s}
    observed = per_crash(duplicates, consumer={"ack": "batch", "commit": commit})
    predicted = mean_uncommitted(100.0, every=every, interval_s=interval_s)
    assert_agrees(observed, predicted, notice=0.2)


def test_committed_after_each_record_a_crash_doubles_what_is_done_and_on_its_way():
    # Commits take 50 ms: by Little's law five are on their way when the reader is seen dead, and
    # what a dead reader has sent comes too late.
    deliver = {"ack_delay": "50 ms", "ack_loss": 0}
    observed = per_crash(duplicates, network={"deliver": deliver})
    assert_agrees(observed, 100.0 * 0.05, notice=0.2)


def test_committed_before_a_crash_loses_what_is_in_hand():
    # At 100/s and 5 ms a record, one is in hand with the chance 0.5.
    consumer = {"ack": "before", "service": "5 ms", "prefetch": 1}
    crashes = losses = 0
    for ledger, _ in ledgers(READER, consumer=consumer):
        crashes += len(ledger.crashes)
        losses += int((ledger.dropped.column("cause") == Cause.COMMIT).sum())
    assert_agrees(Coins(events=losses, trials=crashes), 0.5, notice=0.2)
