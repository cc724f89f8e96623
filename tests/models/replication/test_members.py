"""Who is in sync: the set of members by itself, and the eye on those who are behind."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import simpy

from models.calls import at
from models.replication.in_sync import InSync


class Watch:
    """Three members, and the times at which one fewer was heard of."""

    def __init__(self, lag_timeout_s=3.0):
        self.env = simpy.Environment()
        self.left_s = []
        self.in_sync = InSync(
            self.env, 3, lag_timeout_s, left=lambda: self.left_s.append(self.env.now)
        )

    def run(self, *happenings):
        for time_s, happening in happenings:
            at(self.env, time_s, lambda _call, do=happening: do())
        self.env.run()
        return self.left_s


class Late:
    """Follower 1, as far as it is looked at."""

    def __init__(self, caught_up_s=0.0):
        self.replica = SimpleNamespace(index=1)
        self.caught_up_s = caught_up_s
        self.behind = True


def test_all_are_members_at_first():
    assert Watch().in_sync.members == {0, 1, 2}


def test_the_last_one_never_leaves():
    watch = Watch()
    for index in (0, 2, 1):
        watch.in_sync.leave(index)
    assert watch.in_sync.members == {1}
    assert len(watch.left_s) == 2


def test_who_is_no_member_cannot_leave_and_who_is_one_cannot_join():
    watch = Watch()
    watch.in_sync.leave(1)
    watch.in_sync.leave(1)
    assert len(watch.left_s) == 1
    assert watch.in_sync.join(1)
    assert not watch.in_sync.join(1)


@pytest.mark.parametrize(
    ("leader", "others", "members"),
    [(0, (0, 1), {0, 1}), (1, (0, 1, 2), {0, 1}), (2, (), {2}), (2, (0,), {0, 2})],
)
def test_a_new_leader_is_a_member_and_makes_no_other_one(leader, others, members):
    watch = Watch()
    watch.in_sync.leave(2)
    watch.in_sync.lead(leader, others)
    assert watch.in_sync.members == members


def test_who_is_behind_for_too_long_leaves():
    watch, late = Watch(), Late(caught_up_s=1.0)
    assert watch.run((2.0, lambda: watch.in_sync.watch(late))) == [4.0]
    assert watch.in_sync.members == {0, 2}


def test_who_is_behind_for_too_long_already_leaves_at_once():
    watch, late = Watch(), Late(caught_up_s=1.0)
    assert watch.run((7.0, lambda: watch.in_sync.watch(late))) == [7.0]


def test_who_catches_up_in_time_stays():
    watch, late = Watch(), Late()
    watch.run(
        (1.0, lambda: watch.in_sync.watch(late)), (2.0, lambda: vars(late).update(behind=False))
    )
    assert watch.in_sync.members == {0, 1, 2}


def test_who_is_behind_by_other_records_each_time_stays_as_long_as_it_goes_on():
    watch, late = Watch(), Late()
    watch.run(
        (1.0, lambda: watch.in_sync.watch(late)),
        (2.0, lambda: vars(late).update(caught_up_s=1.5)),
        (4.0, lambda: vars(late).update(caught_up_s=3.0)),
        (4.0, lambda: watch.in_sync.watch(late)),  # it is watched already
    )
    assert watch.left_s == [6.0]


def test_nobody_is_seen_to_be_behind_while_nobody_leads():
    watch, late = Watch(), Late()
    watch.run(
        (1.0, lambda: watch.in_sync.watch(late)),
        (2.0, watch.in_sync.rest),
        (5.0, lambda: vars(late).update(caught_up_s=5.0)),
        (5.0, lambda: watch.in_sync.watch(late)),
    )
    assert watch.left_s == [8.0]


def test_without_a_bound_nobody_is_ever_too_late():
    watch = Watch(lag_timeout_s=math.inf)
    assert watch.run((1.0, lambda: watch.in_sync.watch(Late()))) == []
