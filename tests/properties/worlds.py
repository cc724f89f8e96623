"""Random worlds with every mechanism at once, and what may rightly make one go on for ever.

Times lie on a coarse grid as often as not, so that things happen at the same instant.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from models.arrivals import Poisson, Regular
from models.broker import (
    BrokerOptions,
    ConfirmWhen,
    Counts,
    DedupOptions,
    Overflow,
    RedeliveryOptions,
    Subscription,
)
from models.consumer import AckMode, CommitOptions, ConsumerOptions, OnFailure
from models.disk import DiskOptions
from models.faults import FaultOptions
from models.laws import Constant, Empirical, Exponential, Uniform
from models.log import LogOptions
from models.network import BurstOptions, LinkOptions
from models.policies import sync
from models.policies.backoff import Exponential as Growing
from models.policies.backoff import Fixed
from models.policies.jitter import DecorrelatedJitter, full_jitter
from models.producer import ProducerOptions
from models.replication import ConfirmBy, ReplicationOptions
from tests.models.world import World

HORIZON_S = 3000.0


def examples(count):
    """Settings for *count* worlds, always the same ones."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),  # to explain a failure takes minutes here
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


grid_s = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0])
laws = st.one_of(
    st.just(Constant(0.0)),
    st.builds(Constant, grid_s),
    st.sampled_from(
        [Exponential(0.3), Uniform(low_s=0.0, high_s=1.0), Empirical((0.0, 0.25, 0.5, 3.0))]
    ),
)
chances = st.sampled_from([0.0, 0.0, 0.1, 0.5])
backoffs = st.sampled_from(
    [
        Fixed(0.0),
        Fixed(0.5),
        Growing(first_s=0.25, cap_s=2.0),
        full_jitter(Growing(first_s=0.5, cap_s=4.0)),
        DecorrelatedJitter(first_s=0.25, cap_s=2.0),
    ]
)


def producer_options(*, confirm, idempotent, **others):
    """Options of a producer; only one that asks for confirms can be idempotent."""
    return ProducerOptions(confirm=confirm, idempotent=idempotent and confirm, **others)


