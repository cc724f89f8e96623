"""REQ to REP: a reply acknowledges, and who gets none asks again."""

from __future__ import annotations

import pytest

from models.broker import ConfirmWhen
from models.consumer import AckMode, OnFailure
from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from tests import conservation
from tests.models.brokerless.peers import drops, fault, given, request
from tests.models.luck import FixedLuck
from tests.models.world import rows


def check(ledger, measured):
    conservation.check(
        ledger, confirm_when=ConfirmWhen.PROCESSED, pipes=True, decided=range(measured)
    )


def test_a_reply_comes_when_the_work_is_done():
    link = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.5))
    ledger = request(1.0, 1.0, publish=link, measured=2).run()
    check(ledger, 2)
    assert rows(ledger.confirmed) == [(0, 2.75), (1, 4.5)]
    assert rows(ledger.sent) == [(0, 1.0), (1, 2.75)]  # one at a time


def test_a_lost_reply_makes_a_duplicate():
    luck = FixedLuck({"publish.ack_loss": {(0, 1)}})
    world = request(1.0, draws=luck, publish=LinkOptions(ack_loss=0.5), measured=1)
    ledger = world.run()
    check(ledger, 1)
    assert rows(ledger.sent) == [(0, 1.0), (0, 3.5)]
    assert rows(ledger.effected) == [(0, 2.0), (0, 4.5)]
    assert rows(ledger.confirmed) == [(0, 4.5)]


def test_a_slow_server_is_asked_again_and_does_it_twice():
    ledger = request(1.0, service_s=3.0, measured=1).run()
    check(ledger, 1)
    assert rows(ledger.sent) == [(0, 1.0), (0, 3.5)]
    assert rows(ledger.confirmed) == [(0, 4.0)]  # the late reply counts
    assert rows(ledger.effected) == [(0, 4.0), (0, 7.0)]


def test_a_server_that_is_not_there_is_asked_three_times():
    # Each request that has not left is taken back by the next: the server finds none of them.
    world = request(1.0, consumer={"start": Constant(9.0)}, measured=1)
    ledger = world.run()
    check(ledger, 1)
    assert rows(ledger.sent) == [(0, 1.0), (0, 3.5), (0, 6.0)]
    assert rows(ledger.failed) == [(0, 8.5)]
    nobody = Cause.NO_SUBSCRIBER
    assert drops(ledger) == [(0, 3.5, nobody), (0, 6.0, nobody), (0, 8.5, nobody)]
    assert not len(ledger.effected)
    assert world.now_s == 8.5


def test_servers_are_asked_in_turn():
    world = request(1.0, 1.0, consumers=2, measured=2, service_s=0.5)
    assert given(world.run()) == [(0, 1.0, 0), (1, 1.5, 1)]


def test_a_server_that_dies_at_work_takes_the_request_along():
    world = request(1.0, consumer_faults=fault("crash", 1.5, 1.0), measured=1)
    ledger = world.run()
    check(ledger, 1)
    assert drops(ledger) == [(0, 1.5, Cause.AUTO_ACK)]
    assert rows(ledger.effected) == [(0, 4.5)]


def test_a_server_that_dies_before_its_reply_makes_a_duplicate():
    luck = FixedLuck({"consumer.crash_after": {(0, 1)}})
    ledger = request(1.0, draws=luck, measured=1).run()
    check(ledger, 1)
    assert rows(ledger.effected) == [(0, 2.0), (0, 4.5)]


def test_a_server_that_replies_first_may_fail_afterwards():
    luck = FixedLuck({"consumer.crash_before": {(0, 1)}})
    world = request(1.0, draws=luck, consumer={"ack": AckMode.BEFORE}, measured=1)
    ledger = world.run()
    assert rows(ledger.confirmed) == [(0, 1.0)]
    assert drops(ledger) == [(0, 2.0, Cause.EARLY_ACK)]


@pytest.mark.parametrize(
    ("on_failure", "sent", "effected", "failed"),
    [
        (OnFailure.REQUEUE, [(0, 1.0), (0, 2.0)], [(0, 3.0)], []),
        (OnFailure.IGNORE, [(0, 1.0), (0, 3.5)], [(0, 4.5)], []),
        (OnFailure.REJECT, [(0, 1.0)], [], [(0, 2.0)]),
    ],
)
def test_what_a_server_says_of_a_failure(on_failure, sent, effected, failed):
    luck = FixedLuck({"consumer.failure": {(0, 1)}})
    consumer = {"failure": 0.5, "on_failure": on_failure}
    ledger = request(1.0, draws=luck, consumer=consumer, measured=1).run()
    check(ledger, 1)
    assert rows(ledger.sent) == sent
    assert rows(ledger.effected) == effected
    assert rows(ledger.failed) == failed
    assert drops(ledger)[0] == (0, 2.0, Cause.AUTO_ACK)


def test_a_doubled_request_gets_two_replies():
    luck = FixedLuck({"publish.duplication": {(0, 1)}, "publish.ack_loss": {(0, 1)}})
    link = LinkOptions(duplication=0.5, ack_loss=0.5)
    ledger = request(1.0, draws=luck, publish=link, measured=1).run()
    check(ledger, 1)
    # The first reply is lost, and that of the double is not.
    assert rows(ledger.effected) == [(0, 2.0), (0, 3.0)]
    assert rows(ledger.confirmed) == [(0, 3.0)]


def test_a_reply_does_not_outlive_its_connection():
    world = request(
        1.0,
        publish=LinkOptions(connection=True, reconnect_s=0.25),
        publish_faults=fault("cut", 1.5, 0.0),
        measured=1,
    )
    ledger = world.run()
    check(ledger, 1)
    assert rows(ledger.effected) == [(0, 2.0), (0, 4.5)]
    assert rows(ledger.confirmed) == [(0, 4.5)]


def test_a_request_that_finds_no_room_waits_at_the_door():
    # Two clients' worth in flight: one at work, one received, one in the pipe, one at the door.
    world = request(*[1.0] * 4, capacity=1, in_flight=4, timeout_s=20.0, service_s=2.0, measured=4)
    ledger = world.run()
    check(ledger, 4)
    assert rows(ledger.arrived) == [(0, 1.0), (1, 1.0), (2, 1.0), (3, 3.0)]
    assert rows(ledger.confirmed) == [(0, 3.0), (1, 5.0), (2, 7.0), (3, 9.0)]


def test_a_request_at_the_door_is_given_up_there():
    world = request(
        *[1.0] * 4, capacity=1, in_flight=4, timeout_s=3.0, retries=0, service_s=9.0, measured=4
    )
    ledger = world.run()
    check(ledger, 4)
    assert rows(ledger.failed) == [(row, 4.0) for row in range(4)]
    # Message 2 gives its place to 3, for the instant until that is given up, too.
    overflow = Cause.OVERFLOW
    assert drops(ledger) == [(2, 4.0, overflow), (3, 4.0, overflow)]
    assert rows(ledger.effected) == [(0, 10.0), (1, 19.0)]


def test_a_client_that_dies_does_not_hear_the_reply():
    world = request(1.0, 8.0, producer_faults=fault("crash", 1.5, 1.0), measured=2)
    ledger = world.run()
    check(ledger, 2)
    assert rows(ledger.unknown) == [(0, 1.5)]
    assert rows(ledger.effected) == [(0, 2.0), (1, 9.0)]
    assert rows(ledger.confirmed) == [(1, 9.0)]
