"""The ledger holds what it was given, in columns that have their types."""

from __future__ import annotations

import numpy as np
import pytest

from models.arrivals import Regular
from models.ledger import ACKNOWLEDGED, CRASH_CAUSES, Cause, Facts, Ledger
from models.network import LinkOptions
from tests.models.world import World, producer_options

COLUMNS = {
    "created": {"producer": np.uint16},
    "keyed": {"order_key": np.uint32},
    "ranked": {"priority": np.uint32},
    "delivered": {"consumer": np.uint16, "redelivered": np.bool_},
    "effected": {"service_s": np.float64, "delivery": np.uint32},
    "skipped": {"delivery": np.uint32},
    "raised": {"service_s": np.float64, "delivery": np.uint32},
    "removed": {"reason": np.uint8},
    "parked": {"reason": np.uint8},
    "dropped": {"cause": np.uint8},
    "failed": {"reason": np.uint8},
}
BARE = [
    "sent",
    "doubled",
    "arrived",
    "stored",
    "recovered",
    "written",
    "synced",
    "returned",
    "confirmed",
    "unknown",
]


def test_every_kind_of_fact_is_there_and_empty_at_first():
    kinds = Ledger().kinds
    assert set(kinds) == {*COLUMNS, *BARE}
    for facts in kinds.values():
        assert len(facts) == len(facts.messages()) == len(facts.times_s()) == 0


@pytest.mark.parametrize(("kind", "columns"), COLUMNS.items())
def test_columns_have_their_types(kind, columns):
    facts = Ledger().kinds[kind]
    assert {name: facts.column(name).dtype for name in columns} == columns


def test_rows_are_kept_as_they_come():
    facts = Facts(service_s="d", delivery="I")
    facts.add(3, 1.5, 0.25, 1)
    facts.add(0, 2.5, 0.5, 7)
    assert len(facts) == 2
    assert facts.messages().tolist() == [3, 0]
    assert facts.messages().dtype == np.int32
    assert facts.times_s().tolist() == [1.5, 2.5]
    assert facts.column("service_s").tolist() == [0.25, 0.5]
    assert facts.column("delivery").tolist() == [1, 7]


def test_every_cause_and_the_acknowledgement_fit_into_a_byte_and_differ():
    assert np.iinfo(np.uint8).max >= ACKNOWLEDGED
    assert ACKNOWLEDGED not in set(Cause)
    assert {cause.name for cause in CRASH_CAUSES} == {
        "BROKER_MEMORY",
        "PAGE_CACHE",
        "TORN_WRITE",
        "DISK_LOSS",
    }


def test_causes_are_the_words_of_the_vocabulary():
    assert {cause.name.lower() for cause in Cause} >= {
        "network",
        "connection_cut",
        "producer_crash",
        "producer_buffer",
        "broker_down",
        "broker_memory",
        "page_cache",
        "disk_loss",
        "torn_write",
        "failover",
        "overflow",
        "expired",
        "no_subscriber",
        "auto_ack",
        "early_ack",
        "commit",
        "delivery_limit",
        "handler_error",
    }


def lossy(**changes):
    return World(
        producer=producer_options(arrivals=Regular(20.0), timeout_s=0.25, retries=2),
        publish=LinkOptions(loss=0.3, ack_loss=0.3, duplication=0.1),
        deliver=LinkOptions(duplication=0.1),
        until_s=20.0,
        **changes,
    ).run()


def test_the_same_seed_gives_the_same_ledger_and_another_does_not():
    once, again, other = lossy(seed=5), lossy(seed=5), lossy(seed=6)
    for kind, facts in once.kinds.items():
        twin = again.kinds[kind]
        assert facts.messages().tolist() == twin.messages().tolist()
        assert facts.times_s().tolist() == twin.times_s().tolist()
    assert once.sent.times_s().tolist() != other.sent.times_s().tolist()


def test_two_policies_meet_the_same_luck():
    # More retries change nothing of what became of the attempts that both make.
    few, many = (
        World(
            producer=producer_options(arrivals=Regular(20.0), timeout_s=0.25, retries=retries),
            publish=LinkOptions(loss=0.5),
            until_s=20.0,
        ).run()
        for retries in (1, 4)
    )
    confirmed = set(zip(few.confirmed.messages(), few.confirmed.times_s(), strict=True))
    assert confirmed < set(zip(many.confirmed.messages(), many.confirmed.times_s(), strict=True))
