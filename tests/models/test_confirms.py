"""When a copy is confirmed: three points, and what never reaches them."""

from __future__ import annotations

import pytest

from models.broker import ConfirmWhen
from models.laws import Constant
from models.network import LinkOptions
from models.policies.sync import Never
from tests.models.world import World, broker_options, disk_options, rows

SLOW = disk_options(write=Constant(0.5), sync=Constant(2.0))
RECEIVED, WRITTEN, SYNCED, _ = ConfirmWhen


@pytest.mark.parametrize(
    ("when", "confirmed_s"), [(RECEIVED, 1.25), (WRITTEN, 1.75), (SYNCED, 3.75)]
)
def test_the_three_points(when, confirmed_s):
    # Taken in at 1.25, in the page cache at 1.75, on the disk at 3.75.
    broker = broker_options(accept=Constant(0.25), confirm_when=when, disk=SLOW)
    ledger = World(broker=broker).run()
    assert rows(ledger.stored) == [(0, 1.25)]
    assert rows(ledger.written) == [(0, 1.75)]
    assert rows(ledger.synced) == [(0, 3.75)]
    assert rows(ledger.confirmed) == [(0, confirmed_s)]


@pytest.mark.parametrize("when", ConfirmWhen)
@pytest.mark.parametrize("transient", [{"persistent": False}, {"durable": False}])
def test_what_is_never_written_is_confirmed_when_received(when, transient):
    broker = broker_options(confirm_when=when, disk=SLOW, **transient)
    ledger = World(broker=broker).run()
    assert rows(ledger.confirmed) == [(0, 1.0)]
    assert not len(ledger.written) + len(ledger.synced)


def test_a_copy_is_delivered_before_it_is_confirmed():
    ledger = World(broker=broker_options(confirm_when=SYNCED, disk=SLOW)).run()
    assert rows(ledger.effected) == [(0, 1.0)]
    assert rows(ledger.confirmed) == [(0, 3.5)]


def test_what_is_never_synced_is_never_confirmed_at_the_sync():
    disk = disk_options(policy=Never())
    ledger = World(broker=broker_options(confirm_when=SYNCED, disk=disk)).run()
    assert rows(ledger.effected) == [(0, 1.0)]
    assert rows(ledger.failed) == [(0, 11.0)]  # a false failure


def test_the_acknowledgement_travels_back_from_the_point():
    link = LinkOptions(ack_delay=Constant(0.25))
    ledger = World(broker=broker_options(confirm_when=SYNCED, disk=SLOW), publish=link).run()
    assert rows(ledger.confirmed) == [(0, 3.75)]
