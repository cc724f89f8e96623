"""Rule 8: how many deliveries a limit means, and what burns one."""

import pytest

from models.ledger import Cause
from sim.outcomes import Fate
from tests.observed.look import ALONE, fault, look

# How a delivery comes to nothing: since 4.3 a nack burns no attempt, before it did.
DIES = {"consumer": {"crash_before_effect": 1}}
NACKS = {"consumer": {"poison": 1}, "broker": {"redelivery": {"counts": "all"}}}


@pytest.mark.parametrize("end", [DIES, NACKS], ids=["dies", "nacks"])
@pytest.mark.parametrize("limit", [20, 5, 1])
def test_a_quorum_queue_delivers_once_more_than_its_limit(limit, end):
    # The key is the number of deliveries; the preset has that of the limit 20.
    changes = {} if limit == 20 else {"broker": {"redelivery": {"limit": limit + 1}}}
    seen = look(
        "rabbitmq-quorum",
        ALONE,
        {"consumer": {"service": "1 ms"}},
        end,
        changes,
        created_s=[0.0],
    )
    assert seen.told.deliveries.tolist() == [limit + 1]
    # And without a dead-letter exchange it is gone.
    assert seen.rows(Fate.LOST) == [0]
    assert seen.causes == {Cause.DELIVERY_LIMIT}


def test_activemq_delivers_7_times_and_parks_the_message():
    seen = look(
        "activemq", {"consumer": {"service": "1 ms", "poison": 1}}, created_s=[0.0, 1.0, 2.0]
    )
    assert seen.told.deliveries.tolist() == [7, 7, 7]
    assert seen.count(Fate.DEAD_LETTERED) == 3


@pytest.mark.parametrize("max_deliver", [1, 3, 5])
@pytest.mark.parametrize("on_failure", ["requeue", "ignore"])
def test_max_deliver_of_nats_is_the_number_of_deliveries(max_deliver, on_failure):
    seen = look(
        "nats-jetstream",
        {"broker": {"redelivery": {"limit": max_deliver}}},
        {"consumer": {"service": "1 ms", "poison": 1, "on_failure": on_failure}},
        created_s=[0.0, 1.0, 2.0],
    )
    assert seen.told.deliveries.tolist() == [max_deliver] * 3
    # Nobody gets it any more; it stays in the stream, which here is a loss.
    assert seen.count(Fate.LOST) == 3


DEATHS = {
    **fault("consumer", "crash", 0.5, 2.0, 3.5, lasts="1 s"),
    "consumer": {"service": "800 ms"},
}
"""Three times the consumer dies at the first message that it works on."""


@pytest.mark.parametrize(("prefetch", "dropped"), [(1, 1), (10, 10), (100, 50)])
def test_what_was_merely_prefetched_burns_an_attempt_when_the_connection_closes(prefetch, dropped):
    seen = look(
        "rabbitmq-quorum",
        ALONE,
        DEATHS,
        {"broker": {"redelivery": {"limit": 3}}, "consumer": {"prefetch": prefetch}},
        created_s=[0.0] * 50,
    )
    # All but the first were never processed.
    assert seen.rows(Fate.LOST) == list(range(dropped))
    assert seen.causes == {Cause.DELIVERY_LIMIT}
    assert seen.told.deliveries[:dropped].tolist() == [3] * dropped
    assert not seen.told.effects[:dropped].any()
    assert seen.count(Fate.ONCE) == 50 - dropped


def test_and_in_jetstream_when_ackwait_is_over():
    # Given out at 0, 30 and 60 s; each time the consumer dies at the first of them.
    seen = look(
        "nats-jetstream",
        fault("consumer", "crash", 0.5, 30.5, 60.5, lasts="1 s"),
        {"broker": {"redelivery": {"limit": 3}}, "consumer": {"service": "800 ms"}},
        created_s=[0.0] * 50,
    )
    assert sorted(set(seen.given_s())) == [0.0, 30.0, 60.0]
    assert seen.rows(Fate.LOST) == list(range(50))
    assert seen.causes == {Cause.DELIVERY_LIMIT}
    assert not seen.told.effects.any()


def test_one_nack_sends_an_activemq_message_to_the_dead_letters():
    seen = look(
        "activemq",
        {"consumer": {"service": "1 ms", "failure": 1, "on_failure": "reject"}},
        created_s=[0.0, 1.0, 2.0],
    )
    assert seen.told.deliveries.tolist() == [1, 1, 1]
    assert seen.count(Fate.DEAD_LETTERED) == 3


def test_disconnects_never_send_an_activemq_message_there():
    seen = look(
        "activemq",
        {"consumer": {"service": "800 ms"}},
        fault("consumer", "crash", *(0.5 + 4 * n for n in range(20)), lasts="1 s"),
        created_s=[0.0] * 50,
    )
    assert seen.count(Fate.ONCE) == 50
    assert seen.told.deliveries.max() > 7
    assert not seen.told.parked.any()
