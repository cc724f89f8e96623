"""Tilted luck: the same as ever where nothing is tilted, and as often as asked where it is."""

from __future__ import annotations

import numpy as np
import pytest

from models.draws import Draws
from models.laws import Exponential
from sim.rare.luck import RareDraws
from sim.rare.plan import Candidates, Coin, Mixture, Plan, Scope
from sim.system import System
from tests.sim.rare.worlds import BURSTS, losses, publish

ONE = Candidates(1, 0, (1.0,))
LOSS = Coin("publish", "loss", 0.03)


def facts(experiment, draws):
    system = System(experiment, 0, draws=draws)
    system.run()
    ledger = system.ledger
    kinds = (ledger.created, ledger.sent, ledger.dropped, ledger.effected, ledger.confirmed)
    return [(kind.messages().tolist(), kind.times_s().tolist()) for kind in kinds]


@pytest.mark.parametrize("watch", [False, True])
@pytest.mark.parametrize(
    "experiment",
    [
        publish(),
        publish(network={"publish": {"bursts": BURSTS}}),
        publish(consumer={"failure": 0.2}),
        losses(
            faults=[{"target": "broker", "kind": "power_loss", "every": "2 s", "lasts": "1 ms"}]
        ),
    ],
    ids=["loss", "bursts", "failures", "crashes"],
)
def test_untilted_luck_is_the_luck_of_every_day(experiment, watch):
    plan = Plan(Scope.RUN, ONE, Mixture(edges_s=(1.0, 2.0)), watch=watch)
    if experiment.faults:
        plan = Plan(Scope.RUN, ONE, watch=watch)
    assert facts(experiment, RareDraws(0, 0, plan)) == facts(experiment, Draws(0, 0))


def test_a_tilted_coin_comes_true_as_often_as_the_mixture_says():
    plan = Plan(Scope.MESSAGE, ONE, Mixture.of_coins((0.4, 0.6), ({}, {LOSS: 0.5})))
    toss = RareDraws(1, 0, plan).coin("publish", "loss", 0.03)
    hits = sum(toss(message, 0) for message in range(20_000))
    share = 0.4 * 0.03 + 0.6 * 0.5
    assert abs(hits / 20_000 - share) < 4 * np.sqrt(share * (1 - share) / 20_000)


def test_all_coins_of_one_message_are_tilted_together_or_not_at_all():
    plan = Plan(Scope.MESSAGE, ONE, Mixture.of_coins((0.5, 0.5), ({}, {LOSS: 0.999})))
    toss = RareDraws(1, 0, plan).coin("publish", "loss", 0.03)
    lost = [sum(toss(message, attempt) for attempt in range(20)) for message in range(500)]
    assert all(number <= 6 or number >= 18 for number in lost)
    assert 150 < sum(number >= 18 for number in lost) < 350


@pytest.mark.parametrize("scope", [Scope.PRODUCER, Scope.RUN])
def test_one_message_is_tilted_in_each_scope(scope):
    chances = (0.1,) * 10
    plan = Plan(
        scope, Candidates(3, 5, chances), Mixture.of_coins((1e-9, 1.0), ({}, {LOSS: 0.9999}))
    )
    toss = RareDraws(2, 0, plan).coin("publish", "loss", 0.03)
    tilted = [
        (producer, number)
        for producer in range(3)
        for number in range(30)
        if sum(toss(producer << 32 | number, attempt) for attempt in range(12)) > 9
    ]
    assert len(tilted) == (3 if scope is Scope.PRODUCER else 1)
    assert len({producer for producer, _ in tilted}) == len(tilted)
    assert all(5 <= number < 15 for _, number in tilted)


def test_lasting_coins_of_the_messages_before_are_tilted_too():
    move = Coin("publish", "loss bursts", 0.01)
    tilt = {move: 0.9999, move._replace(before=1): 0.9999}
    plan = Plan(Scope.PRODUCER, Candidates(1, 7, (1.0,)), Mixture.of_coins((1e-9, 1.0), ({}, tilt)))
    luck = RareDraws(2, 0, plan)
    toss = luck.trial("publish", "loss bursts", lasting=True)
    hits = [toss(number, 0, number, 0.01) for number in range(12)]
    assert [number for number, hit in enumerate(hits) if hit] == [6, 7]
    assert luck.lasting == {move}


def test_a_fault_comes_in_the_piece_of_time_that_the_plan_gives():
    waits = Mixture.of_waits(
        (1.0, 2.0, 4.0), (1e-9, 1.0), ({}, {"fault 0.0": (0.0, 0.0, 1.0, 0.0)})
    )
    law = Exponential(1000.0)
    for replication in range(50):
        luck = RareDraws(3, replication, Plan(Scope.RUN, ONE, waits))
        every_s = luck.law("fault 0.0", "every", law)
        assert 2.0 <= every_s(0, 0) < 4.0
        assert luck.waited == {"fault 0.0": 2}
        assert every_s(1, 0) == Draws(3, replication).law("fault 0.0", "every", law)(1, 0)


def test_within_a_piece_the_law_stays_what_it_is():
    waits = Mixture.of_waits((1.0,), (0.5, 0.5), ({}, {"f": (0.9, 0.1)}))
    law = Exponential(3.0)
    times_s = np.array(
        [
            RareDraws(3, replication, Plan(Scope.RUN, ONE, waits)).law("f", "every", law)(0, 0)
            for replication in range(2000)
        ]
    )
    for inside, low, high in ((times_s < 1, 0.0, 1.0), (times_s >= 1, 1.0, np.inf)):
        known = times_s[inside]
        below, above = (law.cdf(np.array(end)) if np.isfinite(end) else 1.0 for end in (low, high))
        uniform = (law.cdf(known) - below) / (above - below)
        assert abs(uniform.mean() - 0.5) < 4 / np.sqrt(12 * len(known))


def test_a_common_fault_is_left_alone():
    luck = RareDraws(3, 0, Plan(Scope.RUN, ONE, Mixture(edges_s=(10.0,))))
    law = Exponential(3.0)
    assert luck.law("f", "every", law)(0, 0) == Draws(3, 0).law("f", "every", law)(0, 0)
    assert not luck.pieces
