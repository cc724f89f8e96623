"""Loss in bursts: which state each packet meets, and whose chain it is."""

from __future__ import annotations

import pytest

from models.arrivals import Regular, Trace
from models.draws import Draws
from models.laws import Constant
from models.network import BurstOptions, LinkOptions, loses_all
from models.network.loss import Loss
from models.policies.backoff import Fixed
from tests.models.luck import FixedLuck
from tests.models.world import World, broker_options, producer_options, redelivery_options, rows

SURE = BurstOptions(bad_loss=1.0, good_to_bad=0.25, bad_to_good=0.5)  # bad for a third of the time


def loss(moves, *, good=0.0, bursts=SURE, purpose="loss"):
    """The loss of a direction whose chain is moved by *moves*, one number for each packet."""
    numbers = {(place, 0): u for place, u in enumerate(moves)}
    luck = FixedLuck(uniforms={f"publish.{purpose} bursts": numbers})
    return Loss(draws=luck, link="publish", purpose=purpose, good=good, bursts=bursts)


def test_a_state_lasts_until_a_number_ends_it():
    # Bad at first below 1/3; then bad below 1/4 after a good packet, below 1/2 after a bad one.
    moves = [0.34, 0.26, 0.24, 0.49, 0.51, 0.25, 0.0]
    coin = loss(moves).coin(0)
    assert [coin(key, 1) for key in range(7)] == [False, False, True, True, False, False, True]


def test_the_first_packet_meets_either_state_with_its_stationary_probability():
    assert [loss([u]).coin(0)(0, 1) for u in (0.33, 0.34)] == [True, False]


def test_every_peer_has_a_chain_of_its_own():
    luck = FixedLuck(uniforms={"publish.loss bursts": {(0, 0): 0.9, (1 << 32, 0): 0.1}})
    both = Loss(draws=luck, link="publish", purpose="loss", good=0.0, bursts=SURE)
    assert [both.coin(peer)(0, 1) for peer in (0, 1)] == [False, True]


def test_a_state_decides_only_how_large_the_chance_is():
    # The packet's own number is the one that it would have had without bursts.
    alike = BurstOptions(bad_loss=0.3, good_to_bad=0.5, bad_to_good=0.5)
    plain, stormy = (
        World(
            producer=producer_options(arrivals=Regular(4.0), retries=3, timeout_s=0.5),
            publish=LinkOptions(loss=0.3, ack_loss=0.3, bursts=bursts, delay=Constant(0.125)),
        ).run()
        for bursts in (None, alike)
    )
    assert rows(plain.dropped)
    for name, facts in plain.kinds.items():
        assert rows(facts) == rows(stormy.kinds[name]), name


def test_a_worse_network_loses_what_a_better_one_loses():
    def lost(good, bad):
        bursts = BurstOptions(bad_loss=bad, good_to_bad=0.1, bad_to_good=0.3)
        coin = Loss(draws=Draws(1, 0), link="x", purpose="loss", good=good, bursts=bursts).coin(0)
        return {key for key in range(500) if coin(key, 1)}

    assert lost(0.1, 0.5) < lost(0.2, 0.5) < lost(0.2, 0.9)


def test_a_chain_runs_over_packets_as_they_are_sent_doubles_not_counted():
    # Message 0 is doubled, lost at its attempt 2 (third packet) and there at its attempt 3.
    luck = FixedLuck(
        {"publish.duplication": {(0, 1)}, "publish.ack_loss": {(0, 1), (0, 1 | 1 << 31)}},
        uniforms={
            "publish.loss bursts": {(0, 0): 0.9, (1, 0): 0.9, (2, 0): 0.1, (3, 0): 0.9},
            "publish.loss": {(0, 1): 0.5, (1, 1): 0.5, (0, 2): 0.5, (0, 3): 0.5},
            # Acknowledgements: the first three of four meet the bad state.
            "publish.ack_loss bursts": {(0, 0): 0.1, (1, 0): 0.1, (2, 0): 0.9, (3, 0): 0.9},
            "publish.ack_loss": {
                (0, 1): 0.5,
                (0, 1 | 1 << 31): 0.5,
                (1, 1): 0.5,
                (0, 3): 0.5,
            },
        },
    )
    options = producer_options(
        arrivals=Trace((1.0, 1.5)), retries=2, timeout_s=1.0, backoff=Fixed(0.0)
    )
    ledger = World(producer=options, publish=LinkOptions(bursts=SURE), draws=luck).run()
    assert rows(ledger.sent) == [(0, 1.0), (1, 1.5), (0, 2.0), (0, 3.0)]
    assert rows(ledger.doubled) == [(0, 1.0)]
    assert rows(ledger.dropped) == [(0, 2.0)]
    assert rows(ledger.confirmed) == [(1, 1.5), (0, 3.0)]


def test_deliveries_meet_bursts_too():
    luck = FixedLuck(
        uniforms={
            "deliver.loss bursts": {(0, 0): 0.1, (1, 0): 0.6},
            "deliver.loss": {(0, 1): 0.5, (0, 2): 0.5},
            "deliver.ack_loss bursts": {(0, 0): 0.9},
            "deliver.ack_loss": {(0, 2): 0.5},
        }
    )
    broker = broker_options(redelivery=redelivery_options(ack_timeout_s=3.0))
    ledger = World(broker=broker, deliver=LinkOptions(bursts=SURE), draws=luck).run()
    assert rows(ledger.delivered) == [(0, 1.0), (0, 4.0)]
    assert rows(ledger.removed) == [(0, 4.0)]


@pytest.mark.parametrize(
    ("good_to_bad", "bad_to_good", "share"), [(0.0, 0.0, 0.0), (0.1, 0.3, 0.25), (0.5, 0.0, 1.0)]
)
def test_the_share_of_the_bad_state(good_to_bad, bad_to_good, share):
    bursts = BurstOptions(bad_loss=0.8, good_to_bad=good_to_bad, bad_to_good=bad_to_good)
    assert bursts.bad_share == pytest.approx(share)
    assert bursts.mean_loss(0.2) == pytest.approx(0.2 + 0.6 * share)


@pytest.mark.parametrize(
    ("loss", "bursts", "expected"),
    [
        (1.0, None, True),
        (0.9, None, False),
        (1.0, (1.0, 0.1, 0.1), True),
        (1.0, (0.9, 0.1, 0.1), False),
        (0.9, (1.0, 0.1, 0.1), False),
        (0.0, (1.0, 0.1, 0.0), True),  # bad for ever
        (1.0, (0.0, 0.1, 0.0), False),
        (1.0, (0.0, 0.0, 0.1), True),  # good for ever
        (0.0, (1.0, 0.0, 0.0), False),
    ],
)
def test_what_loses_everything(loss, bursts, expected):
    names = ("bad_loss", "good_to_bad", "bad_to_good")
    made = bursts and BurstOptions(**dict(zip(names, bursts, strict=True)))
    assert loses_all(loss, made) is expected


@pytest.mark.parametrize("name", ["bad_loss", "good_to_bad", "bad_to_good"])
@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_probability_is_one(name, value):
    chances = {"bad_loss": 0.5, "good_to_bad": 0.5, "bad_to_good": 0.5, name: value}
    with pytest.raises(ValueError, match=rf"{name} must be in \[0, 1\], got {value}"):
        BurstOptions(**chances)
