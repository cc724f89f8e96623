"""Cuts: what is on its way is lost, both ends notice, the peer connects again."""

from __future__ import annotations

import pytest

from models.arrivals import Regular, Trace
from models.consumer import AckMode
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause, Failed
from models.network import LinkOptions
from models.policies.backoff import Fixed
from tests.models.luck import FixedLuck
from tests.models.world import (
    World,
    broker_options,
    consumer_options,
    producer_options,
    redelivery_options,
    rows,
    times,
    told,
)

CUT = Cause.CONNECTION_CUT


def cut(*at_s, lasts_s=0.0):
    return (FaultOptions(kind="cut", at_s=at_s, lasts=Constant(lasts_s)),)


def link(**changes):
    quarters = {"delay": Constant(0.25), "ack_delay": Constant(0.25)}
    return LinkOptions(connection=True, **{**quarters, "reconnect_s": 1.0, **changes})


def published(*at_s, faults, producer=None, way=None, **world):
    options = producer_options(
        **{"arrivals": Trace(at_s), "retries": 3, "timeout_s": 10.0, **(producer or {})}
    )
    return World(producer=options, publish=way or link(), publish_faults=faults, **world)


# ---------------------------------------------------------------- producers


def test_a_message_on_its_way_is_lost_and_sent_again_when_connected():
    ledger = published(1.0, faults=cut(1.125)).run()
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.125, CUT)]
    assert rows(ledger.sent) == [(0, 1.0), (0, 2.125)]
    assert rows(ledger.confirmed) == [(0, 2.625)]
    assert ledger.crashes == [(1.125, "publish 0", "cut")]
    assert ledger.restarts == [(2.125, "publish 0")]


def test_an_acknowledgement_on_its_way_is_lost_and_the_message_doubled():
    ledger = published(1.0, faults=cut(1.375)).run()
    assert not len(ledger.dropped)
    assert rows(ledger.arrived) == [(0, 1.25), (0, 2.625)]
    assert rows(ledger.effected) == [(0, 1.25), (0, 2.625)]
    assert rows(ledger.confirmed) == [(0, 2.875)]


def test_what_is_sent_until_the_cut_is_noticed_is_lost():
    ledger = published(1.0, 1.5, 2.0, 2.5, faults=cut(1.25), way=link(detect=Constant(1.0))).run()
    # Message 0 arrives at the instant of the cut; who was first scheduled is first.
    assert told(ledger.dropped, "cause", Cause) == [(0, 1.25, CUT), (1, 1.5, CUT), (2, 2.0, CUT)]
    # Noticed at 2.25: message 3 waits in the buffer until 3.25, then goes last.
    assert rows(ledger.sent)[3:] == [(0, 3.25), (1, 3.25), (2, 3.25), (3, 3.25)]
    assert rows(ledger.confirmed) == [(0, 3.75), (1, 3.75), (2, 3.75), (3, 3.75)]


def test_fire_and_forget_loses_what_it_sends_until_it_notices_and_holds_the_rest_back():
    ledger = published(
        *(1.0, 1.125, 1.5, 2.0, 2.5, 4.0),
        faults=cut(1.3125),
        way=link(detect=Constant(1.0)),
        producer={"confirm": False},
    ).run()
    # 0 is there; 1 is on its way; 2 and 3 go into the void; 4 waits for the connection.
    assert told(ledger.dropped, "cause", Cause) == [(1, 1.3125, CUT), (2, 1.5, CUT), (3, 2.0, CUT)]
    assert rows(ledger.sent)[3:] == [(3, 2.0), (4, 3.3125), (5, 4.0)]
    assert rows(ledger.unknown)[3:] == [(3, 2.0), (4, 3.3125), (5, 4.0)]
    assert rows(ledger.effected) == [(0, 1.25), (4, 3.5625), (5, 4.25)]


def test_a_full_buffer_fails_what_fire_and_forget_cannot_hold():
    ledger = published(
        *(2.0, 2.25, 2.5), faults=cut(1.5, lasts_s=2.0), producer={"confirm": False, "buffer": 1}
    ).run()
    assert told(ledger.failed, "reason", Failed) == [
        (1, 2.25, Failed.BUFFER),
        (2, 2.5, Failed.BUFFER),
    ]
    assert {cause for *_, cause in told(ledger.dropped, "cause", Cause)} == {Cause.PRODUCER_BUFFER}
    assert rows(ledger.sent) == [(0, 3.5)]


