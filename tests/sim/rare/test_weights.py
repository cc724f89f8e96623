"""Likelihood ratios, by hand and by their mean, which is 1."""

from __future__ import annotations

import numpy as np
import pytest

from models.laws import Exponential
from sim.rare.luck import RareDraws
from sim.rare.plan import Candidates, Coin, Mixture, Plan, Scope
from sim.rare.weights import names, of_messages
from sim.system import System
from tests.sim.rare.worlds import publish

LOSS = Coin("publish", "loss", 0.2)
MOVE = Coin("publish", "loss bursts", 0.1)
MIXTURE = Mixture.of_coins((0.25, 0.75), ({}, {LOSS: 0.6}))


class Told(RareDraws):
    """Luck whose notes are given."""

    def __init__(self, plan, tossed):
        super().__init__(0, 0, plan)
        self.tossed = tossed


def test_the_ratio_of_a_message_by_hand():
    plan = Plan(
        Scope.MESSAGE, Candidates(1, 0, (1.0,)), Mixture.of_coins((0.25, 0.75), ({}, {LOSS: 0.6}))
    )
    notes = [(7, 7, 1, True), (7, 7, 2, False), (7, 7, 1, True)]  # asked once more
    weights = of_messages(plan, Told(plan, {LOSS: notes}), np.array([6, 7, 8]))
    ratio = (0.6 / 0.2) * (0.4 / 0.8)
    assert weights == pytest.approx([1.0, 1 / (0.25 + 0.75 * ratio), 1.0])


def test_the_ratio_of_a_run_is_over_all_that_could_have_been_tilted():
    candidates = Candidates(2, 3, (0.5, 0.5))
    plan = Plan(Scope.RUN, candidates, MIXTURE)
    notes = [(3, 3, 1, True), (1 << 32 | 4, 1 << 32 | 4, 1, False), (9, 9, 1, True)]
    keys = np.array([0, 3, 9, 1 << 32 | 4])
    # Four candidates, each as likely; two of them have tossed nothing, and 9 is none.
    mean = (0.6 / 0.2 + 0.4 / 0.8 + 2) / 4
    expected = 1 / (0.25 + 0.75 * mean)
    assert of_messages(plan, Told(plan, {LOSS: notes}), keys) == pytest.approx([expected] * 4)


def test_each_producer_has_a_ratio_of_its_own():
    plan = Plan(
        Scope.PRODUCER,
        Candidates(2, 0, (0.25, 0.75)),
        Mixture.of_coins((0.25, 0.75), ({}, {LOSS: 0.6})),
    )
    notes = [(1, 1, 1, True), (1 << 32, 1 << 32, 1, False)]
    keys = np.array([0, 1, 1 << 32, 5 << 32])
    first = 1 / (0.25 + 0.75 * (0.25 + 0.75 * 3))
    second = 1 / (0.25 + 0.75 * (0.25 * 0.5 + 0.75))
    found = of_messages(plan, Told(plan, {LOSS: notes}), keys)
    assert found == pytest.approx([first, first, second, 1.0])


def test_the_coins_of_the_message_before_count_for_the_one_that_is_tilted():
    before = MOVE._replace(before=1)
    plan = Plan(
        Scope.PRODUCER,
        Candidates(1, 5, (1.0,)),
        Mixture.of_coins((0.5, 0.5), ({}, {MOVE: 0.4, before: 0.9})),
    )
    notes = [(4, 40, 0, True), (5, 41, 0, True), (6, 42, 0, True)]
    weights = of_messages(plan, Told(plan, {MOVE: notes}), np.array([5]))
    assert weights == pytest.approx([1 / (0.5 + 0.5 * (0.9 / 0.1) * (0.4 / 0.1))])


def test_the_ratio_of_a_fault_by_hand():
    waits = Mixture.of_waits((2.0,), (0.2, 0.8), ({}, {"fault 0.0": (0.7, 0.3)}))
    plan = Plan(Scope.RUN, Candidates(1, 0, (1.0,)), waits)
    for replication in range(20):
        luck = RareDraws(0, replication, plan)
        came = luck.law("fault 0.0", "every", Exponential(1000.0))(0, 0) < 2.0
        nominal = -np.expm1(-2.0 / 1000.0)
        ratio = 0.7 / nominal if came else 0.3 / (1 - nominal)
        assert of_messages(plan, luck, np.array([0]))[0] == pytest.approx(1 / (0.2 + 0.8 * ratio))


def test_no_weight_is_above_the_bound_and_their_mean_is_one():
    coin = Coin("publish", "loss", 0.03)
    plan = Plan(
        Scope.MESSAGE,
        Candidates(1, 0, (1.0,)),
        Mixture.of_coins((0.2, 0.5, 0.3), ({}, {coin: 0.5}, {coin: 0.9})),
    )
    experiment = publish(run={"messages": 4000})
    luck = RareDraws(0, 0, plan)
    system = System(experiment, 0, draws=luck)
    system.run()
    weights = of_messages(plan, luck, names(system.ledger, system.census.measured))
    assert plan.largest_weight == pytest.approx(5.0)
    assert weights.max() <= 5.0
    assert abs(weights.mean() - 1) < 4 * weights.std() / np.sqrt(len(weights))


def test_names_are_those_that_the_draws_know():
    system = System(publish(producer={"instances": 3}), 0)
    system.run()
    ledger = system.ledger
    counts = {}
    expected = []
    for producer in ledger.created.column("producer").tolist():
        number = counts[producer] = counts.get(producer, -1) + 1
        expected.append(producer << 32 | number)
    assert names(ledger, range(10, 200)).tolist() == expected[10:200]
