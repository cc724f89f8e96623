"""What a setting promises must hold in every random world with that setting, whatever befalls it.

And whoever breaks the rule of a component (a limit, a time to live, a closed door) is seen here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from itertools import chain, pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from models.broker import ConfirmWhen, Counts, DedupOptions, Overflow, Subscription
from models.consumer import AckMode, OnFailure
from models.draws import Draws
from models.keys import OrderKeys
from models.laws import Constant, Exponential
from models.ledger import Cause, Failed
from models.network import LinkOptions
from sim.outcomes import judge
from tests.conservation import stories
from tests.properties.worlds import examples, sure_to_end, worlds

ROUNDING_S = 1e-9
PROCESS_CRASH, POWER_LOSS = "process_crash", "power_loss"

many_worlds = examples(100)


def struck_by(world, *kinds):
    """The same world, with no faults of the broker but these."""
    faults = tuple(fault for fault in world.broker_faults if fault.kind in kinds)
    return replace(world, broker_faults=faults)


@many_worlds
@given(
    worlds,
    st.sampled_from(
        [
            (ConfirmWhen.RECEIVED, ()),
            (ConfirmWhen.WRITTEN, (PROCESS_CRASH,)),
            (ConfirmWhen.SYNCED, (PROCESS_CRASH, POWER_LOSS)),
        ]
    ),
    st.sampled_from([Overflow.REJECT, Overflow.BLOCK]),
)
def test_at_least_once(world, promise, overflow):
    """A confirmed message has an effect or is parked, if each hop keeps its promise."""
    confirm_when, kinds = promise
    world = sure_to_end(struck_by(world, *kinds))
    world.consumer = replace(world.consumer, ack=AckMode.AFTER)
    if world.consumer.on_failure is OnFailure.SWALLOW:
        world.consumer = replace(world.consumer, on_failure=OnFailure.REQUEUE)
    world.bus = False
    world.broker = replace(
        world.broker,
        durable=True,
        persistent=True,
        confirm_when=confirm_when,
        overflow=overflow,
        redelivery=replace(world.broker.redelivery, dead_letter=True),
        subscription=Subscription.DURABLE,
    )
    if confirm_when is ConfirmWhen.RECEIVED:  # before the disk can refuse anything
        world.broker = replace(world.broker, disk=replace(world.broker.disk, failure=0.0))
        world.disk_faults = ()
    if world.broker.log is not None:
        # A log passes what its readers ignore, and parks nothing that is too old.
        world.consumer = replace(world.consumer, on_failure=OnFailure.REJECT)
        world.broker = replace(world.broker, ttl_s=math.inf)
    for told in map(stories, world.run().groups):
        for row in world.census.measured:
            if told[row].times["confirmed"]:
                assert told[row].count("effected", "parked"), f"{row} is lost: {told[row].drops}"


@many_worlds
@given(worlds, st.booleans())
def test_at_most_once(world, confirm):
    """No message has two effects, if nobody sends, stores or delivers it twice."""
    world = sure_to_end(struck_by(world, PROCESS_CRASH))
    world.producer = replace(
        world.producer, confirm=confirm, retries=0, outbox=False, idempotent=False
    )
    world.publish = replace(world.publish, duplication=0.0)
    world.deliver = replace(world.deliver, duplication=0.0)
    world.consumer = replace(world.consumer, ack=AckMode.AUTO, transactional=False)
    for group in world.run().groups:
        assert max(story.count("effected") for story in stories(group)) <= 1


@many_worlds
@given(
    worlds,
    st.sampled_from([AckMode.AFTER, AckMode.BATCH]),
    st.sampled_from([OnFailure.REQUEUE, OnFailure.REJECT]),
)
def test_a_transaction_is_done_once(world, ack, on_failure):
    """No copy has two effects, whatever befalls the consumers, the broker and the way to them."""
    world = sure_to_end(struck_by(world, PROCESS_CRASH))
    world.consumer = replace(world.consumer, ack=ack, on_failure=on_failure, transactional=True)
    world.broker = replace(world.broker, log=None)
    for group in world.run().groups:
        for story in stories(group):
            assert story.count("effected") <= story.count("stored")


@many_worlds
@given(worlds)
def test_an_idempotent_group_does_nothing_twice(world):
    """No message has two effects in a group that remembers them all."""
    world = sure_to_end(world)
    world.remembered = -1
    for group in world.run().groups:
        assert max(story.count("effected") for story in stories(group)) <= 1


def down_times_s(ledger, end_s):
    """When the broker was down: (from, until). Crashes may overlap; one restart ends them all."""
    falls_s = [time_s for time_s, who, _ in ledger.crashes if who == "broker"]
    spans = []
    for up_s in [time_s for time_s, who in ledger.restarts if who == "broker"]:
        spans.append((falls_s.pop(0), up_s))
        while falls_s and falls_s[0] < up_s:
            falls_s.pop(0)
    return [*spans, *((time_s, end_s) for time_s in falls_s)]


@many_worlds
@given(worlds)
def test_nothing_happens_at_a_broker_that_is_down(world):
    # With random lengths no restart falls on another crash, and the ledger tells them apart. Of
    # several replicas one falls, and others go on.
    world.broker = replace(world.broker, replication=None)
    lasting = [replace(fault, lasts=Exponential(1.0)) for fault in world.broker_faults]
    world = sure_to_end(replace(world, broker_faults=tuple(lasting)))
    ledger = world.run()
    spans = down_times_s(ledger, world.now_s)
    kinds = ["arrived", "stored", "written", "delivered", "returned", "parked"]
    if math.isinf(world.broker.disk.writeback_s):  # else the operating system goes on
        kinds.append("synced")
    for kind, group in product(kinds, ledger.groups):
        for time_s in group.kinds[kind].times_s():
            assert not any(begin < time_s < end for begin, end in spans), f"{kind} at {time_s}"
    for time_s, cause in zip(ledger.dropped.times_s(), ledger.dropped.column("cause"), strict=True):
        if cause == Cause.BROKER_DOWN:
            assert any(begin <= time_s <= end for begin, end in spans), f"up at {time_s}"


@many_worlds
@given(worlds)
def test_limits_hold(world):
    world = sure_to_end(world)
    ledger = world.run()
    limit, ttl_s = world.broker.redelivery.limit, world.broker.ttl_s
    attempts = world.producer.retries + 1 if world.producer.confirm else 1
    if world.producer.outbox:  # attempts start anew after a crash, be it a handler's doing
        attempts *= 1 + sum(who.startswith("producer") for _, who, _ in ledger.crashes)
    for story in chain.from_iterable(map(stories, ledger.groups)):
        assert story.count("sent") <= attempts
        if limit and world.broker.redelivery.counts is Counts.ALL:
            assert story.count("delivered") <= limit * story.count("stored")
        for time_s in story.times["delivered"]:
            young = story.until(time_s, "stored") - story.before(
                time_s - ttl_s - ROUNDING_S, "stored"
            )
            assert young > 0, f"delivered at {time_s}, beyond its time to live"
        for decided_s in (*story.times["confirmed"], *story.times["failed"]):
            assert story.until(decided_s, "sent") == story.count("sent"), "sent after the decision"


@many_worlds
@given(worlds)
def test_attempts_keep_their_distance(world):
    # After a crash, an outbox starts anew; a bus takes its producers with it.
    world = sure_to_end(replace(world, producer_faults=(), bus=False))
    world.producer = replace(world.producer, idempotent=False)  # refused, it does not wait
    ledger = world.run()
    shortest_s = [world.producer.backoff.bounds_s(n)[0] for n in range(1, 6)]
    refusals = world.broker.disk.failure or world.disk_faults  # which are not waited for
    wait_s = 0.0 if refusals else world.producer.timeout_s
    if any(fault.kind == "cut" for fault in world.publish_faults):  # connected, they go at once
        wait_s, shortest_s = 0.0, [0.0] * 5
    for story in stories(ledger):
        sends = story.times["sent"]
        for attempt, (one_s, next_s) in enumerate(pairwise(sends)):
            gap_s = wait_s + shortest_s[attempt]
            assert next_s - one_s >= gap_s - ROUNDING_S
        deadline_s = story.times["created"][0] + world.producer.deadline_s
        assert all(time_s <= deadline_s + ROUNDING_S for time_s in (*sends, *story.times["failed"]))


@many_worlds
@given(worlds)
def test_the_window_bounds_what_is_unconfirmed(world):
    world = sure_to_end(world)
    world.producer = replace(world.producer, confirm=True, outbox=False)
    ledger = world.run()
    told = stories(ledger)
    owner = ledger.created.column("producer")
    for index in range(world.producers):
        own = [story for row, story in enumerate(told) if owner[row] == index]
        # At one instant a place may be given up and taken again.
        for story in own:
            for begun_s in story.times["sent"][:1]:
                others = sum(
                    1
                    for other in own
                    if other.times["sent"]
                    and other.times["sent"][0] <= begun_s
                    and not other.until(begun_s, "confirmed", "failed", "unknown")
                )
                assert others <= world.producer.in_flight


@many_worlds
@given(worlds, st.sampled_from([AckMode.AFTER, AckMode.BATCH]))
def test_lanes_keep_the_order(world, ack):
    """First effects of a key come in order, if messages do, whatever befalls the consumers."""
    world = replace(unharmed(world), producer_faults=(), publish=LinkOptions())
    world.producer = replace(world.producer, retries=0, deadline_s=math.inf, idempotent=False)
    world.deliver = replace(world.deliver, loss=0.0, ack_loss=0.0)
    world.consumer = replace(
        world.consumer, ack=ack, on_failure=OnFailure.REQUEUE, poison=0.0, crash_after_effect=0.0
    )
    world.broker = replace(
        world.broker,
        log=None,
        accept=Constant(0.0),
        capacity=0,
        ttl_s=math.inf,
        redelivery=replace(world.broker.redelivery, limit=0, ack_timeout_s=math.inf),
        subscription=Subscription.DURABLE,
        ordered=True,
        keys=world.producer.keys,
    )
    ledger = world.run()
    assert not judge(ledger, world.census.measured).out_of_order.any()


def unharmed(world):
    """The same world, in which a broker keeps what it has stored: no crash, no refused write."""
    disk = replace(world.broker.disk, failure=0.0)
    broker = replace(world.broker, disk=disk)
    return replace(world, broker=broker, broker_faults=(), disk_faults=(), bus=False)


@many_worlds
@given(worlds)
def test_what_a_broker_remembers_it_stores_once(world):
    """An id that is never forgotten is stored once, whatever its producer and the network do."""
    world = sure_to_end(unharmed(world))
    world.producer = replace(world.producer, idempotent=False, outbox=True, confirm=True)
    world.broker = replace(
        world.broker,
        dedup=DedupOptions(window_s=math.inf),
        disk=replace(world.broker.disk, failure=0.0),
    )
    ledger = world.run()
    for story in chain.from_iterable(map(stories, ledger.groups)):
        assert story.count("stored") <= 1


@many_worlds
@given(worlds)
def test_an_idempotent_producer_is_stored_once_and_in_order(world):
    """Numbers keep the order as long as nobody gives up and nothing forgets."""
    world = sure_to_end(replace(unharmed(world), producer_faults=()))
    log = world.broker.log
    if log is not None:  # whose partitions the producer numbers, by the same keys
        log = replace(log, keys=world.producer.keys)
        world.broker = replace(world.broker, log=log)
    world.producer = replace(
        world.producer,
        idempotent=True,
        confirm=True,
        retries=100_000,  # a connection may be busy for long with what was lost
        deadline_s=math.inf,
        partitions=1 if log is None else log.partitions,
    )
    world.broker = replace(
        world.broker,
        confirm_when=ConfirmWhen.RECEIVED,
        capacity=0,
        groups=1,
        subscription=Subscription.DURABLE,
        dedup=DedupOptions(),
        disk=replace(world.broker.disk, failure=0.0),
    )
    ledger = world.run()
    assert not (ledger.failed.column("reason") == Failed.ATTEMPTS).any()
    stored = ledger.stored.messages().tolist()
    assert len(set(stored)) == len(stored), "stored twice"
    keys = OrderKeys(Draws(world.seed, world.replication), world.producer.keys)
    lines = defaultdict(list)
    for row in stored:
        message = world.census.messages[row]
        partition = keys.partition(message, world.producer.partitions)
        lines[message.key >> 32, partition].append(row)
    for line in lines.values():
        assert line == sorted(line), "stored out of order"