def test_a_deadline_ends_the_wait_of_what_fire_and_forget_holds_back():
    ledger = published(
        *(2.0, 3.0), faults=cut(1.5, lasts_s=3.0), producer={"confirm": False, "deadline_s": 2.0}
    ).run()
    assert told(ledger.failed, "reason", Failed) == [(0, 4.0, Failed.DEADLINE)]
    assert rows(ledger.sent) == [(1, 4.5)]


def test_held_back_messages_have_the_window_and_the_buffer():
    ledger = published(
        *(1.0, 2.0, 2.125, 2.25, 2.375),
        faults=cut(1.5, lasts_s=3.0),
        producer={"in_flight": 2, "buffer": 1},
        way=link(delay=Constant(1.0)),
    ).run()
    # Message 0 keeps its place; the other place and the buffer take two more.
    assert rows(ledger.failed) == [(3, 2.25), (4, 2.375)]
    # Two at a time, once it is connected.
    assert rows(ledger.sent) == [(0, 1.0), (0, 4.5), (1, 4.5), (2, 5.75)]


def test_the_cut_lasts_longer_than_it_takes_to_connect():
    ledger = published(1.0, faults=cut(1.125, lasts_s=3.0)).run()
    assert times(ledger.sent) == [1.0, 4.125]


def test_nobody_connects_through_a_partition():
    partition = FaultOptions(kind="partition", at_s=(2.0,), lasts=Constant(3.0))
    ledger = published(1.0, faults=(*cut(1.125), partition)).run()
    assert times(ledger.sent) == [1.0, 5.0]


def test_a_connection_is_cut_once_more_while_it_is_down():
    ledger = published(1.0, faults=(*cut(1.125), *cut(2.0, lasts_s=2.0))).run()
    assert times(ledger.sent) == [1.0, 4.0]
    assert ledger.restarts == [(4.0, "publish 0")]


def test_cut_again_and_again():
    ledger = published(1.0, faults=cut(1.125, 2.25, 3.75)).run()
    # Sent again at 2.125, lost at 2.25; sent again at 3.25, its acknowledgement is through at 3.75.
    assert times(ledger.sent) == [1.0, 2.125, 3.25, 4.75]
    assert rows(ledger.arrived) == [(0, 3.5), (0, 5.0)]


def test_sending_again_uses_up_the_retries_and_who_has_none_left_fails_when_it_notices():
    ledger = published(
        1.0, faults=cut(1.125), way=link(detect=Constant(0.5)), producer={"retries": 0}
    ).run()
    assert told(ledger.failed, "reason", Failed) == [(0, 1.625, Failed.ATTEMPTS)]
    assert times(ledger.sent) == [1.0]


def test_an_attempt_that_a_cut_ended_has_no_timeout_any_more():
    # The timeout of attempt 1 would end at 4.0, that of attempt 2 ends at 5.125.
    silent = FixedLuck({"publish.ack_loss": set()})
    way = link(ack_delay=Constant(50.0))
    ledger = published(
        *(1.0,),
        faults=cut(1.125),
        way=way,
        producer={"timeout_s": 3.0, "retries": 2, "backoff": Fixed(0.5)},
        draws=silent,
    ).run()
    assert times(ledger.sent) == [1.0, 2.125, 5.625]


def test_a_pause_goes_on_through_a_cut():
    # Timed out at 1.5, paused until 3.0; connected from 2.75 on, or from 3.75 on.
    options = {"timeout_s": 0.5, "backoff": Fixed(1.5), "retries": 1}
    way = link(ack_delay=Constant(50.0))
    for at_s, again_s in ((1.75, 3.0), (2.75, 3.75)):
        ledger = published(1.0, faults=cut(at_s), way=way, producer=options).run()
        assert times(ledger.sent) == [1.0, again_s]


