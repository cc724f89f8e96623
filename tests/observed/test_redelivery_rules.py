"""Rules 9 and 10: where a message goes back to, and what brings it back."""

import numpy as np
import pytest

from models.ledger import Cause
from sim.outcomes import Fate
from tests.observed.look import ALONE, fault, look

# ---------------------------------------------------------------- rule 9: back to the head


def poisoned(prefetch):
    """20 messages at once, of which some can never be processed, and which those are."""
    seen = look(
        "rabbitmq-classic",
        {
            "consumer": {"service": "10 ms", "poison": 0.1, "prefetch": prefetch},
            "run": {"horizon": "100 s"},
        },
        created_s=[0.0] * 20,
        seed=7,
    )
    return seen, sorted(set(seen.ledger.raised.messages().tolist()))


def test_requeue_at_prefetch_1_is_a_hot_loop_at_the_head_of_the_queue():
    seen, poison = poisoned(1)
    (first,) = poison
    assert 0 < first < 19
    # Those before it are done; then nothing but this one, again and again; nobody passes.
    assert seen.rows(Fate.ONCE) == list(range(first))
    assert seen.rows(Fate.PENDING) == list(range(first, 20))
    assert len(seen.ledger.raised) == pytest.approx((100 - 0.01 * first) / 0.01, abs=1)
    assert (seen.told.deliveries[first + 1 :] == 0).all()


def test_a_higher_prefetch_lets_others_pass():
    (first,) = poisoned(1)[1]
    seen, poison = poisoned(20)
    assert poison[0] == first
    assert len(poison) > 1
    assert seen.rows(Fate.PENDING) == poison
    # As many as there are poisoned ones are too few places: then nobody passes any more.
    stuck, _ = poisoned(len(poison))
    assert stuck.count(Fate.ONCE) == poison[-1] + 1 - len(poison)
    free, _ = poisoned(len(poison) + 1)
    assert free.count(Fate.ONCE) == 20 - len(poison)


@pytest.mark.parametrize(("prefetch", "reorders"), [(1, False), (10, True)])
def test_and_reorders(prefetch, reorders):
    seen = look(
        "rabbitmq-classic",
        {"consumer": {"service": "10 ms", "failure": 0.2, "prefetch": prefetch}},
        created_s=[0.0] * 100,
    )
    assert seen.count(Fate.ONCE) == 100
    assert (seen.told.deliveries > 1).any()
    assert seen.told.out_of_order.any() == reorders


# ---------------------------------------------------------------- rule 10: what brings it back


def back(preset, *tables, end_s=10_000):
    """When a message is given out that is created at 1 s and takes its consumer 10 s."""
    seen = look(
        preset,
        {"consumer": {"service": "10 s"}, "run": {"horizon": end_s}},
        *tables,
        created_s=[1.0],
    )
    return seen.given_s(), seen


SILENT = {"consumer": {"poison": 1, "on_failure": "ignore"}}
"""The consumer works for nothing and says nothing, but stays connected."""
KILLED = fault("consumer", "crash", 5.0, lasts="1 s")
CUT = fault("deliver", "cut", 5.0)


@pytest.mark.parametrize("preset", ["rabbitmq-classic", "stomp-client-individual", "activemq"])
def test_amqp_and_stomp_bring_it_back_when_the_connection_closes(preset):
    given_s, seen = back(preset, KILLED)
    assert given_s == [1.0, 6.0]
    assert seen.rows(Fate.ONCE) == [0]
    given_s, _ = back(preset, CUT, {"network": {"deliver": {"reconnect": "3 s"}}})
    assert given_s == [1.0, 8.0]
    # And as long as it is open, nothing does.
    given_s, seen = back(preset, SILENT)
    assert given_s == [1.0]
    assert seen.rows(Fate.PENDING) == [0]


TIMED = ["nats-jetstream", "sqs-standard", "sqs-fifo"]


@pytest.mark.parametrize("preset", TIMED)
def test_a_timer_brings_it_back_in_jetstream_and_sqs(preset):
    given_s, _ = back(preset, ALONE, SILENT, end_s=100)
    assert given_s == [1.0, 31.0, 61.0, 91.0]


@pytest.mark.parametrize("preset", TIMED)
def test_nobody_sees_a_consumer_die_there(preset):
    given_s, seen = back(preset, ALONE, KILLED)
    assert given_s == [1.0, 31.0]
    assert seen.rows(Fate.ONCE) == [0]


@pytest.mark.parametrize("preset", [*TIMED, "redis-streams"])
def test_nobody_sees_a_connection_cut_there(preset):
    # On its way to the consumer then, or its acknowledgement on the way back: given out again.
    timer_s = 60.0 if preset == "redis-streams" else 30.0
    slow = {"network": {"deliver": {"delay": "8 s"}}}
    given_s, _ = back(preset, ALONE, CUT, slow)
    assert given_s == [1.0, 1.0 + timer_s]
    given_s, seen = back(preset, ALONE, slow, fault("deliver", "cut", 20.0))
    assert given_s == [1.0, 1.0 + timer_s]
    assert seen.rows(Fate.DUPLICATED) == [0]
    # In its consumer's hands: acknowledged by the next connection.
    given_s, seen = back(preset, ALONE, CUT)
    assert given_s == [1.0]
    assert seen.rows(Fate.ONCE) == [0]


def claimed_after(claim_s):
    """Two consumers, of which one asks for what has been idle for so long."""
    idle = {"broker": {"redelivery": {"ack_timeout": claim_s}}}
    return idle, {"consumer": {"instances": 2}}


@pytest.mark.parametrize("claim_s", [60, 90])
def test_a_claim_brings_it_back_in_redis(claim_s):
    # Idle since it was given out; the dead one was not seen to die.
    killed = {"faults": [KILLED["faults"][0] | {"which": 0, "lasts": "1 h"}]}
    given_s, seen = back("redis-streams", killed, *claimed_after(claim_s))
    assert given_s == [1.0, 1.0 + claim_s]
    assert seen.ledger.delivered.column("consumer").tolist() == [0, 1]


@pytest.mark.parametrize("claim_s", [60, 90])
def test_a_claim_takes_it_from_the_living_too(claim_s):
    given_s, _ = back("redis-streams", SILENT, *claimed_after(claim_s), end_s=200)
    assert given_s == [1.0 + claim_s * n for n in range(1 + int(199 // claim_s))]


@pytest.mark.parametrize("preset", ["stomp-auto", "mqtt-qos-0", "zeromq-push-pull"])
def test_nothing_brings_it_back_where_it_was_acknowledged_by_being_sent(preset):
    given_s, seen = back(preset, KILLED)
    assert given_s == [1.0]
    assert seen.rows(Fate.LOST) == [0]
    assert seen.causes == {Cause.AUTO_ACK}
    assert not np.any(seen.told.effects)