producers = st.builds(
    producer_options,
    arrivals=st.sampled_from([Regular(4.0), Regular(1.0), Poisson(2.0)]),
    confirm=st.sampled_from([True, True, True, False]),
    timeout_s=st.sampled_from([0.25, 0.5, 1.0, 5.0]),
    retries=st.integers(0, 4),
    backoff=backoffs,
    deadline_s=st.sampled_from([math.inf, math.inf, 0.5, 2.0]),
    in_flight=st.sampled_from([1, 2, 1000]),
    buffer=st.sampled_from([0, 1, 1000]),
    keys=st.sampled_from([1, 1, 3]),
    outbox=st.booleans(),
    idempotent=st.sampled_from([False, False, True]),
)
ways = {
    "delay": laws,
    "ack_delay": laws,
    "loss": chances,
    "ack_loss": chances,
    "bursts": st.one_of(
        st.none(),
        st.none(),
        st.builds(
            BurstOptions,
            bad_loss=st.sampled_from([0.3, 1.0]),
            good_to_bad=st.sampled_from([0.1, 0.5]),
            bad_to_good=st.sampled_from([0.5, 1.0]),
        ),
    ),
    "bandwidth_bytes_per_s": st.sampled_from([math.inf, math.inf, 1000.0]),
    "size": st.sampled_from([Constant(250.0), Exponential(200.0)]),
    "ack_size_bytes": st.sampled_from([0.0, 125.0]),
}
links = st.one_of(
    st.builds(LinkOptions, duplication=chances, **ways),
    st.builds(LinkOptions, connection=st.just(True), detect=laws, reconnect_s=grid_s, **ways),
)
redeliveries = st.builds(
    RedeliveryOptions,
    ack_timeout_s=st.sampled_from([math.inf, 0.5, 3.0]),
    limit=st.integers(0, 4),
    counts=st.sampled_from([Counts.ALL, *Counts]),
    dead_letter=st.booleans(),
    delay=backoffs,
    to_other=st.booleans(),
    on_disconnect=st.booleans(),
)
disks = st.builds(
    DiskOptions,
    write=st.one_of(st.just(Constant(0.0)), laws),
    sync=laws,
    policy=st.sampled_from(
        [sync.Always(), sync.Interval(1.0), sync.Interval(0.7), sync.Count(3), sync.Never()]
    ),
    failure=st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.5]),
    torn_tail=st.booleans(),
    writeback_s=st.sampled_from([math.inf, 0.5, 3.0]),
)
logs = st.builds(
    LogOptions, partitions=st.integers(1, 4), keys=st.sampled_from([1, 3]), rebalance=laws
)
replications = st.builds(
    ReplicationOptions,
    replicas=st.sampled_from([2, 3, 5]),
    delay=laws,
    ack_delay=laws,
    failover=laws,
    confirm_by=st.sampled_from(ConfirmBy),
    min_in_sync=st.sampled_from([1, 1, 2]),
    unclean=st.booleans(),
    lag_timeout_s=st.sampled_from([math.inf, 0.5, 3.0]),
    delivers_replicated=st.sampled_from([True, True, False]),
)
bounds = {"capacity": st.sampled_from([0, 0, 1, 3]), "overflow": st.sampled_from(Overflow)}
shapes = st.one_of(st.fixed_dictionaries(bounds), st.fixed_dictionaries({"log": logs}))
brokers = st.builds(
    lambda shape, **options: BrokerOptions(**shape, **options),
    shape=shapes,
    accept=st.one_of(st.just(Constant(0.0)), st.sampled_from([Constant(0.25), Exponential(0.1)])),
    ttl_s=st.sampled_from([math.inf, math.inf, 1.0, 5.0]),
    durable=st.sampled_from([True, True, True, False]),
    persistent=st.sampled_from([True, True, True, False]),
    confirm_when=st.sampled_from(ConfirmWhen),
    redelivery=redeliveries,
    disk=disks,
    priorities=st.sampled_from([1, 1, 3]),
    ordered=st.sampled_from([False, False, True]),
    keys=st.sampled_from([1, 3]),
    groups=st.sampled_from([1, 1, 1, 2, 3]),
    subscription=st.sampled_from([Subscription.DURABLE, Subscription.DURABLE, *Subscription]),
    dedup=st.builds(DedupOptions, window_s=st.sampled_from([0.0, 0.0, 0.0, 0.5, 3.0, math.inf])),
    replication=st.one_of(st.none(), st.none(), replications),
)
any_consumers = partial(
    st.builds,
    ConsumerOptions,
    service=laws,
    concurrency=st.sampled_from([1, 1, 2, 5]),
    commit=st.builds(
        CommitOptions, every=st.integers(1, 6), interval_s=st.sampled_from([0.5, 2.0, 30.0])
    ),
    failure=chances,
    poison=chances,
    crash_before_effect=chances,
    crash_after_effect=chances,
    restart=laws,
    detect=laws,
    start=laws,
)
consumers = st.one_of(
    any_consumers(ack=st.sampled_from(AckMode), on_failure=st.sampled_from(OnFailure)),
    any_consumers(
        ack=st.sampled_from([AckMode.AFTER, AckMode.BATCH]),
        on_failure=st.sampled_from([OnFailure.REQUEUE, OnFailure.REJECT, OnFailure.IGNORE]),
        transactional=st.booleans(),
    ),
)
quarters_s = st.integers(1, 60).map(lambda quarters: quarters / 4)
fault_times = st.lists(quarters_s, min_size=1, max_size=3)
broker_faults = st.builds(
    FaultOptions,
    kind=st.sampled_from(["process_crash", "power_loss", "disk_loss"]),
    lasts=laws,
    at_s=fault_times.map(tuple),
)
deaths = st.builds(FaultOptions, kind=st.just("crash"), lasts=laws, at_s=fault_times.map(tuple))
disk_faults = st.builds(
    FaultOptions,
    kind=st.sampled_from(["slow", "full"]),
    lasts=laws,
    at_s=fault_times.map(tuple),
    factor=st.sampled_from([1.0, 4.0]),
)
link_faults = st.builds(
    FaultOptions,
    kind=st.sampled_from(["partition", "cut"]),
    lasts=laws,
    at_s=fault_times.map(tuple),
)