def test_a_deadline_falls_while_nobody_is_connected():
    ledger = published(1.0, 2.0, faults=cut(1.125, lasts_s=9.0), producer={"deadline_s": 3.0}).run()
    assert told(ledger.failed, "reason", Failed) == [
        (0, 4.0, Failed.DEADLINE),
        (1, 5.0, Failed.DEADLINE),
    ]
    assert rows(ledger.sent) == [(0, 1.0)]


def test_an_answer_cannot_go_by_another_connection():
    # Taken in at 3.25, two seconds after it came; the connection is a new one since 2.5.
    broker = broker_options(accept=Constant(2.0))
    ledger = published(1.0, faults=cut(1.5), broker=broker).run()
    assert rows(ledger.stored) == [(0, 3.25), (0, 5.25)]
    assert rows(ledger.confirmed) == [(0, 5.5)]


def test_every_connection_is_cut_by_itself():
    luck = FixedLuck(
        times={
            "publish fault 0.0.every": {(0, 0): 1.125},
            "publish fault 0.1.every": {(0, 0): 60.0},
        }
    )
    fault = FaultOptions(kind="cut", every=Constant(30.0), lasts=Constant(0.0))
    ledger = published(1.0, faults=(fault,), producers=2, draws=luck, until_s=20.0).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.0), (0, 2.125)]


def test_what_waits_for_the_wire_is_cut_with_the_rest():
    way = link(bandwidth_bytes_per_s=1000.0, size=Constant(500.0))
    ledger = published(1.0, 1.0, 1.0, faults=cut(1.625), way=way).run()
    # 0.5 s each on the wire: the first is under way, the others wait.
    assert rows(ledger.dropped) == [(0, 1.625), (1, 1.625), (2, 1.625)]
    # The wire is free on the new connection.
    assert times(ledger.arrived) == [3.375, 3.875, 4.375]


def test_all_that_happens_is_conserved_in_a_storm_of_cuts():
    world = published(
        0.0,
        faults=(FaultOptions(kind="cut", every=Constant(1.7), lasts=Constant(0.2)),),
        way=link(detect=Constant(0.3), reconnect_s=0.1),
        producer={"arrivals": Regular(5.0), "in_flight": 3, "buffer": 4, "timeout_s": 2.0},
        measured=200,
    )
    ledger = world.run()
    assert all(message.open == 0 for message in world.census.messages[:200])
    assert {cause for *_, cause in told(ledger.dropped, "cause", Cause)} == {
        CUT,
        Cause.PRODUCER_BUFFER,
    }


# ---------------------------------------------------------------- consumers


def consumed(*at_s, faults, way=None, prefetch=1, **world):
    return World(
        producer=producer_options(arrivals=Trace(at_s)),
        deliver=way or link(),
        deliver_faults=faults,
        prefetch=prefetch,
        **world,
    )


def test_a_delivery_on_its_way_is_given_out_again():
    ledger = consumed(1.0, faults=cut(1.125)).run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 2.125)]
    assert rows(ledger.returned) == [(0, 1.125)]
    assert rows(ledger.effected) == [(0, 2.375)]
    assert not len(ledger.dropped)


def test_an_acknowledgement_on_its_way_is_lost_and_the_effect_doubled():
    ledger = consumed(1.0, faults=cut(1.375)).run()
    assert rows(ledger.effected) == [(0, 1.25), (0, 2.625)]
    assert rows(ledger.removed) == [(0, 2.875)]


def test_a_consumer_finishes_what_it_works_on_and_drops_what_it_has_not_begun():
    ledger = consumed(
        *(1.0, 1.0, 1.0),
        faults=cut(1.5),
        prefetch=2,
        consumer=consumer_options(service=Constant(1.0)),
    ).run()
    # 0 is in work until 2.25, for an acknowledgement that means nothing; 1 is dropped unbegun.
    assert rows(ledger.delivered)[:4] == [(0, 1.0), (1, 1.0), (0, 2.5), (1, 2.5)]
    assert rows(ledger.effected) == [(0, 2.25), (0, 3.75), (1, 4.75), (2, 5.75)]
    assert rows(ledger.returned) == [(0, 1.5), (1, 1.5)]


