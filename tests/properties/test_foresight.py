"""Foresight changes nothing: the same ledger, fact by fact, as from the events one by one.

Times lie on a coarse grid as often as not, so that the order of an instant counts.
"""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.arrivals import Bursty, Poisson, Regular, Trace
from models.broker import BrokerOptions, ConfirmWhen, RedeliveryOptions
from models.consumer import AckMode, ConsumerOptions, OnFailure
from models.disk import DiskOptions
from models.faults import FaultOptions
from models.laws import Constant, Empirical, Exponential, Lognormal
from models.network import LinkOptions
from models.policies import sync
from models.policies.backoff import Exponential as Growing
from models.policies.backoff import Fixed, Linear
from models.policies.jitter import DecorrelatedJitter, full_jitter
from models.producer import ProducerOptions
from tests.models.twins import assert_same_run
from tests.models.world import World
from tests.properties.worlds import few_copies

laws = st.sampled_from(
    [
        Constant(0.0),
        Constant(0.0),
        Constant(0.25),
        Constant(0.5),
        Exponential(0.3),
        Lognormal(median_s=0.1, p99_s=1.0),
        Empirical((0.0, 0.25, 0.5, 3.0)),
    ]
)
chances = st.sampled_from([0.0, 0.0, 0.1, 0.5])
backoffs = st.sampled_from(
    [
        Fixed(0.0),
        Fixed(0.5),
        Linear(first_s=0.25, cap_s=0.5),
        Growing(first_s=0.25, cap_s=2.0),
        full_jitter(Growing(first_s=0.5, cap_s=4.0)),
        DecorrelatedJitter(first_s=0.25, cap_s=2.0),
    ]
)
arrivals = st.sampled_from(
    [
        Regular(4.0),
        Regular(1.0),
        Poisson(2.0),
        Poisson(0.1),
        Bursty(on=Constant(2.0), off=Exponential(3.0), peak_per_s=4.0),
        Trace((0.0, 0.0, 0.1, 0.25, 0.25, 0.7, 1.0, 1.0, 1.0, 1.3, 2.5, 7.75, 7.75)),
    ]
)
producers = st.builds(
    ProducerOptions,
    arrivals=arrivals,
    confirm=st.sampled_from([True, True, True, False]),
    timeout_s=st.sampled_from([0.25, 0.5, 1.0, 5.0]),
    retries=st.integers(0, 4),
    backoff=backoffs,
    deadline_s=st.sampled_from([math.inf, 0.5, 1.25, 2.0]),
    in_flight=st.sampled_from([1000, 1000, 1000, 1000, 1000, 3]),
    buffer=st.just(10),
)
links = st.builds(
    LinkOptions, delay=laws, ack_delay=laws, loss=chances, ack_loss=chances, duplication=chances
)
redeliveries = st.builds(
    RedeliveryOptions,
    ack_timeout_s=st.sampled_from([math.inf, 0.5, 3.0]),
    limit=st.integers(1, 4),
    dead_letter=st.booleans(),
    delay=backoffs,
    to_other=st.booleans(),
)
brokers = st.builds(
    BrokerOptions,
    accept=st.just(Constant(0.0)),
    ttl_s=st.sampled_from([math.inf, math.inf, 1.0, 5.0]),
    persistent=st.booleans(),
    confirm_when=st.just(ConfirmWhen.RECEIVED),
    priorities=st.sampled_from([1, 1, 3]),
    ordered=st.sampled_from([False, False, True]),
    redelivery=redeliveries,
    disk=st.builds(
        DiskOptions,
        write=laws,
        sync=laws,
        policy=st.sampled_from([sync.Always(), sync.Interval(0.7), sync.Never()]),
    ),
)
consumers = st.builds(
    ConsumerOptions,
    service=laws,
    concurrency=st.sampled_from([1, 1, 2, 5]),
    ack=st.sampled_from([AckMode.AUTO, AckMode.BEFORE, AckMode.AFTER]),
    failure=chances,
    on_failure=st.sampled_from(OnFailure),
    crash_before_effect=chances,
    crash_after_effect=chances,
    restart=st.just(Constant(1.0)) | laws,
    detect=laws,
    start=laws,
).map(few_copies)
faults = st.builds(
    FaultOptions,
    kind=st.just("crash"),
    lasts=laws,
    at_s=st.lists(
        st.integers(1, 60).map(lambda quarters: quarters / 4), min_size=1, max_size=3
    ).map(tuple),
)
worlds = st.builds(
    World,
    producer=producers,
    producers=st.integers(1, 3),
    publish=links,
    deliver=links,
    broker=brokers,
    consumer=consumers,
    consumers=st.integers(1, 3),
    prefetch=st.sampled_from([0, 1, 1, 2, 5]),
    consumer_faults=st.lists(faults, max_size=1).map(tuple),
    seed=st.integers(0, 2**32),
    until_s=st.sampled_from([2.0, 20.0, 60.1]),
    measured=st.sampled_from([1, 20, 60, 10**9]),
    block=st.sampled_from([1, 3, 16, 4096]),
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(worlds)
def test_the_ledger_does_not_tell_whether_it_was_foreseen(world):
    assert_same_run(replace(world, foresee=True), world)
