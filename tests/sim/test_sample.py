"""What is kept of a replication, of a ledger made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.ledger import Cause, Failed
from sim.latencies import EDGES_S
from sim.sample import summarise
from tests.sim.ledgers import copy_in, created, ledger, served

FACTS = [
    *created(10.0, 11.0, 12.0, 13.0),
    *copy_in(0, 10.0),
    ("confirmed", 0, 10.5),
    *served(0, 11.0),
    *copy_in(1, 11.0),
    *copy_in(1, 11.5),
    ("confirmed", 1, 11.25),
    *served(1, 13.0),
    *served(1, 14.0, delivery=2),
    ("sent", 2, 12.0),
    ("dropped", 2, 12.0, Cause.NETWORK),
    ("failed", 2, 12.0, Failed.ATTEMPTS),
    ("failed", 3, 13.0, Failed.BUFFER),
    ("dropped", 3, 13.0, Cause.PRODUCER_BUFFER),
]


@pytest.fixture(scope="module")
def sample():
    return summarise(ledger(*FACTS), range(4), replication=7)


def test_whose_sample_it_is(sample):
    assert (sample.replication, sample.messages) == (7, 4)
    assert sample.window_s == 3.0
    assert sample.arrivals == 2  # the first one at the window's very beginning does not count
    assert sample.crashes == 0


def test_the_matrix_and_the_causes_behind_it(sample):
    assert sample.matrix.tolist() == [[1, 1, 0, 0, 0], [0, 0, 0, 2, 0], [0] * 5]
    assert sample.causes[[Cause.NETWORK, Cause.PRODUCER_BUFFER]].tolist() == [1, 1]
    assert sample.causes.sum() == sample.matrix[:, 3].sum()
    assert len(sample.causes) == len(Cause)


def test_copies_as_a_distribution(sample):
    assert sample.copies.tolist() == [2, 1, 1]


def test_the_longest_time_that_anything_took(sample):
    # Message 1: two copies, 2 s and 2.5 s in the queue.
    assert sample.longest_s == 4.5


def test_latencies_are_counted_up_to_each_edge(sample):
    assert sample.confirm_within[-1] == 2
    assert sample.delivery_within[-1] == 2
    for latency_s, counts in ((0.25, sample.confirm_within), (1.0, sample.delivery_within)):
        above = int(np.searchsorted(EDGES_S, latency_s))
        assert counts[above - 1] == 0
        assert counts[above] == 1


def test_an_edge_counts_what_lies_on_it():
    edge_s = float(EDGES_S[700])
    made = ledger(*created(0.0, 0.0), ("confirmed", 0, 0.0), ("confirmed", 1, edge_s))
    counts = summarise(made, range(2), 0).confirm_within
    assert counts[[0, 699, 700, 1400]].tolist() == [1, 1, 2, 2]


def test_a_replication_without_measured_messages():
    sample = summarise(ledger(*created(1.0)), range(0), 0)
    assert sample.messages == 0
    assert sample.matrix.sum() == 0
    assert sample.longest_s == 0.0
    assert sample.confirm_within[-1] == 0
    assert (sample.cycles, sample.batches) == (0, ())
