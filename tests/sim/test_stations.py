"""How busy each place is where messages wait, in each shape, and how long it remembers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

from sim.config import from_mapping
from sim.stations import overloads, slowest, stations
from sim.stations.attempts import attempts, copies, held_s, kept_copies
from sim.stations.readers import partition_shares
from sim.stations.station import full_s, relaxation_s
from sim.warmup.needed import RELAXATIONS, needed_s
from tests.sim.test_assumptions import put

EXPONENTIAL = {"law": "exponential", "mean": "5 ms"}
BASE = {"producer": {"arrivals": {"law": "poisson", "rate": "100/s"}}}


def of(changes, base=BASE):
    return from_mapping(put(base, changes))


def load_of(name, changes):
    (place,) = [place for place in stations(of(changes)) if place.name == name]
    return place.load


LOG = {"broker.shape": "log", "consumer.service": "5 ms"}
BUS = {"broker.shape": "bus", "consumer.service": "5 ms"}
PUSH = {"broker.shape": "none", "producer.confirm": False, "consumer.service": "5 ms"}
REQ = {"broker.shape": "none", "consumer.service": "5 ms"}
PUB = PUSH | {"broker.routing": "fanout", "consumer.groups": 3}
KEYS = {"producer.keys": 3, "broker.partitions": 2, "consumer.instances": 2}


@pytest.mark.parametrize(
    ("changes", "load"),
    [
        (LOG, 0.5),
        (LOG | {"broker.partitions": 4, "consumer.instances": 2}, 0.25),
        # Of three members of four partitions one has two; and two hands for them.
        (LOG | {"broker.partitions": 4, "consumer.instances": 3}, 0.25),
        (LOG | {"broker.partitions": 4, "consumer.instances": 3, "consumer.concurrency": 2}, 0.125),
        # Two of three keys fall into the first partition.
        (LOG | KEYS, 1 / 3),
        (LOG | KEYS | {"producer.keys": 1}, 0.25),
        # More members than partitions are idle, and so are more hands.
        (LOG | {"consumer.instances": 5, "consumer.concurrency": 5}, 0.5),
        # Each batch of one is on its way for 2 ms.
        (LOG | {"network.deliver.delay": "2 ms"}, 0.7),
        (LOG | {"network.deliver.delay": "2 ms", "consumer.prefetch": 10}, 0.52),
        (LOG | {"network.deliver.delay": "2 ms", "consumer.prefetch": 0}, 0.5),
        # Twice 5 ms on the average, and 3 ms in between.
        (LOG | {"consumer.failure": 0.5}, 1.0),
        (
            LOG
            | {
                "consumer.failure": 0.5,
                "broker.redelivery.delay": {"law": "fixed", "pause": "3 ms"},
            },
            1.3,
        ),
        (LOG | {"consumer.failure": 0.5, "consumer.on_failure": "reject"}, 0.5),
        (LOG | {"consumer.poison": 0.1, "run.horizon": "1 min"}, math.inf),
        (LOG | {"consumer.poison": 0.1, "broker.redelivery.limit": 5}, 0.7),
        (LOG | {"broker.ttl": "1 s", "consumer.poison": 0.1}, 0.0),
        (LOG | {"network.publish.loss": 0.5, "producer.retries": 0}, 0.25),
    ],
)
def test_readers_of_a_log(changes, load):
    assert load_of("the log", changes) == pytest.approx(load)


def test_keys_share_partitions_by_their_remainders():
    assert partition_shares(3, 1) == pytest.approx([1 / 3] * 3)
    assert partition_shares(2, 5) == [3 / 5, 2 / 5]
    assert partition_shares(4, 2) == [1 / 2, 1 / 2, 0, 0]


@pytest.mark.parametrize(
    ("changes", "load"),
    [
        (BUS, 0.5),
        (BUS | {"consumer.concurrency": 2, "consumer.instances": 2}, 0.125),
        (BUS | {"consumer.failure": 0.5}, 1.0),
        (BUS | {"consumer.failure": 0.5, "consumer.on_failure": "ignore"}, 0.5),
        (BUS | {"consumer.poison": 0.1, "run.horizon": "1 min"}, math.inf),
        (BUS | {"broker.capacity": 5, "consumer.failure": 0.9}, 0.0),
    ],
)
def test_handlers_of_a_bus(changes, load):
    assert load_of("the queue of events", changes) == pytest.approx(load)


@pytest.mark.parametrize(
    ("changes", "load"),
    [
        (PUSH, 0.5),
        (PUSH | {"consumer.instances": 2}, 0.25),
        (PUSH | {"network.publish.loss": 0.2}, 0.4),
        (PUSH | {"broker.capacity": 10}, 0.5),
        (PUSH | {"broker.capacity": 10, "broker.overflow": "drop_new"}, 0.0),
        (PUB, 0.5),
        (PUB | {"broker.capacity": 10}, 0.0),
        (REQ, 0.5),
    ],
)
def test_pipes_without_a_broker(changes, load):
    assert load_of("each pipe", changes) == pytest.approx(load)


@pytest.mark.parametrize(
    ("name", "changes", "load"),
    [
        ("the broker's door", {"broker.accept": "4 ms"}, 0.4),
        # Each of 1 + 0.5 + 0.25 + 0.125 attempts arrives every other time.
        (
            "the broker's door",
            {"broker.accept": "4 ms", "network.publish.loss": 0.5, "network.publish.ack_loss": 0},
            0.4 * 1.875 / 2,
        ),
        (
            "the broker's door",
            {
                "broker.accept": "4 ms",
                "network.publish.loss": 0.5,
                "network.publish.connection": True,
            },
            0.4,
        ),
        ("the broker's door", {"broker.accept": "4 ms", "network.publish.duplication": 0.5}, 0.6),
        ("the disk", {"disk.write": "4 ms"}, 0.4),
        ("the disk", {"disk.write": "4 ms", "network.publish.duplication": 0.5}, 0.6),
        (
            "the disk",
            {
                "disk.write": "4 ms",
                "network.publish.duplication": 0.5,
                "broker.dedup_window": "1 min",
            },
            0.4,
        ),
        (
            "the wire (network.publish)",
            {"network.publish.bandwidth": "200 KiB/s", "producer.instances": 3},
            0.5,
        ),
        (
            "the wire for acknowledgements (network.publish)",
            {"network.publish.bandwidth": "200 KiB/s", "network.publish.ack_size": "1.5 KiB"},
            0.75,
        ),
        (
            "the wire (network.deliver)",
            {"network.deliver.bandwidth": "200 KiB/s", "consumer.instances": 2},
            0.25,
        ),
        (
            "the producer's window",
            {"producer.in_flight": 10, "network.publish.delay": "20 ms"},
            0.41,
        ),
    ],
)
def test_the_way_in(name, changes, load):
    assert load_of(name, changes) == pytest.approx(load)


def test_the_ways_of_a_message():
    lossy = of({"network.publish.loss": 0.5, "network.publish.ack_loss": 0.2})
    sent = attempts(lossy)
    assert sent.mean == pytest.approx(1 + 0.6 + 0.36 + 0.216)
    assert copies(lossy) == kept_copies(lossy) == pytest.approx(sent.mean / 2)
    assert sent.reach == 1 - 0.5**4
    hopeless = of({"network.publish.loss": 1.0})
    assert attempts(hopeless).mean == 4
    assert copies(hopeless) == 0
    bursts = {"bad_loss": 1.0, "good_to_bad": 0.1, "bad_to_good": 0.3}
    assert attempts(of({"network.publish.bursts": bursts})).arrives == pytest.approx(0.75)


def test_how_long_a_message_is_unconfirmed():
    pauses = {"producer.backoff": {"law": "fixed", "pause": "1 s"}, "producer.retries": 1}
    memory = {"broker.confirm_when": "received", "network.publish.delay": "10 ms"} | pauses
    assert held_s(of(memory)) == pytest.approx(0.02)
    # Half of all end with the first attempt, a quarter with the second, and one is given up.
    half = {"network.publish.loss": 0.5, "network.publish.ack_loss": 0.0}
    assert held_s(of(memory | half)) == pytest.approx(0.02 / 2 + 1.52 / 4 + 2 / 4)
    assert held_s(of(memory | {"producer.confirm": False})) == 0
    synced = {"broker.confirm_when": "synced", "disk.policy": "interval", "disk.sync": "4 ms"}
    assert held_s(of(memory | synced)) == pytest.approx(0.02 + 0.5 + 0.004)
    # No longer than until it is given up.
    slow = {"disk.interval": "1 min"}
    assert held_s(of(memory | synced | slow)) == pytest.approx(2)


def test_some_clients_try_for_ever():
    for_ever = {"producer.retries": 2**31 - 1, "run.horizon": "1 min"}
    memory = {"broker.confirm_when": "received", "network.publish.delay": "10 ms"} | for_ever
    assert held_s(of(memory)) == pytest.approx(0.02)
    deaf = {"network.publish.loss": 1.0}
    assert held_s(of(memory | deaf)) > 0.5 * 1000
    assert needed_s(of(memory | deaf)) > 0.5 * 999
    assert attempts(of(memory | {"network.publish.loss": 0.5})).reach == 1


def test_what_gives_up_by_its_deadline_does_not_wait_for_ever():
    small = {"producer.in_flight": 1, "network.publish.delay": "20 ms"}
    (told,) = overloads(of(small))
    assert told == (
        "about 4.1 messages of a producer would be unconfirmed at once and producer.in_flight "
        "allows 1: what waits in its buffer grows"
    )
    assert overloads(of(small | {"producer.deadline": "1 s"})) == ()
    assert overloads(of(small | {"producer.confirm": False})) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"consumer.service": "11 ms"}, "the load is 1.1 >= 1: the queue grows for ever"),
        (
            {
                "consumer.service": "11 ms",
                "broker.capacity": 5,
                "broker.overflow": "block",
                "producer.confirm": False,
            },
            "the load is 1.1 >= 1: what the full queue keeps at the door grows for ever",
        ),
        (
            LOG | {"consumer.service": "11 ms"},
            "the load of the busiest reader is 1.1 >= 1: what is not read yet grows for ever",
        ),
        (
            LOG | {"consumer.service": "30 ms", "broker.partitions": 2},
            "the load of the busiest partition is 3 >= 1: what is not read yet grows for ever",
        ),
        (
            BUS | {"consumer.service": "11 ms"},
            "the load of the handlers is 1.1 >= 1: the queue grows for ever",
        ),
        (
            PUSH | {"consumer.service": "11 ms"},
            "the load of each consumer is 1.1 >= 1: what waits in the pipes grows for ever",
        ),
        (
            PUSH | {"consumer.service": "11 ms", "broker.capacity": 5},
            "the load of each consumer is 1.1 >= 1: what waits at the producers grows",
        ),
        (
            {"broker.accept": "11 ms"},
            "the load of broker.accept is 1.1 >= 1: what waits at the broker's door grows for ever",
        ),
        (
            {"disk.write": "11 ms"},
            "the load of disk.write is 1.1 >= 1: what is still to be written grows for ever",
        ),
        (
            {"network.deliver.bandwidth": "80 KiB/s"},
            (
                "the load of network.deliver.bandwidth is 1.25 >= 1: "
                "what waits for the wire grows for ever"
            ),
        ),
    ],
)
def test_where_more_comes_in_than_can_be_done(changes, words):
    assert overloads(of(changes)) == (words,)


@pytest.mark.parametrize(
    "changes",
    [
        {"consumer.service": "9 ms"},
        {"consumer.service": "11 ms", "broker.capacity": 5},
        {"consumer.service": "11 ms", "broker.ttl": "1 s"},
        LOG,
        BUS,
        PUSH,
        PUB,
        REQ,
        {"disk.write": "11 ms", "broker.persistent": False},
        BUS | {"consumer.failure": 1.0, "consumer.on_failure": "ignore"},
        {"producer.arrivals": {"law": "trace", "list": list(range(10000))}, "run.messages": 10},
    ],
)
def test_where_it_does_not(changes):
    assert overloads(of(changes)) == ()


def test_one_consumer_of_many_that_is_down_leaves_the_others():
    down = {"target": "consumer", "kind": "crash", "every": "1 s", "lasts": "9 s"}
    many = {"consumer.service": "5 ms", "consumer.instances": 10}
    assert overloads(of(many | {"faults": [down | {"which": 0}]})) == ()
    one = {"consumer.service": "5 ms"}
    assert overloads(of(one | {"faults": [down]})) != ()


def lacking(load, relaxations):
    """The share that M/M/1 from empty lacks of its mean number, by the forward equations."""
    states = int(18 / (1 - load))
    up, down = np.full(states, load), np.ones(states)
    stay = -(np.r_[up, 0] + np.r_[0, down])
    rates = sparse.diags([up, stay, down], [1, 0, -1]).tocsr()
    start = np.zeros(states + 1)
    start[0] = 1
    later = expm_multiply(rates.T * relaxations * relaxation_s(load, 1.0), start)
    return 1 - later @ np.arange(states + 1) * (1 - load) / load


@pytest.mark.parametrize("load", [0.5, 0.8, 0.95])
def test_a_queue_forgets_how_it_began_in_its_relaxation_time(load):
    assert 0.055 < lacking(load, 1) < 0.085
    assert 0.011 < lacking(load, RELAXATIONS) < 0.017


def test_of_a_bounded_queue_the_slowest_mode_is_that_of_its_generator():
    load, places = 0.9, 20
    up, down = np.full(places, load), np.ones(places)
    stay = -(np.r_[up, 0] + np.r_[0, down])
    rates = np.diag(stay) + np.diag(up, 1) + np.diag(down, -1)
    slowest_per_s = np.sort(-np.linalg.eigvals(rates).real)[1]
    assert full_s(load, 1.0, places) == pytest.approx(1 / slowest_per_s)
    # One that is filled faster than it empties is full after so many differences.
    assert full_s(1.5, 1.0, 1000) == pytest.approx(2000)


def test_the_slowest_place_is_named():
    assert slowest(of({})) is None
    queue = slowest(of({"consumer.service": EXPONENTIAL, "broker.accept": "1 ms"}))
    assert queue.name == "the queue"
    assert queue.settles_s == pytest.approx(0.005 / (1 - math.sqrt(0.5)) ** 2)
    door = slowest(of({"consumer.service": EXPONENTIAL, "broker.accept": "8 ms"}))
    assert door.name == "the broker's door"
    # A long-tailed service is slower: its squared coefficient of variation is 3.
    wide = {"law": "gamma", "mean": "5 ms", "cv": 3**0.5}
    assert slowest(of({"consumer.service": wide})).settles_s == pytest.approx(2 * queue.settles_s)
    expiring = of({"consumer.service": "20 ms", "broker.ttl": "3 s"})
    assert slowest(expiring).settles_s == 3
