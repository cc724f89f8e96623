"""What comes in goes out, whatever happens in between, and every run comes to its end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hypothesis import given

from models.broker import ConfirmWhen, Overflow
from tests import conservation
from tests.properties.worlds import HORIZON_S, examples, sure_to_end, worlds

if TYPE_CHECKING:
    from tests.models.world import World


def assert_silence_after_the_decision(world: World, ledger) -> None:
    # The disk may still be busy with copies that have gone, and a removal that is made durable
    # is no fact.
    kinds = (item for group in ledger.groups for item in group.kinds.items())
    for kind, facts in (*ledger.kinds.items(), *kinds):
        if kind not in ("written", "synced"):
            for row, time_s in zip(facts.messages().tolist(), facts.times_s(), strict=True):
                decided_s = world.census.decided_s.get(row, math.inf)
                assert time_s <= decided_s, f"{kind} of {row} at {time_s}, decided at {decided_s}"


@examples(200)
@given(worlds)
def test_everything_is_conserved_and_every_run_ends(world):
    world = sure_to_end(world)
    ledger = world.run()
    assert world.now_s < HORIZON_S, "measured messages are still open"
    transient = not (world.broker.durable and world.broker.persistent)
    transient &= world.broker.confirm_when is not ConfirmWhen.PROCESSED
    conservation.check(
        ledger,
        confirm_when=ConfirmWhen.RECEIVED if transient else world.broker.confirm_when,
        confirms_drops=world.broker.overflow is Overflow.DROP_NEW,
        decided=world.census.measured,
    )
    assert_silence_after_the_decision(world, ledger)
    assert all(message.open >= 0 for message in world.census.messages)