def some_of(faults):
    return lambda count: st.tuples(*[faults] * count)


def of_one_shape(world: World) -> World:
    """The same world, without what its broker's shape does not have."""
    if world.broker.not_one_queue and world.consumer.on_failure is OnFailure.REPUBLISH:
        world.consumer = replace(world.consumer, on_failure=OnFailure.REQUEUE)
    if world.bus:
        world.broker = replace(world.broker, replication=None)
        world.broker_faults = tuple(
            fault for fault in world.broker_faults if fault.kind != "disk_loss"
        )
    if world.broker.log is not None:
        return replace(world, bus=False)
    return world


worlds = st.builds(
    World,
    producer=producers,
    producers=st.integers(1, 2),
    publish=links,
    deliver=links,
    broker=brokers,
    consumer=consumers,
    consumers=st.integers(1, 3),
    prefetch=st.sampled_from([0, 1, 1, 2, 5]),
    remembered=st.sampled_from([0, 0, 1, 3, -1]),
    broker_faults=st.sampled_from([0, 1, 1, 2]).flatmap(some_of(broker_faults)),
    producer_faults=st.sampled_from([0, 0, 1, 2]).flatmap(some_of(deaths)),
    consumer_faults=st.sampled_from([0, 1]).flatmap(some_of(deaths)),
    disk_faults=st.sampled_from([0, 0, 1, 2]).flatmap(some_of(disk_faults)),
    bus=st.sampled_from([False, False, True]),
    publish_faults=st.sampled_from([0, 0, 1, 2]).flatmap(some_of(link_faults)),
    deliver_faults=st.sampled_from([0, 0, 1, 2]).flatmap(some_of(link_faults)),
    seed=st.integers(0, 2**32),
    until_s=st.just(HORIZON_S),
    measured=st.integers(5, 25),
).map(of_one_shape)


def few_copies(consumer: ConsumerOptions) -> ConsumerOptions:
    """The same consumer, if it would not publish more and more copies."""
    if consumer.on_failure is not OnFailure.REPUBLISH:
        return consumer
    return replace(consumer, failure=min(consumer.failure, 0.1), poison=0.0)


def sure_to_end(world: World) -> World:
    """The same world, without what may rightly go on for ever.

    A delivery that is never acknowledged stays for ever, and where acknowledgements come too late
    or never, or a message is poison, only a limit that counts this ends the redeliveries.
    """
    if world.broker.log is not None:  # whose readers commit positions only
        world.consumer = replace(world.consumer, transactional=False)
    redelivery, fails = world.broker.redelivery, world.consumer.on_failure
    world.consumer = few_copies(world.consumer)
    silent = (
        fails in (OnFailure.IGNORE, OnFailure.REPUBLISH)
        or world.deliver.loss > 0
        or world.deliver.ack_loss > 0
        or world.deliver.bursts is not None
        or bool(world.deliver_faults)
        or not redelivery.on_disconnect
    )
    if silent and math.isinf(redelivery.ack_timeout_s):
        redelivery = replace(redelivery, ack_timeout_s=3.0)
    timed = not math.isinf(redelivery.ack_timeout_s)
    if timed or world.consumer.poison:
        counts = redelivery.counts
        uncounted = Counts.REFUSALS if fails is OnFailure.CRASH else Counts.DISCONNECTS
        if timed or counts is uncounted:
            counts = Counts.ALL
        redelivery = replace(redelivery, limit=redelivery.limit or 4, counts=counts)
    world.broker = replace(world.broker, redelivery=redelivery)
    return world
