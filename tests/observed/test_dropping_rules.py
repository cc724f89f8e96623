"""Rules 11 and 14: who drops what, and tells nobody."""

import pytest

from models.ledger import Cause, Failed
from sim.outcomes import Belief, Fate
from tests.observed.look import fault, look

# ---------------------------------------------------------------- rule 11: dropped and acknowledged


def overflowing(preset, **broker):
    """30 messages for a queue of 10, before anybody consumes; nobody sends again."""
    return look(
        preset,
        {"broker": {"capacity": 10, **broker}, "producer": {"retries": 0}},
        {"consumer": {"start": "10 s"}},
        created_s=[0.1 * n for n in range(30)],
    )


@pytest.mark.parametrize(
    ("preset", "kept"),
    [
        ("rabbitmq-classic", range(20, 30)),  # drop-head, the default
        ("rabbitmq-classic-transient", range(20, 30)),
        ("mqtt-qos-1", range(10)),
    ],
)
def test_what_overflows_is_dropped_and_acknowledged(preset, kept):
    seen = overflowing(preset)
    assert seen.rows(Fate.ONCE, Belief.CONFIRMED) == list(kept)
    assert seen.count(Fate.LOST, Belief.CONFIRMED) == 20
    assert seen.causes == {Cause.OVERFLOW}


def test_unless_the_queue_rejects():
    seen = overflowing("rabbitmq-classic", overflow="reject")
    assert seen.rows(Fate.ONCE, Belief.CONFIRMED) == list(range(10))
    assert seen.rows(Fate.LOST, Belief.FAILED) == list(range(10, 30))
    assert set(seen.ledger.failed.column("reason").tolist()) == {Failed.REJECTED}


@pytest.mark.parametrize("preset", ["rabbitmq-classic", "rabbitmq-classic-transient", "mqtt-qos-1"])
def test_what_has_no_queue_is_dropped_and_acknowledged(preset):
    seen = look(
        preset,
        {
            "broker": {"routing": "fanout"},
            "consumer": {"subscription": "from_start", "start": "950 ms"},
        },
        created_s=[0.1 * n for n in range(30)],
    )
    assert seen.rows(Fate.LOST, Belief.CONFIRMED) == list(range(10))
    assert seen.causes == {Cause.NO_SUBSCRIBER}
    assert seen.rows(Fate.ONCE, Belief.CONFIRMED) == list(range(10, 30))


# ---------------------------------------------------------------- rule 14: nothing kept, 1000 kept


@pytest.mark.parametrize("kind", ["process_crash", "power_loss"])
@pytest.mark.parametrize("preset", ["mqtt-qos-1", "mqtt-qos-2"])
def test_mosquitto_keeps_nothing_on_disk(preset, kind):
    seen = look(
        preset,
        {"consumer": {"start": "1 min"}},
        fault("broker", kind, 30.0, lasts="1 s"),
        created_s=[0.01 * n for n in range(100)],
    )
    assert seen.count(Fate.LOST, Belief.CONFIRMED) == 100
    assert seen.causes == {Cause.BROKER_MEMORY}
    assert len(seen.ledger.written) == len(seen.ledger.synced) == 0


@pytest.mark.parametrize("preset", ["mqtt-qos-1", "mqtt-qos-2"])
def test_mosquitto_keeps_1000_messages_for_a_client_that_is_offline(preset):
    seen = look(preset, {"consumer": {"start": "1 min"}}, created_s=[0.01 * n for n in range(1500)])
    assert seen.rows(Fate.ONCE, Belief.CONFIRMED) == list(range(1000))
    assert seen.rows(Fate.LOST, Belief.CONFIRMED) == list(range(1000, 1500))
    assert seen.causes == {Cause.OVERFLOW}


@pytest.mark.parametrize(("delay_s", "lost"), [(0.1, 10), (0.5, 50)])
def test_push_loses_what_is_in_the_pipe_when_it_is_cut(delay_s, lost):
    # One message each 10 ms: what was sent in the last `delay_s` before the cut.
    seen = look(
        "zeromq-push-pull",
        {"network": {"publish": {"delay": delay_s}}},
        fault("publish", "cut", 1.005),
        created_s=[0.01 * n for n in range(200)],
    )
    assert seen.rows(Fate.LOST, Belief.UNKNOWN) == list(range(101 - lost, 101))
    assert seen.causes == {Cause.CONNECTION_CUT}
    assert seen.count(Fate.ONCE) == 200 - lost


def test_a_slow_sub_drops_above_its_high_water_mark():
    seen = look(
        "zeromq-pub-sub",
        {"consumer": {"service": "1 s"}},
        created_s=[1.0 + 1e-5 * n for n in range(5000)],
    )
    # 1000 wait at each end, and one is being worked on.
    assert seen.rows(Fate.ONCE) == list(range(2001))
    assert seen.count(Fate.LOST, Belief.UNKNOWN) == 2999
    assert seen.causes == {Cause.OVERFLOW}


def test_a_late_sub_misses_the_beginning():
    seen = look(
        "zeromq-pub-sub", {"consumer": {"start": "950 ms"}}, created_s=[0.1 * n for n in range(30)]
    )
    assert seen.rows(Fate.LOST, Belief.UNKNOWN) == list(range(10))
    assert seen.causes == {Cause.NO_SUBSCRIBER}
    assert seen.count(Fate.ONCE) == 20
