"""A producer that crashes: what it forgets, and what its outbox sends again."""

from __future__ import annotations

import pytest

from models.arrivals import Regular, Trace
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause, Failed
from models.network import LinkOptions
from models.policies.backoff import Fixed
from tests.models.luck import FixedLuck
from tests.models.world import World, producer_options, rows, times, told

HALF_SECOND = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))
SILENCE = LinkOptions(loss=1.0)


def crash(at_s, lasts_s=1.0):
    return FaultOptions(kind="crash", lasts=Constant(lasts_s), at_s=(at_s,))


def world(*created_s, crashes, publish=HALF_SECOND, draws=None, **changes):
    return World(
        producer=producer_options(arrivals=Trace(created_s or (1.0,)), **changes),
        producer_faults=tuple(crash(*when) for when in crashes),
        publish=publish,
        draws=draws,
    )


def test_what_is_unconfirmed_stays_unknown_and_what_is_unsent_is_lost():
    # 0 is confirmed at 1.5; 1 and 2 are in flight at 2.125, and 3 waits in the buffer.
    ledger = world(1.0, 2.0, 2.0, 2.0, crashes=[(2.125,)], in_flight=2).run()
    assert rows(ledger.confirmed) == [(0, 1.5)]
    assert rows(ledger.unknown) == [(1, 2.125), (2, 2.125), (3, 2.125)]
    assert told(ledger.dropped, "cause", Cause) == [(3, 2.125, Cause.PRODUCER_CRASH)]
    assert ledger.crashes == [(2.125, "producer 0", "crash")]
    assert ledger.restarts == [(3.125, "producer 0")]


def test_packets_in_the_network_go_on():
    ledger = world(1.0, crashes=[(1.125,)]).run()
    assert rows(ledger.arrived) == [(0, 1.25)]
    assert rows(ledger.effected) == [(0, 1.25)]
    assert not len(ledger.confirmed)


def test_nothing_is_created_while_it_is_down():
    ledger = world(1.0, 2.0, 2.5, 3.0, 3.5, crashes=[(2.25, 1.0)]).run()
    assert rows(ledger.created) == [(0, 1.0), (1, 2.0), (2, 3.5)]
    assert rows(ledger.confirmed) == [(0, 1.5), (2, 4.0)]


def test_messages_are_numbered_as_they_are_created():
    # The packet of the second message is lost, whichever arrival that is.
    luck = FixedLuck({"publish.loss": {(1, 1)}})
    ledger = world(1.0, 2.0, 3.0, crashes=[(1.75, 0.5)], draws=luck).run()
    assert rows(ledger.created) == [(0, 1.0), (1, 3.0)]
    assert told(ledger.dropped, "cause", Cause) == [(1, 3.0, Cause.NETWORK)]


def test_nobody_waits_for_an_answer_or_sends_again_after_the_crash():
    # Attempts at 1 and 3.5, a pause from 3 to 3.5: the crash falls into a wait, then a pause.
    for crash_s in (2.0, 3.25):
        ledger = world(
            crashes=[(crash_s, 0.0)],
            publish=SILENCE,
            timeout_s=2.0,
            retries=9,
            backoff=Fixed(0.5),
        ).run()
        assert times(ledger.sent) == [1.0]
        assert rows(ledger.unknown) == [(0, crash_s)]
        assert not len(ledger.failed)


def test_an_answer_after_the_restart_is_not_for_this_process():
    ledger = world(1.0, crashes=[(1.125, 0.125)]).run()
    assert rows(ledger.unknown) == [(0, 1.125)]
    assert not len(ledger.confirmed)


def test_the_window_is_free_after_a_crash():
    ledger = world(1.0, 2.0, crashes=[(1.25, 0.25)], publish=SILENCE, in_flight=1).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 2.0)]


def test_who_never_asks_loses_nothing_but_the_time():
    ledger = world(1.0, 2.0, 3.0, crashes=[(1.125, 1.0)], confirm=False).run()
    assert rows(ledger.unknown) == [(0, 1.0), (1, 3.0)]
    assert rows(ledger.effected) == [(0, 1.25), (1, 3.25)]


