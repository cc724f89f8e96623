"""The flag on a delivery says that its copy was out before, and nothing of what came of that."""

from __future__ import annotations

from models.consumer import AckMode
from models.faults import FaultOptions
from models.laws import Constant
from tests.models.luck import FixedLuck
from tests.models.work import working
from tests.models.world import told


def flags(ledger):
    return told(ledger.delivered, "redelivered", bool)


def test_all_that_a_dead_consumer_held_is_flagged_processed_or_not():
    death = FaultOptions(kind="crash", at_s=(2.5,), lasts=Constant(0.5))
    world = working(1.0, 1.0, 1.0, faults=(death,))
    world.prefetch = 2
    ledger = world.run()
    # 0 was done; 1 was being worked on; 2 had only waited.
    assert flags(ledger) == [
        *((0, 1.0, False), (1, 1.0, False), (2, 2.0, False)),
        *((1, 3.0, True), (2, 3.0, True)),
    ]


def test_a_second_copy_of_a_message_is_not_flagged():
    world = working(1.0, draws=FixedLuck({"publish.duplication": {(0, 1)}}))
    assert flags(world.run()) == [(0, 1.0, False), (0, 2.0, False)]


def test_it_outlives_a_crash_of_the_broker():
    world = working(1.0)
    world.broker_faults = (FaultOptions(kind="process_crash", at_s=(1.5,), lasts=Constant(0.5)),)
    assert flags(world.run()) == [(0, 1.0, False), (0, 2.0, True)]


def test_what_is_acknowledged_by_being_handed_over_is_never_flagged():
    ledger = working(1.0, 1.0, ack=AckMode.AUTO, failure=1.0).run()
    assert flags(ledger) == [(0, 1.0, False), (1, 1.0, False)]
