"""What a ledger is told ahead, and how it is closed."""

from __future__ import annotations

import numpy as np
import pytest

from models.ledger import Cause, Facts, Ledger


def test_rows_can_be_added_in_blocks():
    facts = Facts(service_s="d", delivery="I")
    facts.add(4, 0.5, 0.25, 1)
    facts.extend(np.array([2, 3]), np.array([1.0, 1.5]), np.array([0.5, 0.75]), np.array([1, 2]))
    facts.close(9.0)
    assert facts.messages().tolist() == [4, 2, 3]
    assert facts.times_s().tolist() == [0.5, 1.0, 1.5]
    assert facts.column("service_s").tolist() == [0.25, 0.5, 0.75]
    assert facts.column("delivery").tolist() == [1, 1, 2]


def test_what_comes_after_the_end_never_happens():
    facts = Facts()
    facts.extend(np.arange(4), np.array([1.0, 2.0, 2.0, np.nextafter(2.0, 3.0)]))
    facts.close(2.0)
    assert facts.messages().tolist() == [0, 1, 2]


def test_nobody_reads_what_may_never_happen():
    facts = Facts(cause="B")
    facts.extend(np.array([1]), np.array([1.0]), np.array([0]))
    for read in (facts.messages, facts.times_s, lambda: facts.column("cause")):
        with pytest.raises(RuntimeError, match=r"^the ledger must be closed before it is read$"):
            read()
    facts.close(2.0)
    assert facts.column("cause").tolist() == [0]


def test_a_closed_kind_of_fact_is_in_the_order_of_time_then_message_then_column():
    facts = Facts(cause="B")
    for message, time_s, cause in ((1, 2.0, 3), (7, 1.0, 0), (1, 2.0, 1), (0, 2.0, 4)):
        facts.add(message, time_s, cause)
    facts.close(2.0)
    assert facts.times_s().tolist() == [1.0, 2.0, 2.0, 2.0]
    assert facts.messages().tolist() == [7, 0, 1, 1]
    assert facts.column("cause").tolist() == [0, 4, 1, 3]


def test_more_may_be_told_after_a_look():
    facts = Facts()
    facts.add(0, 1.0)
    looked = facts.times_s()
    facts.add(1, 2.0)
    facts.close(1.5)
    assert looked.tolist() == facts.times_s().tolist() == [1.0]


def test_closing_a_ledger_mends_the_order_of_what_two_sides_tell():
    ledger = Ledger()
    ledger.dropped.extend(np.array([3]), np.array([5.0]), np.array([Cause.NETWORK]))
    ledger.dropped.add(1, 2.0, Cause.EXPIRED)
    ledger.close(7.0)
    assert ledger.dropped.messages().tolist() == [1, 3]
    assert ledger.dropped.column("cause").tolist() == [Cause.EXPIRED, Cause.NETWORK]


def test_what_the_broker_tells_stays_as_it_came():
    # The order in which it hands out messages at one instant says something.
    ledger = Ledger()
    for message in (5, 3, 4):
        ledger.delivered.add(message, 1.0, 0, False)
    ledger.close(1.0)
    assert ledger.delivered.messages().tolist() == [5, 3, 4]
