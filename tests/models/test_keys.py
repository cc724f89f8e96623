"""Ordering keys: who has which, where logs put them, and what the ledger tells of them."""

from __future__ import annotations

import numpy as np
import pytest

from models.arrivals import Regular, Trace
from models.draws import Draws
from models.keys import OrderKeys
from models.message import Message
from tests.models.luck import FixedLuck
from tests.models.world import World, producer_options, told


def message(number, producer=0):
    return Message(0, producer << 32 | number, 1)


def test_a_key_is_a_share_of_the_uniform_number():
    luck = FixedLuck(uniforms={"producer.order_key": {(0, 0): 0.0, (1, 0): 0.34, (2, 0): 0.99}})
    keys = OrderKeys(luck, 3)
    assert [keys.of(message(number)) for number in range(3)] == [0, 1, 2]


def test_keys_are_uniform():
    keys = OrderKeys(Draws(1, 0), 4)
    counts = np.bincount([keys.of(message(number)) for number in range(10_000)])
    sigma = np.sqrt(10_000 * 0.25 * 0.75)
    assert (abs(counts - 2500) < 5 * sigma).all()
    assert len(counts) == 4


def test_one_key_is_no_key_and_draws_nothing():
    class NoLuck(Draws):
        def _key(self, component, purpose):
            if purpose == "order_key":
                pytest.fail("drawn")
            return super()._key(component, purpose)

    keys = OrderKeys(NoLuck(1, 0), 1)
    assert keys.of(message(7)) == 0
    assert not len(World(draws=NoLuck(1, 0)).run().keyed)


def test_partitions_are_taken_in_turn_without_keys():
    keys = OrderKeys(Draws(1, 0), 1)
    assert [keys.partition(message(number, producer=5), 3) for number in range(5)] == [
        0,
        1,
        2,
        0,
        1,
    ]
    assert keys.partition(message(7), 1) == 0


def test_a_key_stays_in_its_partition():
    keys = OrderKeys(Draws(1, 0), 7)
    for number in range(100):
        assert keys.partition(message(number), 3) == keys.of(message(number)) % 3


@pytest.mark.parametrize("foresee", [False, True])
def test_the_ledger_tells_the_key_of_every_message(foresee):
    options = producer_options(arrivals=Regular(10.0), keys=3)
    world = World(producer=options, producers=2, until_s=100.0, foresee=foresee)
    ledger = world.run()
    assert world.foresaw is foresee
    assert len(ledger.keyed) == len(ledger.created) > 1000
    keys, numbers = OrderKeys(Draws(1, 0), 3), [0, 0]
    for row, producer in enumerate(ledger.created.column("producer").tolist()):
        expected = keys.of(message(numbers[producer], producer))
        numbers[producer] += 1
        assert ledger.keyed.column("order_key")[row] == expected
    assert ledger.keyed.times_s().tolist() == ledger.created.times_s().tolist()


def test_facts_of_keys():
    luck = FixedLuck(uniforms={"producer.order_key": {(0, 0): 0.6, (1, 0): 0.1}})
    options = producer_options(arrivals=Trace((1.0, 2.0)), keys=2)
    ledger = World(producer=options, draws=luck).run()
    assert told(ledger.keyed, "order_key") == [(0, 1.0, 1), (1, 2.0, 0)]


def test_no_key_at_all_is_refused():
    with pytest.raises(ValueError, match="keys must be >= 1, got 0"):
        OrderKeys(Draws(1, 0), 0)
    with pytest.raises(ValueError, match="keys must be >= 1, got 0"):
        producer_options(keys=0)
