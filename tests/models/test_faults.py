"""Schedules of faults: when they strike, how long they last."""

from __future__ import annotations

import pytest
import simpy

from models.draws import Draws
from models.faults import FaultOptions, Together, befall
from models.laws import Constant, Exponential, Uniform
from tests.models.luck import FixedLuck

SECOND = Constant(1.0)


class Diary:
    """A victim that writes down what befalls it."""

    def __init__(self, env):
        self.env = env
        self.entries = []

    def crash(self, kind):
        self.entries.append((self.env.now, kind))

    def restart(self):
        self.entries.append((self.env.now, "back"))


def diary(*faults, until_s=20.0, draws=None):
    env = simpy.Environment()
    victim = Diary(env)
    for place, fault in enumerate(faults):
        befall(env, fault, victim, draws or Draws(1, 0), f"fault {place}")
    env.run(until=until_s)
    return victim.entries


def test_a_fault_at_given_times():
    fault = FaultOptions(kind="fire", at_s=(2.0, 5.0), lasts=SECOND)
    assert diary(fault) == [(2.0, "fire"), (3.0, "back"), (5.0, "fire"), (6.0, "back")]


def test_given_times_need_no_order_and_may_overlap():
    fault = FaultOptions(kind="fire", at_s=(5.0, 2.0), lasts=Constant(4.0))
    assert diary(fault) == [(2.0, "fire"), (5.0, "fire"), (6.0, "back"), (9.0, "back")]


def test_a_fault_that_lasts_no_time_is_over_at_once():
    assert diary(FaultOptions(kind="fire", at_s=(2.0,), lasts=Constant(0.0))) == [
        (2.0, "fire"),
        (2.0, "back"),
    ]


def test_the_up_time_runs_from_the_end_of_one_to_the_next():
    fault = FaultOptions(kind="fire", every=Constant(4.0), lasts=SECOND)
    assert diary(fault, until_s=15.0) == [
        (4.0, "fire"),
        (5.0, "back"),
        (9.0, "fire"),
        (10.0, "back"),
        (14.0, "fire"),
    ]


def test_each_fault_has_times_of_its_own():
    luck = FixedLuck(
        times={
            "fault 0.every": {(0, 0): 1.0, (1, 0): 3.0, (2, 0): 50.0},
            "fault 0.lasts": {(0, 0): 0.5, (1, 0): 2.0},
        }
    )
    half = Uniform(low_s=0.0, high_s=1.0)
    assert diary(FaultOptions(kind="fire", every=half, lasts=half), draws=luck) == [
        (1.0, "fire"),
        (1.5, "back"),
        (4.5, "fire"),
        (6.5, "back"),
    ]


def test_several_faults_know_nothing_of_one_another():
    fire = FaultOptions(kind="fire", at_s=(2.0,), lasts=Constant(4.0))
    flood = FaultOptions(kind="flood", every=Constant(3.0), lasts=SECOND)
    assert diary(fire, flood, until_s=8.0) == [
        (2.0, "fire"),
        (3.0, "flood"),
        (4.0, "back"),
        (6.0, "back"),
        (7.0, "flood"),
    ]


def test_the_luck_of_a_fault_is_named_by_its_number():
    options = FaultOptions(kind="fire", every=Exponential(2.0), lasts=Exponential(0.5))
    assert diary(options) == diary(options)
    assert diary(options) != diary(options, draws=Draws(1, 1))
    both = diary(options, options)
    assert sorted(both) == both
    assert set(diary(options)) < set(both)  # the second fault has other times


def test_victims_together_suffer_the_same_at_the_same_times():
    env = simpy.Environment()
    victims = [Diary(env), Diary(env)]
    fault = FaultOptions(kind="fire", every=Exponential(2.0), lasts=Exponential(0.5))
    befall(env, fault, Together(victims), Draws(1, 0), "fault 0")
    env.run(until=20.0)
    assert victims[0].entries == victims[1].entries == diary(fault)
    assert len(victims[0].entries) > 5


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, "exactly one of every and at_s must be given"),
        ({"every": SECOND, "at_s": (1.0,)}, "exactly one of every and at_s must be given"),
        ({"at_s": (1.0, -1.0)}, r"at_s\[1\] must be >= 0, got -1.0"),
        ({"at_s": (1.0,), "factor": 0.5}, "factor must be >= 1, got 0.5"),
        ({"every": Constant(0.0)}, "every must have a mean > 0, got 0.0"),
    ],
)
def test_impossible_faults_are_refused(changes, error):
    with pytest.raises(ValueError, match=error):
        FaultOptions(kind="fire", lasts=SECOND, **changes)
