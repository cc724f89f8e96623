"""When things happen that are scheduled: at the very time, and in which order at one."""

from __future__ import annotations

from itertools import permutations

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from models.calls import ARRIVAL, DEADLINE, END, LATE, NORMAL, TIMEOUT, Call, at, at_end, put

times = st.floats(0.0, 1e6) | st.integers(0, 10_000).map(lambda number: number / 1000)


@given(times, times)
def test_a_call_comes_at_exactly_its_time(now_s, time_s):
    env, heard = simpy.Environment(now_s), []
    put(env, Call(lambda _call: heard.append(env.now)), time_s, NORMAL)
    env.run()
    assert heard == [max(now_s, time_s)]


def test_a_time_that_the_delay_misses_is_met_all_the_same():
    now_s, time_s = 0.03, 0.29
    assert now_s + (time_s - now_s) != time_s
    env, heard = simpy.Environment(now_s), []
    at(env, time_s, lambda _call: heard.append(env.now))
    env.run()
    assert heard == [time_s]


ORDER = [NORMAL, ARRIVAL, ARRIVAL + 2**31 - 1, DEADLINE, TIMEOUT, TIMEOUT + 65_535, LATE, END]


def test_priorities_are_in_the_order_of_an_instant():
    assert sorted(ORDER) == ORDER
    assert len(set(ORDER)) == len(ORDER)


@pytest.mark.parametrize("scheduled", [*permutations([NORMAL, ARRIVAL + 3, DEADLINE, LATE])])
def test_within_an_instant_the_priority_decides(scheduled):
    env, heard = simpy.Environment(), []
    for priority in scheduled:
        at(env, 1.0, lambda _call, priority=priority: heard.append(priority), priority)
    env.run()
    assert heard == sorted(scheduled)


def test_the_end_of_an_instant_comes_after_all_that_it_sets_off():
    env, heard = simpy.Environment(), []

    def late(_call):
        heard.append("late")
        at(env, env.now, lambda _call: heard.append("set off"))

    def first(_call):
        at_end(env, lambda: heard.append("end"))
        at(env, env.now, late, LATE)

    at(env, 1.0, first)
    at(env, 1.5, lambda _call: heard.append("next"))
    env.run()
    assert heard == ["late", "set off", "end", "next"]
