"""Splitting: branches share their past, and count together for one run."""

from __future__ import annotations

import numpy as np
import pytest

from models.draws import Draws
from sim.config import from_mapping
from sim.rare.branches import Forking
from sim.rare.levels import queued, tried
from sim.rare.splitting import Fork, Run, Steps, find_levels, replicate
from sim.system import System
from tests.sim.rare.worlds import publish

QUEUE = {
    "run": {"messages": 60, "warmup": "0 s", "replications": 20, "rare": {"method": "splitting"}},
    "producer": {
        "retries": 0,
        "confirm": False,
        "arrivals": {"law": "poisson", "rate": "50/s"},
    },
    "network": {"publish": {"loss": 0.0, "delay": "0 s"}, "deliver": {"delay": "0 s"}},
    "broker": {
        "confirm_when": "received",
        "capacity": 4,
        "overflow": "drop_new",
        "persistent": False,
    },
    "consumer": {"service": {"law": "exponential", "mean": "10 ms"}, "failure": 0.0},
}
"""Five places at half load, one of them with the consumer."""


def times(system):
    ledger = system.ledger
    kinds = (ledger.created, ledger.stored, ledger.effected, ledger.dropped)
    return [list(zip(kind.messages(), kind.times_s(), strict=True)) for kind in kinds]


@pytest.mark.parametrize("experiment", [from_mapping(QUEUE), publish(run={"messages": 100})])
def test_luck_that_never_forks_is_the_luck_of_every_day(experiment):
    forking = System(experiment, 3, draws=Forking(0, 3))
    assert not forking.play(lambda: False)
    plain = System(experiment, 3, draws=Draws(0, 3))
    plain.run()
    for mine, theirs in zip(times(forking), times(plain), strict=True):
        assert [row for row, _ in mine] == [row for row, _ in theirs]
        assert [at for _, at in mine] == pytest.approx([at for _, at in theirs])


def test_a_branch_shares_the_past_and_nothing_else():
    experiment = from_mapping(QUEUE)
    runs = [Run(experiment, 0, (Fork(120, name),)) for name in ("/a", "/b", "/a")]
    for run in runs:
        run.play(np.inf)
    mine, other, same = (times(run.system)[1] for run in runs)
    assert mine == same
    assert mine != other
    shared = next(
        place for place, pair in enumerate(zip(mine, other, strict=False)) if len(set(pair)) > 1
    )
    assert shared > 20  # of 60 messages and 120 events


def test_a_number_once_told_is_kept():
    luck = Forking(1, 0)
    coin = luck.uniform("link", "loss")
    before = coin(5, 1)
    luck.fork("/1")
    assert coin(5, 1) == before
    assert coin(6, 1) != Draws(1, 0).uniform("link", "loss")(6, 1)
    assert luck.uniform("producer", "order_key")(5, 0) == Draws(1, 0).uniform(
        "producer", "order_key"
    )(5, 0)


def test_the_level_of_a_queue_is_what_it_holds():
    system = System(from_mapping(QUEUE), 0, draws=Forking(0, 0))
    level, seen = queued(system), []
    system.play(lambda: seen.append(level()))
    assert min(seen) >= 0
    assert max(seen) <= 5
    assert seen[-1] <= 1


def test_the_level_of_a_message_is_what_went_wrong_with_it():
    loud = publish(
        run={"messages": 1},
        network={"publish": {"loss": 0.6}},
        consumer={"failure": 0.6},
        producer={"arrivals": {"law": "regular", "rate": "1/s"}},
    )
    highest = []
    for replication in range(200):
        system = System(loud, replication, draws=Forking(0, replication))
        level = tried(system, 0)
        found = []
        system.play(lambda level=level, found=found: found.append(level()))
        ledger = system.ledger
        # One message is measured; those behind it do not count.
        first = system.census.first
        lost = int((ledger.dropped.messages() == first).sum())
        raised = int((ledger.raised.messages() == first).sum())
        assert found == sorted(found)
        assert found[-1] == lost + raised
        highest.append(found[-1])
    assert max(highest) > 4


def test_all_branches_together_count_for_one_run():
    experiment = from_mapping(QUEUE)
    for steps in (Steps((), (), 0, 0), Steps((2, 4), (3, 2), 0, 0)):
        sample = replicate(experiment, 0, steps)
        assert sample.messages == 60
        assert sample.sums["lost"].denominator == pytest.approx(60)


def test_levels_do_not_change_what_is_expected():
    """M/M/1/5 at half load, from empty: the same share lost whatever the levels."""
    experiment = from_mapping(QUEUE)
    found = []
    for steps, roots in ((Steps((), (), 0, 0), 400), (Steps((3, 4), (3, 3), 0, 0), 200)):
        shares = np.array(
            [
                replicate(experiment, root, steps).sums["lost"].numerator / 60
                for root in range(roots)
            ]
        )
        found.append((shares.mean(), shares.std(ddof=1) / np.sqrt(roots)))
    (plain, its), (split, their) = found
    assert abs(plain - split) < 4 * np.hypot(its, their)
    assert plain > 4 * its


def test_a_pilot_finds_levels_one_above_the_other():
    steps = find_levels(from_mapping(QUEUE))
    assert list(steps.levels) == sorted(set(steps.levels))
    assert len(steps.levels) == len(steps.branches) >= 1
    assert steps.work > 0


def test_a_number_that_several_ask_for_is_one_number():
    luck = Forking(1, 0)
    one, other = luck.uniform("message", "poison"), luck.uniform("message", "poison")
    before = one(5, 0)
    luck.fork("/1")
    assert other(5, 0) == before


def test_cousins_have_luck_of_their_own():
    def after(*forks):
        luck = Forking(1, 0)
        coin = luck.uniform("link", "loss")
        for fork in forks:
            luck.fork(fork)
        return coin(3, 1)

    assert after("/0.0", "/1.0") != after("/0.1", "/1.0")


def test_two_levels_in_one_event_are_two_forks():
    experiment = from_mapping(QUEUE)
    run = Run(experiment, 0, (Fork(50, "/a"), Fork(50, "/b")))
    run.play(np.inf)
    other = Run(experiment, 0, (Fork(50, "/a/b"),))
    other.play(np.inf)
    assert times(run.system) == times(other.system)


def test_poison_stays_poison_whoever_gets_the_message():
    """Two consumers ask for the same coin; .2 of the messages are poison and parked."""
    poison = publish(
        run={"messages": 1, "rare": {"method": "splitting", "estimate": "dead_lettered"}},
        producer={"arrivals": {"law": "regular", "rate": "1/s"}},
        network={"publish": {"loss": 0.0}},
        consumer={"poison": 0.2, "instances": 2},
        broker={"redelivery": {"limit": 4, "ack_timeout": "100 ms"}},
    )
    samples = [replicate(poison, root, Steps((1, 2, 3), (2, 2, 2), 0, 0)) for root in range(300)]
    share = np.mean([sample.sums["dead_lettered"].numerator for sample in samples])
    assert abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 300)
