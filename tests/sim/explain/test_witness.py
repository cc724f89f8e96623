"""What `explain` denies is broken by an example that it can show."""

from __future__ import annotations

import pytest

from models.ledger import Cause
from sim.explain import Guarantee, explain, find_witness
from sim.explain.explanation import WEAKNESSES
from tests.sim.explain.examples import BY_NAME, EXAMPLES, example


def test_every_weakness_has_an_example():
    assert set(EXAMPLES) == {weakness.name for weakness in WEAKNESSES}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_weakness_breaks_its_guarantee_before_our_eyes(name):
    experiment, weakness = example(name), BY_NAME[name]
    promise = explain(experiment).promise(weakness.guarantee)
    told = [found.weakness.name for found in (*promise.breaks, *promise.would)]
    assert name in told
    witness = find_witness(experiment, weakness)
    assert witness is not None
    assert witness.hazard in weakness.hazards
    kinds = [event.kind for event in witness.story]
    match weakness.guarantee:
        case Guarantee.AT_LEAST_ONCE:
            assert "confirmed" in kinds
            assert "effected" not in kinds
            words = {event.words for event in witness.story if event.kind == "dropped"}
            assert words & {f"dropped: {Cause(cause).name.lower()}" for cause in weakness.causes}
        case Guarantee.AT_MOST_ONCE:
            assert kinds.count("effected") > 1
        case Guarantee.IN_ORDER:
            assert "effected" in kinds
    assert kinds[0] == "created"
    times_s = [event.time_s for event in witness.story]
    assert times_s == sorted(times_s)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_quiet_system_has_none_of_the_special_weaknesses(name):
    # Without the settings of the example the weakness is not there, unless it needs none.
    experiment, weakness = example("doubled on the way in"), BY_NAME[name]
    always = {"page cache", "acknowledgement undone", "delivered again", "sent again"}
    always |= {"a redelivery behind younger messages", "delivered again by a broker that is back"}
    if EXAMPLES[name] and name not in always:
        assert not weakness.applies(experiment)