def test_crashes_that_overlap_are_one_outage():
    ledger = world(1.0, 2.5, 3.5, crashes=[(2.0, 2.0), (2.25, 0.5)]).run()
    assert rows(ledger.created) == [(0, 1.0)]
    assert [time_s for time_s, _, _ in ledger.crashes] == [2.0, 2.25]
    assert ledger.restarts == [(4.0, "producer 0")]


def test_producers_crash_each_by_itself():
    options = producer_options(arrivals=Regular(1.0))
    faults = FaultOptions(kind="crash", lasts=Constant(0.5), every=Constant(2.0))
    ledger = World(producer=options, producers=2, producer_faults=(faults,), until_s=6.0).run()
    assert [who for _, who, _ in ledger.crashes].count("producer 1") == 2


# ---------------------------------------------------------------- with an outbox


def test_an_outbox_sends_again_what_was_not_confirmed_and_then_the_rest():
    # In the order of creation: 0 is confirmed, 1 and 2 were sent, 3 was not.
    ledger = world(1.0, 2.0, 2.0, 2.0, crashes=[(2.125,)], in_flight=2, outbox=True).run()
    assert rows(ledger.sent) == [
        *[(0, 1.0), (1, 2.0), (2, 2.0)],
        *[(1, 3.125), (2, 3.125), (3, 3.625)],
    ]
    assert rows(ledger.confirmed) == [(0, 1.5), (1, 3.625), (2, 3.625), (3, 4.125)]
    assert not len(ledger.unknown) + len(ledger.dropped)
    # The broker has two copies of what it had got before.
    assert [row for row, _ in rows(ledger.effected)] == [0, 1, 2, 1, 2, 3]


def test_attempts_start_anew_after_the_crash():
    # One of two attempts is made before the crash; two are made after it, with the timeout of each.
    ledger = world(
        crashes=[(1.5, 1.0)],
        publish=SILENCE,
        timeout_s=2.0,
        retries=1,
        backoff=Fixed(0.5),
        outbox=True,
    ).run()
    assert times(ledger.sent) == [1.0, 2.5, 5.0]
    assert told(ledger.failed, "reason", Failed) == [(0, 7.0, Failed.ATTEMPTS)]


def test_a_pause_that_a_crash_has_ended_stays_ended():
    # It would have ended at 4, while the third attempt of all waits; or in the pause after that.
    for timeout_s, sends in [(2.0, [1.0, 3.5, 6.5]), (0.25, [1.0, 3.5, 4.75])]:
        ledger = world(
            crashes=[(1.0 + timeout_s + 0.125, 3.5 - 1.0 - timeout_s - 0.125)],
            publish=SILENCE,
            timeout_s=timeout_s,
            retries=1,
            backoff=Fixed(1.0),
            outbox=True,
        ).run()
        assert times(ledger.sent) == sends


def test_each_attempt_has_luck_of_its_own():
    # The first attempt is lost, and the one after the crash, although it is a first one, is not.
    luck = FixedLuck({"publish.loss": {(0, 1)}})
    ledger = world(crashes=[(1.5, 1.0)], outbox=True, draws=luck).run()
    assert times(ledger.sent) == [1.0, 2.5]
    assert rows(ledger.confirmed) == [(0, 3.0)]


def test_an_answer_to_the_process_before_is_not_heard():
    # Sent at 1, answered until 3; the crash lasts from 1.5 to 2, or to 3.5.
    slow = LinkOptions(delay=Constant(1.0), ack_delay=Constant(1.0))
    for lasts_s in (0.5, 2.0):
        ledger = world(crashes=[(1.5, lasts_s)], publish=slow, outbox=True).run()
        assert times(ledger.sent) == [1.0, 1.5 + lasts_s]
        assert rows(ledger.confirmed) == [(0, 3.5 + lasts_s)]


