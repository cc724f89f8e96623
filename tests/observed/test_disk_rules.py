"""Rules 1, 2, 3 and 15: three places, two faults, and what a sync is shared by."""

import numpy as np
import pytest

from models.ledger import Cause
from sim.outcomes import Belief, Fate
from tests.observed.look import ALONE, fault, look

LATER = {"consumer": {"start": "100 s"}}
"""Nobody consumes before everything has happened."""


# ---------------------------------------------------------------- rule 1: group commit


@pytest.mark.parametrize("delay", ["0 s", "200 us"])
@pytest.mark.parametrize("preset", ["activemq", "rabbitmq-quorum"])
@pytest.mark.parametrize(("in_flight", "per_sync"), [(1, 1.0), (100, 50.0)])
def test_a_sync_serves_one_message_or_half_of_what_is_in_flight(preset, delay, in_flight, per_sync):
    seen = look(
        preset,
        ALONE,
        {
            "producer": {"in_flight": in_flight, "timeout": "1 min"},
            "network": {"publish": {"delay": delay}},
            "disk": {"sync": "1 ms"},
        },
        created_s=[0.0] * 2000,
    )
    synced_s = seen.ledger.synced.times_s()
    assert len(synced_s) == 2000
    # The first and the last syncs are smaller.
    assert len(synced_s) / len(np.unique(synced_s)) == pytest.approx(per_sync, rel=0.05)


# ---------------------------------------------------------------- rule 2: three places, two faults

AT_S = {"memory": 0.05, "page cache": 1.0, "disk": 40.0}
"""A moment at which a message is there: written after 100 ms, written back after 30 s."""


def fallen(kind, place, confirm):
    return look(
        "rabbitmq-classic",
        LATER,
        {"producer": {"confirm": confirm, "retries": 0}, "disk": {"write": "100 ms"}},
        fault("broker", kind, AT_S[place], lasts="1 s"),
        created_s=[0.0],
    )


@pytest.mark.parametrize("confirm", [True, False])
@pytest.mark.parametrize(
    ("kind", "place", "cause"),
    [
        ("process_crash", "memory", Cause.BROKER_MEMORY),
        ("process_crash", "page cache", None),
        ("process_crash", "disk", None),
        ("power_loss", "memory", Cause.BROKER_MEMORY),
        ("power_loss", "page cache", Cause.PAGE_CACHE),
        ("power_loss", "disk", None),
    ],
)
def test_process_memory_page_cache_and_disk_are_three_places(kind, place, cause, confirm):
    seen = fallen(kind, place, confirm)
    assert seen.causes == ({cause} if cause is not None else set())
    assert seen.count(Fate.ONCE) == (cause is None)


def test_a_confirm_comes_after_the_write():
    assert fallen("process_crash", "memory", True).outcome() == (Belief.FAILED, Fate.LOST)
    assert fallen("power_loss", "page cache", True).outcome() == (Belief.CONFIRMED, Fate.LOST)
    assert fallen("process_crash", "memory", False).outcome() == (Belief.UNKNOWN, Fate.LOST)


@pytest.mark.parametrize("confirm", [True, False])
def test_without_confirms_a_process_crash_loses_all_that_is_in_memory(confirm):
    seen = look(
        "rabbitmq-classic",
        LATER,
        {"producer": {"confirm": confirm, "retries": 0}, "disk": {"write": "30 ms"}},
        fault("broker", "process_crash", 0.4, lasts="1 s"),
        created_s=[0.01 * n for n in range(40)],
    )
    # One write after the other: 13 are done by then.
    assert seen.rows(Fate.LOST) == list(range(13, 40))
    assert seen.causes == {Cause.BROKER_MEMORY}
    assert seen.count(Fate.LOST, Belief.CONFIRMED) == 0
    assert seen.count(Fate.LOST, Belief.FAILED if confirm else Belief.UNKNOWN) == 27


# ---------------------------------------------------------------- rule 3: three switches


def kept(preset, *tables, kind="process_crash"):
    """Whether a message survives that was confirmed a second before the broker fell."""
    seen = look(preset, LATER, *tables, fault("broker", kind, 1.0, lasts="1 s"), created_s=[0.0])
    belief, fate = seen.outcome()
    assert belief == Belief.CONFIRMED
    return fate == Fate.ONCE


@pytest.mark.parametrize("kind", ["process_crash", "power_loss"])
@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("persistent", [True, False])
def test_a_message_stays_if_it_is_persistent_and_its_queue_durable(durable, persistent, kind):
    switches = {
        "broker": {"durable": durable, "persistent": persistent},
        "disk": {"policy": "always"},
    }
    assert kept("rabbitmq-classic", switches, kind=kind) == (durable and persistent)


def test_the_type_of_the_queue_is_a_switch_of_its_own():
    assert kept("rabbitmq-quorum", ALONE, kind="power_loss")
    assert not kept("rabbitmq-classic", kind="power_loss")
    assert kept("rabbitmq-classic", kind="process_crash")
    assert not kept("rabbitmq-classic-transient", kind="process_crash")


# ---------------------------------------------------------------- rule 15: kill -9 is no power loss

POLICIES = {
    "always": {"policy": "always"},
    "interval": {"policy": "interval", "interval": "1 s"},
    "count": {"policy": "count", "count": 100},
    "never": {"policy": "never"},
}


def broken(preset, kind, *tables):
    return look(
        preset,
        LATER,
        *tables,
        fault("broker", kind, 1.505, lasts="500 ms"),
        created_s=[0.01 * n for n in range(200)],
    )


def test_a_process_crash_hardly_shows_the_sync_policy():
    seen = [
        broken("rabbitmq-classic", "process_crash", {"disk": disk}).told.matrix().tolist()
        for disk in POLICIES.values()
    ]
    assert all(matrix == seen[0] for matrix in seen)
    assert seen[0][Belief.CONFIRMED][Fate.ONCE] == 200


@pytest.mark.parametrize(
    # One message each 10 ms, 151 of them by then; the last sync was 1 ms, 505 ms, 515 ms before.
    ("policy", "lost"),
    [("always", 0), ("interval", 51), ("count", 51), ("never", 151)],
)
def test_a_power_loss_shows_the_sync_policy(policy, lost):
    seen = broken("rabbitmq-classic", "power_loss", {"disk": POLICIES[policy]})
    assert seen.count(Fate.LOST, Belief.CONFIRMED) == seen.count(Fate.LOST) == lost
    assert seen.causes == ({Cause.PAGE_CACHE} if lost else set())


@pytest.mark.parametrize(
    ("preset", "loses"),
    [("rabbitmq-classic", 151), ("nats-jetstream", 151), ("redis-streams", 51), ("activemq", 0)],
)
def test_each_system_survives_a_process_crash_and_not_each_a_power_loss(preset, loses):
    assert broken(preset, "process_crash").count(Fate.LOST) == 0
    assert broken(preset, "power_loss").count(Fate.LOST, Belief.CONFIRMED) == loses