def test_an_acknowledgement_by_the_new_connection_of_an_old_delivery_means_nothing():
    ledger = consumed(
        1.0, faults=cut(1.5), consumer=consumer_options(service=Constant(3.0), concurrency=2)
    ).run()
    # Begun at 1.25, done at 4.25, when the second delivery is in work until 5.75.
    assert rows(ledger.delivered) == [(0, 1.0), (0, 2.5)]
    assert rows(ledger.effected) == [(0, 4.25), (0, 5.75)]
    assert rows(ledger.removed) == [(0, 6.0)]


def test_the_broker_goes_on_giving_until_it_notices():
    ledger = consumed(
        *(1.0, 2.0, 2.0, 2.0), faults=cut(1.75), way=link(detect=Constant(1.0)), prefetch=2
    ).run()
    # At 2.0 the broker has room for two; it notices at 2.75.
    assert rows(ledger.delivered)[:3] == [(0, 1.0), (1, 2.0), (2, 2.0)]
    assert rows(ledger.returned) == [(1, 2.75), (2, 2.75)]
    assert rows(ledger.delivered)[3:] == [(1, 3.75), (2, 3.75), (3, 4.25)]


def test_a_cut_burns_deliveries_of_what_was_only_prefetched():
    ledger = consumed(
        *(1.0, 1.0),
        faults=cut(1.5),
        prefetch=2,
        broker=broker_options(redelivery=redelivery_options(limit=1)),
        consumer=consumer_options(service=Constant(1.0)),
    ).run()
    assert told(ledger.parked, "reason", Cause) == [
        (0, 1.5, Cause.DELIVERY_LIMIT),
        (1, 1.5, Cause.DELIVERY_LIMIT),
    ]
    assert rows(ledger.effected) == [(0, 2.25)]


def test_with_automatic_acknowledgement_what_is_on_its_way_is_lost():
    ledger = consumed(
        *(1.0, 1.125, 1.375, 1.5, 2.0, 3.0),
        faults=cut(1.4375),
        way=link(detect=Constant(0.25)),
        consumer=consumer_options(ack=AckMode.AUTO, service=Constant(0.5)),
    ).run()
    # 0 is in work, 1 in the consumer's memory; 2 is on its way, 3 goes into the void.
    assert told(ledger.dropped, "cause", Cause) == [(2, 1.4375, CUT), (3, 1.5, CUT)]
    assert rows(ledger.effected) == [(0, 1.75), (1, 2.25), (4, 3.4375), (5, 3.9375)]
    assert rows(ledger.delivered)[4:] == [(4, 2.6875), (5, 3.0)]


def test_a_consumer_that_comes_back_while_the_connection_is_broken_waits_for_it():
    crash = FaultOptions(kind="crash", at_s=(1.5,), lasts=Constant(0.5))
    ledger = consumed(1.0, 3.0, faults=cut(1.375, lasts_s=3.0), consumer_faults=(crash,)).run()
    # The cut is noticed at once, before the consumer dies.
    assert rows(ledger.delivered) == [(0, 1.0), (0, 4.375), (1, 4.625 + 0.25)]


def test_a_consumer_that_is_dead_when_the_connection_returns_connects_when_it_lives():
    crash = FaultOptions(kind="crash", at_s=(1.5,), lasts=Constant(3.0))
    ledger = consumed(1.0, faults=cut(1.375), consumer_faults=(crash,)).run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 4.5)]


@pytest.mark.parametrize(("broken_s", "again_s"), [(0.25, 2.25), (2.0, 3.5)])
def test_a_broker_that_comes_back_waits_for_the_connection(broken_s, again_s):
    crash = FaultOptions(kind="process_crash", at_s=(1.5,), lasts=Constant(broken_s))
    broker = broker_options()
    ledger = consumed(1.0, faults=cut(1.25), broker=broker, broker_faults=(crash,)).run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, again_s)]


def test_another_consumer_takes_over():
    luck = FixedLuck(
        times={
            "deliver fault 0.0.every": {(0, 0): 1.125},
            "deliver fault 0.1.every": {(0, 0): 60.0},
        }
    )
    fault = FaultOptions(kind="cut", every=Constant(30.0), lasts=Constant(0.0))
    ledger = consumed(1.0, faults=(fault,), consumers=2, draws=luck, until_s=20.0).run()
    assert told(ledger.delivered, "consumer") == [(0, 1.0, 0), (0, 1.125, 1)]
