"""PUB to SUB: a pipe for each subscriber, as long as it is connected."""

from __future__ import annotations

from models.laws import Constant
from models.ledger import Cause
from models.network import LinkOptions
from tests import conservation
from tests.models.brokerless.peers import drops, fault, publish
from tests.models.luck import FixedLuck
from tests.models.world import rows


def test_every_subscriber_gets_every_message():
    ledger = publish(1.0, 2.0, service_s=0.5, measured=2).run()
    conservation.check(ledger, pipes=True, decided=range(2))
    for group in ledger.groups:
        assert rows(group.effected) == [(0, 1.5), (1, 2.5)]
    assert len(ledger.arrived) == 2


def test_a_slow_subscriber_misses_what_its_pipe_has_no_room_for():
    # It works on 0, has received 1, and 2 waits at the publisher.
    luck = FixedLuck(
        times={
            "consumer.service": {(row, 1): 0.1 for row in range(5)},
            "consumer of group 1.service": {(row, 1): 9.0 for row in range(5)},
        }
    )
    world = publish(1.0, 1.5, 2.0, 2.5, 3.0, capacity=1, draws=luck, measured=5)
    ledger = world.run()
    conservation.check(ledger, pipes=True, decided=range(5))
    quick, slow = ledger.groups
    assert len(quick.effected) == 5
    assert rows(slow.effected) == [(0, 10.0), (1, 19.0), (2, 28.0)]
    assert drops(slow) == [(3, 2.5, Cause.OVERFLOW), (4, 3.0, Cause.OVERFLOW)]


def test_a_late_subscriber_misses_the_beginning():
    world = publish(1.0, 3.0, consumer={"start": Constant(2.0)}, subscribers=1, measured=2)
    ledger = world.run()
    conservation.check(ledger, pipes=True, decided=range(2))
    assert drops(ledger) == [(0, 1.0, Cause.NO_SUBSCRIBER)]
    assert rows(ledger.effected) == [(1, 4.0)]


def test_the_pipe_of_a_dead_subscriber_is_gone_with_what_it_held():
    # 0 is at work, 1 received, 2 in the pipe; 3 finds nobody, 4 the next process.
    world = publish(
        *(1.0, 1.25, 1.5, 2.5, 4.0),
        subscribers=1,
        capacity=1,
        service_s=5.0,
        consumer_faults=fault("crash", 2.0),
        measured=5,
    )
    ledger = world.run()
    conservation.check(ledger, pipes=True, decided=range(5))
    assert drops(ledger) == [
        (0, 2.0, Cause.AUTO_ACK),
        (1, 2.0, Cause.AUTO_ACK),
        (2, 2.0, Cause.NO_SUBSCRIBER),
        (3, 2.5, Cause.NO_SUBSCRIBER),
    ]
    assert rows(ledger.effected) == [(4, 9.0)]


def test_each_subscriber_has_a_network_of_its_own():
    luck = FixedLuck({"publish.loss": {(0, 1)}, "publish 1.loss": set()})
    world = publish(1.0, draws=luck, publish=LinkOptions(loss=0.5), measured=1)
    first, second = world.run().groups
    assert drops(first) == [(0, 1.0, Cause.NETWORK)]
    assert rows(second.effected) == [(0, 2.0)]


def test_a_subscriber_that_is_cut_off_misses_what_is_published_meanwhile():
    world = publish(
        *(1.0, 2.5, 4.0),
        subscribers=1,
        service_s=0.25,
        publish=LinkOptions(connection=True, reconnect_s=1.0),
        publish_faults=fault("cut", 2.0, 0.0),
        measured=3,
    )
    ledger = world.run()
    assert drops(ledger) == [(1, 2.5, Cause.NO_SUBSCRIBER)]
    assert [row for row, _ in rows(ledger.effected)] == [0, 2]


def test_a_publisher_never_waits():
    world = publish(*[1.0] * 4, subscribers=1, capacity=1, buffer=0)
    ledger = world.run()
    assert not len(ledger.failed)
    assert drops(ledger) == [(3, 1.0, Cause.OVERFLOW)]