def test_a_deadline_during_the_outage_ends_the_message_at_the_restart():
    # 0 was sent, 1 was not; 2 is created later.
    ledger = world(
        *(1.0, 1.0, 5.0),
        crashes=[(2.0, 2.0)],
        publish=SILENCE,
        timeout_s=50.0,
        deadline_s=2.5,
        in_flight=1,
        outbox=True,
    ).run()
    assert rows(ledger.sent) == [(0, 1.0), (2, 5.0)]
    assert told(ledger.failed, "reason", Failed) == [
        (0, 4.0, Failed.DEADLINE),
        (1, 4.0, Failed.DEADLINE),
        (2, 7.5, Failed.DEADLINE),
    ]
    assert told(ledger.dropped, "cause", Cause)[1] == (1, 4.0, Cause.PRODUCER_BUFFER)


def test_a_deadline_ends_what_waits_to_be_sent_again():
    # 0 and 1 are sent before the crash; after it 1 waits behind 0, and is late at 4.5.
    ledger = world(
        *(1.0, 2.0, 3.5),
        crashes=[(2.5, 0.5)],
        publish=LinkOptions(loss=1.0),
        timeout_s=50.0,
        deadline_s=2.5,
        in_flight=2,
        outbox=True,
    ).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 2.0), (0, 3.0), (1, 3.0), (2, 3.5)]
    assert rows(ledger.failed) == [(0, 3.5), (1, 4.5), (2, 6.0)]


def test_who_is_late_while_it_waits_in_the_outbox_has_failed():
    # After the crash only one may be in flight: 0 until its deadline at 4.5, 1 until its own at 5.
    ledger = world(
        *(1.0, 1.5, 3.75),
        crashes=[(2.0, 0.5)],
        publish=SILENCE,
        timeout_s=1.0,
        retries=0,
        deadline_s=2.25,
        in_flight=2,
        outbox=True,
    ).run()
    assert told(ledger.failed, "reason", Failed) == [
        (0, 3.25, Failed.DEADLINE),
        (1, 3.5, Failed.ATTEMPTS),
        (2, 4.75, Failed.ATTEMPTS),
    ]


def test_an_outbox_survives_crash_after_crash():
    ledger = world(crashes=[(1.125, 0.5), (1.75, 0.5), (2.3125, 0.25)], outbox=True).run()
    assert times(ledger.sent) == [1.0, 1.625, 2.25, 2.5625]
    assert rows(ledger.confirmed) == [(0, 3.0625)]
    assert len(ledger.effected) == 4


def test_what_comes_back_to_the_buffer_has_its_place_and_new_messages_do_not():
    # The buffer takes one; after the crash it holds two that were sent, and one flies again.
    ledger = world(
        *(1.0, 1.0, 2.5, 2.75),
        crashes=[(1.125, 1.0)],
        publish=LinkOptions(delay=Constant(0.25), ack_delay=Constant(1.0)),
        in_flight=2,
        buffer=0,
        outbox=True,
    ).run()
    assert rows(ledger.sent)[2:4] == [(0, 2.125), (1, 2.125)]
    assert told(ledger.failed, "reason", Failed) == [
        (2, 2.5, Failed.BUFFER),
        (3, 2.75, Failed.BUFFER),
    ]


@pytest.mark.parametrize("outbox", [False, True])
def test_every_message_is_decided_in_the_end(outbox):
    tried = World(
        producer=producer_options(
            arrivals=Regular(8.0), timeout_s=0.5, retries=2, in_flight=3, outbox=outbox
        ),
        publish=LinkOptions(delay=Constant(0.125), ack_delay=Constant(0.125), loss=0.2),
        producer_faults=(FaultOptions(kind="crash", lasts=Constant(0.5), every=Constant(1.0)),),
        measured=200,
        until_s=1000.0,
    )
    ledger = tried.run()
    assert tried.now_s < 1000.0
    assert all(row in tried.census.decided_s for row in tried.census.measured)
    assert bool(len(ledger.unknown)) is not outbox
