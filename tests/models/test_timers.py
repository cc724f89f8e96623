"""Timers of one length: they end on time, in order, and only if somebody still waits."""

from __future__ import annotations

import math

import pytest
import simpy

from models.calls import NORMAL, Call
from models.timers import Timers


class Item:
    def __init__(self, name):
        self.name = name
        self.pending = True


def ended(starts, length_s=2.0, stops=()):
    """Start a timer per name and time, stop some, and return when the others ended."""
    env = simpy.Environment()
    log = []
    timers = Timers(env, length_s, lambda item: log.append((item.name, env.now)))
    items = {name: Item(name) for name, _ in starts}

    def at(time_s, function):
        env.schedule(Call(lambda _call: function()), NORMAL, time_s)

    for name, time_s in starts:
        at(time_s, lambda name=name: timers.start(items[name]))
    for name, time_s in stops:
        at(time_s, lambda name=name: setattr(items[name], "pending", False))
    env.run(until=100)
    return log


def test_each_ends_after_its_length():
    assert ended([("a", 1.0), ("b", 1.5), ("c", 9.0)]) == [("a", 3.0), ("b", 3.5), ("c", 11.0)]


def test_who_started_first_ends_first_at_the_same_instant():
    assert ended([("a", 1.0), ("b", 1.0)]) == [("a", 3.0), ("b", 3.0)]


def test_who_no_longer_waits_is_passed_over():
    starts = [("a", 1.0), ("b", 1.5), ("c", 2.0)]
    assert ended(starts, stops=[("b", 1.75)]) == [("a", 3.0), ("c", 4.0)]
    assert ended(starts, stops=[("a", 1.75), ("b", 2.0)]) == [("c", 4.0)]


def test_a_new_timer_starts_when_all_before_have_been_forgotten():
    assert ended([("a", 1.0), ("b", 3.5)], stops=[("a", 1.5)]) == [("b", 5.5)]


def test_at_the_instant_of_its_end_everything_else_goes_first():
    # Stopped at 3.0 by an event that was scheduled after the timer was started.
    env = simpy.Environment()
    log = []
    timers = Timers(env, 2.0, lambda item: log.append(item.name))
    item = Item("a")
    timers.start(item)

    def stop(_call):
        item.pending = False

    env.schedule(Call(stop), NORMAL, 2.0)
    env.run(until=10)
    assert log == []


def test_one_may_be_started_while_another_ends():
    env = simpy.Environment()
    log = []

    def again(item):
        log.append((item.name, env.now))
        if len(log) < 4:
            timers.start(item)

    timers = Timers(env, 0.5, again)
    timers.start(Item("a"))
    env.run(until=10)
    assert log == [("a", 0.5), ("a", 1.0), ("a", 1.5), ("a", 2.0)]


def test_infinity_never_ends():
    env = simpy.Environment()
    timers = Timers(env, math.inf, pytest.fail)
    timers.start(Item("a"))
    env.run()  # there is nothing to wait for
    assert env.now == 0


@pytest.mark.parametrize("length_s", [0.1, 0.3, 1 / 3, 7.7])
def test_lengths_that_are_no_binary_fractions_end_where_the_sum_is(length_s):
    starts = [(number, number / 7) for number in range(200)]
    for number, time_s in ended(starts, length_s):
        assert time_s == pytest.approx(number / 7 + length_s, abs=1e-12)
