"""The way to a follower and back: first sent, first there, and nothing after a cut."""

from __future__ import annotations

import simpy

from models.calls import at
from models.laws import Constant, Uniform
from models.replication.follower import Way
from tests.models.replication.shared import (
    IN_SYNC,
    MAJORITY,
    conserved,
    dropped,
    fall,
    replicas,
    replication,
    slow,
)
from tests.models.world import consumer_options, rows


def sent(*happenings, cuts_s=()):
    """When each thing is there that is sent at a time with a delay: (number, time)."""
    env = simpy.Environment()
    way, there = Way(env), []

    def send(number, delay_s):
        way.send(delay_s, lambda: there.append((number, env.now)))

    for number, (time_s, delay_s) in enumerate(happenings):
        at(env, time_s, lambda _call, n=number, d=delay_s: send(n, d))
    for time_s in cuts_s:
        at(env, time_s, lambda _call: way.cut())
    env.run()
    return there


def test_each_takes_its_own_delay():
    assert sent((1.0, 0.5), (2.0, 0.25)) == [(0, 1.5), (1, 2.25)]


def test_nothing_overtakes_what_was_sent_before():
    assert sent((1.0, 3.0), (2.0, 0.5), (2.0, 0.0), (3.5, 1.0)) == [
        *((0, 4.0), (1, 4.0), (2, 4.0)),
        (3, 4.5),
    ]


def test_what_is_on_its_way_at_a_cut_never_arrives_and_holds_nothing_up():
    assert sent((1.0, 3.0), (2.0, 0.5), (2.5, 0.5), cuts_s=[2.25]) == [(2, 3.0)]


def test_what_a_dead_leader_alone_has_are_the_records_of_its_last_delay():
    world = replicas(5.5, 5.625, 5.75, 5.875, confirm_by=IN_SYNC, falls=[(0, fall(6.0))])
    ledger = conserved(world)
    # That of 5.75 would be there at the very instant of the fall, which goes first.
    assert [(row, time_s) for row, time_s, _ in dropped(ledger)] == [(2, 11.0), (3, 11.0)]
    assert rows(ledger.effected) == [(0, 11.5), (1, 11.5)]


def test_an_acknowledgement_of_a_consumer_goes_the_same_way_as_the_records():
    # Consumed at 1.0, while the record is on its way until 4.0: its removal is there then, too.
    world = replicas(1.0, replicas=2, delivers_replicated=False, falls=[(0, fall(4.125))])
    world.draws = slow(1, delays={0: 3.0})
    ledger = conserved(world)
    assert rows(ledger.effected) == [(0, 1.0)]
    assert not len(ledger.recovered)
    world.broker_faults = (fall(3.875),)  # before the next leader has heard of either
    assert not len(conserved(world).recovered)


def test_a_follower_that_was_away_is_told_of_everything_in_one_delay():
    # Replica 1 is away from 2.0 to 6.0, and not in sync until its word is back.
    world = replicas(
        *(2.5, 3.5, 4.5), replicas=2, confirm_by=MAJORITY, falls=[(1, fall(2.0, lasts_s=4.0))]
    )
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 6.5), (1, 6.5), (2, 6.5)]


def test_what_is_appended_after_it_has_asked_comes_with_its_own_delay():
    # It asks at 6.0, and the answer is there at 8.0; the record of 7.5 is there at 9.5.
    world = replicas(
        *(2.5, 7.5),
        replicas=2,
        confirm_by=MAJORITY,
        delay=Constant(2.0),
        falls=[(1, fall(2.0, lasts_s=4.0))],
    )
    ledger = conserved(world)
    assert rows(ledger.confirmed) == [(0, 8.25), (1, 9.75)]


def test_each_thing_has_luck_of_its_own():
    # Whether others are sent or not, the record of 9.0 takes as long.
    law = replication(delay=Uniform(low_s=0.0, high_s=0.5))
    later = []
    for created_s in [(9.0,), (9.0, 9.125), (9.0, 9.0625, 9.125)]:
        world = replicas(*created_s, confirm_by=MAJORITY, delay=law.delay)
        world.consumer = consumer_options(start=Constant(20.0))
        later.append(rows(world.run().confirmed)[0])
    assert len(set(later)) == 1
