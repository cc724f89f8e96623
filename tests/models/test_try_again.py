"""A broker that cannot take a message just now, and what its producer makes of that."""

from __future__ import annotations

import simpy

from models.arrivals import Trace
from models.broker.confirms import Confirms, ConfirmWhen
from models.draws import Draws
from models.laws import Constant
from models.ledger import Cause, Failed, Ledger
from models.message import Answer
from models.network import LinkOptions
from models.network.link import Link
from models.policies.backoff import Exponential, Fixed
from models.producer import Producer
from tests.models.world import WatchedCensus, producer_options, rows, times, told

ACCEPTED, REJECTED, TRY_AGAIN, _ = Answer
SILENT = None
HALF_SECOND = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))


def told_by(*verdicts, until_s=60.0, publish=HALF_SECOND, **changes):
    """The ledger of one producer whose packets, as they arrive, meet these *verdicts*."""
    env = simpy.Environment()
    ledger, draws = Ledger(), Draws(1, 0)
    census = WatchedCensus(ledger, 0.0, 10**9, lambda: None)
    census.env = env
    link = Link(env, publish, draws, "publish", ledger)
    confirms = Confirms(env, ConfirmWhen.RECEIVED, ledger)
    coming = iter(verdicts)

    def meet(packet):
        verdict = next(coming)
        if verdict is not SILENT:
            confirms.answer(packet, verdict)
        ledger.dropped.add(packet.message.row, env.now, Cause.REJECTED)
        census.release(packet.message)

    producer = Producer(
        env,
        producer_options(**changes),
        index=0,
        link=link,
        deliver_to=meet,
        ledger=ledger,
        census=census,
        draws=draws,
    )
    confirms.connect(producer)
    env.run(until=until_s)
    ledger.close(until_s)
    assert next(coming, "none") == "none", "fewer packets than verdicts"
    return ledger


def test_who_is_to_try_again_pauses_at_once_and_sends_again():
    # The timeout is 10 s: nobody waits for it.
    ledger = told_by(TRY_AGAIN, TRY_AGAIN, ACCEPTED, retries=5, backoff=Exponential(first_s=0.5))
    assert times(ledger.sent) == [1.0, 2.0, 3.5]
    assert rows(ledger.confirmed) == [(0, 4.0)]


def test_attempts_that_are_refused_count():
    ledger = told_by(TRY_AGAIN, TRY_AGAIN, retries=1, backoff=Fixed(1.0))
    assert times(ledger.sent) == [1.0, 2.5]
    assert told(ledger.failed, "reason", Failed) == [(0, 3.0, Failed.ATTEMPTS)]


def test_the_deadline_ends_the_refusals():
    ledger = told_by(TRY_AGAIN, TRY_AGAIN, retries=9, backoff=Fixed(1.0), deadline_s=2.25)
    assert times(ledger.sent) == [1.0, 2.5]
    assert told(ledger.failed, "reason", Failed) == [(0, 3.25, Failed.DEADLINE)]


def test_a_rejection_after_a_refusal_is_final():
    ledger = told_by(TRY_AGAIN, REJECTED, retries=9, backoff=Fixed(1.0))
    assert told(ledger.failed, "reason", Failed) == [(0, 3.0, Failed.REJECTED)]


def test_the_timer_of_a_refused_attempt_ends_in_nothing():
    # Refused at 1.5 and sent again at 2: the first timer ends at 3, the second only at 4.
    ledger = told_by(TRY_AGAIN, SILENT, ACCEPTED, retries=5, timeout_s=2.0, backoff=Fixed(0.5))
    assert times(ledger.sent) == [1.0, 2.0, 4.5]
    assert rows(ledger.confirmed) == [(0, 5.0)]


def test_timers_of_several_refused_attempts_end_in_nothing():
    ledger = told_by(
        TRY_AGAIN,
        TRY_AGAIN,
        TRY_AGAIN,
        SILENT,
        ACCEPTED,
        retries=5,
        timeout_s=4.0,
        backoff=Fixed(0.5),
    )
    # The timers end at 5, 6, 7 and 8.
    assert times(ledger.sent) == [1.0, 2.0, 3.0, 4.0, 8.5]
    assert rows(ledger.confirmed) == [(0, 9.0)]


def test_a_refusal_that_comes_during_the_pause_changes_nothing():
    # The timeout ends at 1.25, the refusal comes at 1.5, the pause ends at 3.25 as it would have.
    ledger = told_by(TRY_AGAIN, ACCEPTED, retries=5, timeout_s=0.25, backoff=Fixed(2.0))
    assert times(ledger.sent) == [1.0, 3.25]
    assert rows(ledger.confirmed) == [(0, 3.75)]


def test_a_refusal_of_an_earlier_attempt_changes_nothing():
    # The refusal of the first attempt comes at 1.5, while the second waits until 1.75.
    ledger = told_by(TRY_AGAIN, ACCEPTED, ACCEPTED, retries=5, timeout_s=0.375, backoff=Fixed(0.0))
    assert times(ledger.sent) == [1.0, 1.375, 1.75]
    assert rows(ledger.confirmed) == [(0, 1.875)]


def test_an_acknowledgement_of_an_earlier_attempt_confirms_after_a_refusal():
    # The first attempt is answered after the timeout, the second is refused before that.
    slow = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.75))
    ledger = told_by(
        ACCEPTED, TRY_AGAIN, publish=slow, retries=5, timeout_s=0.5, backoff=Fixed(0.125)
    )
    assert times(ledger.sent) == [1.0, 1.625]
    assert rows(ledger.confirmed) == [(0, 2.0)]


def test_who_is_refused_twice_for_one_attempt_pauses_once():
    doubled = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25), duplication=1.0)
    ledger = told_by(
        *(TRY_AGAIN, TRY_AGAIN, ACCEPTED, ACCEPTED),
        publish=doubled,
        retries=5,
        backoff=Fixed(1.0),
    )
    assert times(ledger.sent) == [1.0, 2.5]
    assert rows(ledger.confirmed) == [(0, 3.0)]


def test_the_place_in_the_window_is_held_while_it_tries_again():
    ledger = told_by(
        *(TRY_AGAIN, ACCEPTED, ACCEPTED),
        arrivals=Trace((1.0, 1.25)),
        in_flight=1,
        retries=5,
        backoff=Fixed(1.0),
    )
    assert rows(ledger.sent) == [(0, 1.0), (0, 2.5), (1, 3.0)]
    assert rows(ledger.confirmed) == [(0, 3.0), (1, 3.5)]
