"""Rules 5, 6 and 7: what a consumer takes with it when it dies, and what comes back."""

import numpy as np
import pytest

from models.ledger import Cause
from sim.outcomes import Belief, Fate
from tests.observed.look import MANUAL, fault, look

# ---------------------------------------------------------------- rule 5: acknowledged when sent

AUTO = [
    ("stomp-auto", {}),
    ("mqtt-qos-0", {}),
    ("rabbitmq-classic", {"ack": "auto", "prefetch": 1}),
    ("rabbitmq-classic", {"ack": "auto", "prefetch": 10}),
]


def killed(preset, consumer):
    """100 messages at once, 10 ms of work each, killed at the eleventh."""
    return look(
        preset,
        {"consumer": {"service": "10 ms", **consumer}},
        fault("consumer", "crash", 0.105, lasts="1 s"),
        created_s=[0.0] * 100,
    )


@pytest.mark.parametrize(("preset", "consumer"), AUTO)
def test_automatic_a_killed_consumer_loses_its_whole_buffer_whatever_the_prefetch(preset, consumer):
    seen = killed(preset, consumer)
    assert seen.given_s() == [0.0] * 100
    assert seen.rows(Fate.ONCE) == list(range(10))
    assert seen.rows(Fate.LOST) == list(range(10, 100))
    assert seen.causes == {Cause.AUTO_ACK}


def test_automatic_even_what_was_promised_is_lost():
    assert killed(*AUTO[2]).count(Fate.LOST, Belief.CONFIRMED) == 90


def test_acknowledging_by_itself_the_same_consumer_loses_nothing():
    seen = killed("rabbitmq-classic", {"ack": "after", "prefetch": 10})
    assert seen.count(Fate.ONCE) == 100


@pytest.mark.parametrize(("preset", "consumer"), AUTO)
def test_automatic_means_acknowledged_when_written_to_the_socket(preset, consumer):
    seen = look(
        preset,
        {"consumer": consumer, "network": {"deliver": {"delay": "50 ms"}}},
        created_s=[1.0, 2.0],
    )
    assert seen.ledger.removed.times_s().tolist() == seen.given_s() == [1.0, 2.0]
    assert seen.ledger.effected.times_s().tolist() == [1.05, 2.05]


# ---------------------------------------------------------------- rule 6: one per crash


def dying(preset, **consumer):
    """A consumer that dies in one delivery of twenty, either before or after the effect."""
    seen = look(
        preset,
        {"consumer": {"service": "1 ms", "restart": "10 ms", **consumer}},
        created_s=[0.01 * n for n in range(500)],
    )
    assert seen.deaths("consumer") > 10
    return seen


AFTER = {"ack": "after", "crash_after_effect": 0.05}
BEFORE = {"ack": "after", "crash_before_effect": 0.05}


@pytest.mark.parametrize("prefetch", [1, 20, 0])
@pytest.mark.parametrize("preset", MANUAL)
def test_acknowledging_after_each_death_after_the_effect_doubles_exactly_one(preset, prefetch):
    seen = dying(preset, prefetch=prefetch, **AFTER)
    assert seen.repeats == seen.deaths("consumer")
    assert seen.count(Fate.LOST) == 0


@pytest.mark.parametrize("prefetch", [1, 20, 0])
@pytest.mark.parametrize("preset", MANUAL)
def test_acknowledging_after_a_death_before_the_effect_doubles_and_loses_none(preset, prefetch):
    seen = dying(preset, prefetch=prefetch, **BEFORE)
    assert seen.count(Fate.ONCE) == 500


@pytest.mark.parametrize("prefetch", [1, 20, 0])
def test_acknowledging_before_each_death_loses_exactly_one(prefetch):
    seen = dying("rabbitmq-classic", prefetch=prefetch, ack="before", crash_before_effect=0.05)
    assert seen.count(Fate.LOST) == seen.deaths("consumer")
    assert seen.causes == {Cause.EARLY_ACK}
    assert seen.repeats == 0
    seen = dying("rabbitmq-classic", prefetch=prefetch, ack="before", crash_after_effect=0.05)
    assert seen.count(Fate.ONCE) == 500


def doubled(target, kind, prefetch):
    """How many are done twice by one fault, at each of many moments.

    Work takes 10 ms and an acknowledgement 25 ms to come home.
    """
    runs = [
        look(
            "rabbitmq-classic",
            {
                "consumer": {"service": "10 ms", "prefetch": prefetch},
                "network": {"deliver": {"ack_delay": "25 ms"}},
            },
            fault(target, kind, 0.1 + 0.0037 * n, lasts="100 ms"),
            created_s=[0.0] * 50,
        )
        for n in range(20)
    ]
    assert all(seen.count(Fate.LOST) == 0 for seen in runs)
    return {seen.repeats for seen in runs}


def test_without_a_prefetch_limit_acknowledgements_on_their_way_are_lost_with_the_connection():
    assert doubled("consumer", "crash", 1) == {0, 1}
    assert doubled("consumer", "crash", 0) == {2, 3}
    # What is being worked on is done to its end, and then once more.
    assert doubled("deliver", "cut", 1) == {1}
    assert doubled("deliver", "cut", 0) == {3, 4}


# ---------------------------------------------------------------- rule 7: the redelivered flag


def test_the_flag_is_on_all_that_was_unacknowledged_processed_or_not():
    # 0 and 1 are done and acknowledged; 2 is done, its acknowledgement on its way; 3 is being
    # worked on; the others have merely waited.
    seen = look(
        "rabbitmq-classic",
        {"consumer": {"service": "1 s"}, "network": {"deliver": {"ack_delay": "600 ms"}}},
        fault("consumer", "crash", 3.5, lasts="1 s"),
        created_s=[0.0] * 10,
    )
    told = seen.told
    assert np.flatnonzero(told.flagged).tolist() == list(range(2, 10))
    # Only of one of them it is true that it was done before; seven first effects carry the flag.
    assert seen.rows(Fate.DUPLICATED) == [2]
    assert np.flatnonzero(told.flag_lies).tolist() == list(range(3, 10))
    assert (told.effects[3:] == 1).all()


@pytest.mark.parametrize("preset", MANUAL)
def test_first_effects_carry_the_flag_in_every_system(preset):
    seen = dying(preset, **BEFORE)
    assert seen.told.flagged.sum() == seen.told.flag_lies.sum() >= seen.deaths("consumer")
