"""Random worlds whose consumers publish again what they cannot process: it is all accounted for."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from models.broker import Overflow
from models.consumer import OnFailure
from tests import conservation
from tests.properties.worlds import HORIZON_S, examples, few_copies, sure_to_end, worlds


def publishing_again(world, failure):
    """The same world on one queue, with consumers that fail with *failure* and publish again."""
    world.bus = False
    # Of several priorities the lowest may wait for ever, now that consumers stand still at times.
    world.broker = replace(world.broker, log=None, replication=None, groups=1, priorities=1)
    world.consumer = few_copies(
        replace(
            world.consumer,
            failure=failure,
            on_failure=OnFailure.REPUBLISH,
            transactional=False,
        )
    )
    return sure_to_end(world)


republishing = st.builds(publishing_again, worlds, st.sampled_from([0.05, 0.1]))


@examples(200)
@given(republishing)
def test_everything_is_conserved_and_every_run_ends(world):
    ledger = world.run()
    assert world.now_s < HORIZON_S, "measured messages are still open"
    conservation.check(
        ledger,
        confirm_when=world.broker.confirm_point,
        confirms_drops=world.broker.overflow is Overflow.DROP_NEW,
        decided=world.census.measured,
    )
    assert all(message.open >= 0 for message in world.census.messages)


@examples(60)
@given(republishing)
def test_there_is_one_copy_more_for_a_failure_at_most(world):
    world.publish = replace(world.publish, duplication=0.0)
    world.deliver = replace(world.deliver, duplication=0.0)
    ledger = world.run()
    for story in conservation.stories(ledger):
        assert story.count("doubled") <= story.count("raised")


def test_there_are_such_copies():
    seen = 0

    @examples(60)
    @given(republishing)
    def look(world):
        nonlocal seen
        world.publish = replace(world.publish, duplication=0.0)
        world.deliver = replace(world.deliver, duplication=0.0)
        seen += len(world.run().doubled)

    look()
    assert seen > 20
