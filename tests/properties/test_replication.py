"""What replicas promise: no crash of theirs, at whatever time, takes what they have confirmed.

Confirmed when it is synced on a majority, or on all in sync of which there are two at least, a
message is lost by no process crash and no power loss of any of them, alone or together. Confirmed
by the leader alone, it may be.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrivals import Regular
from models.broker import BrokerOptions, ConfirmWhen, DedupOptions
from models.consumer import ConsumerOptions
from models.disk import DiskOptions
from models.faults import FaultOptions
from models.laws import Constant, Exponential, Uniform
from models.ledger import CRASH_CAUSES, Cause
from models.log import LogOptions
from models.policies import sync
from models.policies.backoff import Fixed
from models.producer import ProducerOptions
from models.replication import ConfirmBy, ReplicationOptions
from sim.outcomes import Belief, Fate, judge
from tests.models.replication.shared import Replicas, fall, replicas
from tests.models.world import redelivery_options
from tests.properties.worlds import examples

PROCESS_CRASH, POWER_LOSS = "process_crash", "power_loss"
LOST_BY_CRASHES = {*CRASH_CAUSES, Cause.FAILOVER}

disks = st.builds(
    DiskOptions,
    write=st.sampled_from([Constant(0.0), Constant(0.25), Exponential(0.1)]),
    sync=st.sampled_from(
        [Constant(0.0), Constant(1.0), Exponential(0.5), Uniform(low_s=0.5, high_s=3.0)]
    ),
    policy=st.sampled_from([sync.Always(), sync.Always(), sync.Interval(1.0), sync.Count(3)]),
    torn_tail=st.booleans(),
    writeback_s=st.sampled_from([math.inf, 3.0]),
)
few_times_s = st.lists(st.integers(4, 40).map(lambda n: n / 4), min_size=1, max_size=3).map(tuple)
delays = st.sampled_from([Constant(0.25), Uniform(low_s=0.0, high_s=1.0), Exponential(0.3)])
outages = st.sampled_from([Constant(0.0), Constant(1.5), Exponential(2.0), Constant(6.0)])
faults = st.builds(
    FaultOptions,
    kind=st.sampled_from([PROCESS_CRASH, POWER_LOSS]),
    lasts=outages,
    at_s=few_times_s,
)
victims = st.sampled_from([None, 0, 1])  # all, one that leads or has led, one that may be next
brokers = st.builds(
    BrokerOptions,
    accept=st.just(Constant(0.0)),
    confirm_when=st.just(ConfirmWhen.SYNCED),
    redelivery=st.just(redelivery_options()),
    disk=disks,
    groups=st.sampled_from([1, 1, 2]),
    log=st.sampled_from([None, None, LogOptions(partitions=2)]),
    dedup=st.sampled_from([DedupOptions(), DedupOptions(window_s=math.inf)]),
    replication=st.builds(
        ReplicationOptions,
        replicas=st.sampled_from([2, 3, 3, 5]),
        delay=delays,
        ack_delay=delays,
        failover=st.sampled_from([Constant(0.5), Constant(2.0), Exponential(1.0)]),
        unclean=st.booleans(),
        lag_timeout_s=st.sampled_from([math.inf, 0.5, 3.0]),
        delivers_replicated=st.booleans(),
    ),
)


worlds = st.builds(
    Replicas,
    producer=st.builds(
        ProducerOptions,
        arrivals=st.just(Regular(4.0)),
        confirm=st.just(True),
        timeout_s=st.just(3.0),
        retries=st.sampled_from([0, 5]),
        backoff=st.just(Fixed(0.5)),
        in_flight=st.just(1000),
        buffer=st.just(1000),
    ),
    broker=brokers,
    # Nobody consumes before all is over, so that nothing is done with before it can be lost.
    consumer=st.just(
        ConsumerOptions(
            service=Constant(0.0), restart=Constant(1.0), detect=Constant(0.0), start=Constant(60.0)
        )
    ),
    prefetch=st.just(0),
    broker_faults=st.tuples(faults, faults, faults),
    struck=st.tuples(victims, victims, victims),
    seed=st.integers(0, 2**32),
    until_s=st.just(90.0),
    measured=st.just(40),
)


def agreeing(world, **changes):
    """The same world, in which replicas agree as *changes* say."""
    replication = replace(world.broker.replication, **changes)
    return replace(world, broker=replace(world.broker, replication=replication))


def lost_by_crashes(world):
    """How many confirmed publications crashes and changes of leader have taken."""
    ledger = world.run()
    outcomes = judge(ledger, world.census.measured)
    silent = (outcomes.belief == Belief.CONFIRMED) & (outcomes.fate == Fate.LOST)
    return sum(Cause(cause) in LOST_BY_CRASHES for cause in outcomes.cause[silent])


@examples(80)
@given(worlds)
def test_by_majority_no_confirmed_message_is_lost(world):
    assert not lost_by_crashes(agreeing(world, confirm_by=ConfirmBy.MAJORITY))


@examples(80)
@given(worlds)
def test_by_two_in_sync_no_confirmed_message_is_lost(world):
    world = agreeing(world, confirm_by=ConfirmBy.IN_SYNC, min_in_sync=2, unclean=False)
    assert not lost_by_crashes(world)


@pytest.mark.parametrize(
    ("confirm_by", "loses"),
    [(ConfirmBy.LEADER, True), (ConfirmBy.MAJORITY, False), (ConfirmBy.IN_SYNC, False)],
)
def test_only_by_the_leader_some_are_lost(confirm_by, loses):
    # Its process falls at 10.1, and the records of the last quarter of a second or so are its own.
    lost = 0
    for seed in range(5):
        world = replicas(
            *(n / 16 for n in range(16, 200)),
            confirm_by=confirm_by,
            min_in_sync=2,
            delay=Exponential(0.25),
            falls=[(0, fall(10.1))],
            broker={"confirm_when": ConfirmWhen.SYNCED},
            world={"seed": seed, "measured": 184},
        )
        lost += lost_by_crashes(world)
    assert (lost > 0) is loses
