"""No crash of a log's broker doubles an effect, as long as its readers live and are connected."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from models.consumer import AckMode, OnFailure
from models.laws import Constant
from tests.conservation import stories
from tests.properties.worlds import examples, logs, sure_to_end, worlds

ACKS = [AckMode.BEFORE, AckMode.AFTER, AckMode.BATCH]
GO_ON = [OnFailure.REQUEUE, OnFailure.IGNORE, OnFailure.SWALLOW]
"""After these nothing is parked that the reader would have to read again."""


@examples(200)
@given(worlds, logs, st.sampled_from(ACKS), st.sampled_from(GO_ON))
def test_readers_that_live_do_nothing_twice(world, log, ack, on_failure):
    world = replace(world, bus=False, consumer_faults=(), deliver_faults=(), disk_faults=())
    world.broker = replace(world.broker, log=log, capacity=0)
    world.consumer = replace(
        world.consumer,
        ack=ack,
        on_failure=on_failure,
        transactional=False,
        poison=0.0,
        crash_before_effect=0.0,
        crash_after_effect=0.0,
        start=Constant(0.0),  # all at once
    )
    world = sure_to_end(world)
    world.producer = replace(world.producer, retries=0, outbox=False)
    world.publish = replace(world.publish, duplication=0.0)
    world.deliver = replace(world.deliver, duplication=0.0)
    world.broker = replace(
        world.broker,
        disk=replace(world.broker.disk, failure=0.0),
        redelivery=replace(world.broker.redelivery, limit=0),
    )
    world.remembered = 0
    world.until_s = 200.0
    for group in world.run().groups:
        assert max(story.count("effected") for story in stories(group)) <= 1
