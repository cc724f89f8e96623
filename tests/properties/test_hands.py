"""Hands change nothing: the same ledger, fact by fact, as from consumers with sessions.

Times lie on a coarse grid as often as not, so that the order of an instant counts.
"""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.broker import BrokerOptions, ConfirmWhen, Counts, Overflow, RedeliveryOptions
from models.consumer import ConsumerOptions, OnFailure
from models.disk import DiskOptions
from models.laws import Constant, Exponential
from models.policies import sync
from tests.models.twins import assert_same_run
from tests.models.world import World
from tests.properties.test_foresight import backoffs, chances, laws, links, producers

redeliveries = st.builds(
    RedeliveryOptions,
    ack_timeout_s=st.sampled_from([math.inf, math.inf, 3.0]),
    limit=st.integers(1, 4),
    counts=st.sampled_from([Counts.ALL, Counts.REFUSALS]),
    dead_letter=st.booleans(),
    delay=backoffs,
    to_other=st.booleans(),
)
brokers = st.builds(
    BrokerOptions,
    accept=st.sampled_from([Constant(0.0), Constant(0.0), Constant(0.25), Exponential(0.1)]),
    capacity=st.sampled_from([0, 0, 0, 1, 3]),
    overflow=st.sampled_from(Overflow),
    ttl_s=st.sampled_from([math.inf, math.inf, 1.0, 5.0]),
    persistent=st.booleans(),
    confirm_when=st.sampled_from([ConfirmWhen.RECEIVED, ConfirmWhen.RECEIVED, *ConfirmWhen]),
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
    failure=chances,
    poison=chances,
    on_failure=st.sampled_from([OnFailure.REQUEUE, OnFailure.REJECT]),
    restart=st.just(Constant(0.0)),
    detect=st.just(Constant(0.0)),
    start=laws,
)
worlds = st.builds(
    World,
    producer=producers,
    producers=st.integers(1, 3),
    publish=links,
    broker=brokers,
    consumer=consumers,
    consumers=st.integers(1, 3),
    prefetch=st.sampled_from([1, 1, 1, 2]),
    seed=st.integers(0, 2**32),
    until_s=st.sampled_from([2.0, 20.0, 60.1]),
    measured=st.sampled_from([1, 20, 60, 10**9]),
    block=st.sampled_from([1, 16, 4096]),
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(worlds, st.booleans())
def test_the_ledger_does_not_tell_whose_hands_they_were(world, foresee):
    assert_same_run(replace(world, hands=True, foresee=foresee), world)
