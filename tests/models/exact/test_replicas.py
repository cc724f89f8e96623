"""Who leads, and how often: against closed forms, and replica by replica."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest

from models.exact.continuous import long_run
from models.exact.replicas import Election, Replicas, availability
from models.formulas.replication import enough_work, falls_short_per_s

FALLS, RETURNS = 0.1, 0.4
UP = RETURNS / (FALLS + RETURNS)


def made(**options):
    return Replicas(**{"replicas": 3, "falls": FALLS, "returns": RETURNS, **options})


@pytest.mark.parametrize("replicas", [2, 3, 5, 7])
@pytest.mark.parametrize("election", [Election.MAJORITY, Election.ANYBODY])
def test_where_deaths_are_seen_at_once_k_of_n_are_needed(replicas, election):
    # facts 3.8: A_k/n = sum over i >= k of C(n, i) A^i (1 - A)^(n - i).
    least = replicas // 2 + 1 if election is Election.MAJORITY else 1
    for needed in range(least, replicas + 1):
        found = availability(made(replicas=replicas, election=election, needed=needed))
        of = {"availability": UP, "needed": needed, "replicas": replicas}
        assert found.taken == pytest.approx(enough_work(**of), rel=1e-12)
        often = falls_short_per_s(**of, up_mean_s=1 / FALLS)
        assert found.interruptions_per_s == pytest.approx(often, rel=1e-12)


def test_of_two_the_last_to_fall_must_come_back_first():
    """Both up, one up, none, or only the one that fell first: weights by hand, balance by balance.

    With f falls and r returns: r (r + f)/f^2, (2 r + f)/f, (r + f)/r and 1.
    """
    f, r = FALLS, RETURNS
    both, one, none, wrong = r * (r + f) / f**2, (2 * r + f) / f, (r + f) / r, 1.0
    expected = (both + one) / (both + one + none + wrong)
    found = availability(made(replicas=2, election=Election.IN_SYNC))
    assert found.taken == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(0.928)
    assert expected < enough_work(availability=UP, needed=1, replicas=2)


def test_a_death_that_is_seen_soon_is_nearly_seen_at_once():
    for election in Election:
        at_once = availability(made(election=election, needed=2)).taken
        soon = availability(made(election=election, needed=2, notices=1e5)).taken
        assert soon == pytest.approx(at_once, abs=1e-4)
        late = availability(made(election=election, needed=2, notices=0.1)).taken
        assert late < at_once - 0.1


# ---------------------------------------------------------------- replica by replica


class Moment(NamedTuple):
    """Who is up, in sync, and dead without being seen; who leads, or led until just now (`old`)."""

    up: frozenset
    members: frozenset
    unseen: frozenset = frozenset()
    leader: int | None = None
    vacant: bool = False
    old: int | None = None

    def without(self, who):
        """Let *who* be in sync no more, unless it is the last."""
        if who in self.members and len(self.members) > 1:
            return self._replace(members=self.members - {who}, unseen=self.unseen - {who})
        return self._replace(unseen=self.unseen - {who})


class Named:
    """The same system, whose replicas have names."""

    def __init__(self, replicas):
        self.replicas = replicas
        self.at_once = math.isinf(replicas.notices)
        everyone = frozenset(range(replicas.replicas))
        self.first = Moment(up=everyone, members=everyone, leader=0)

    def rates(self, now):
        for who in self.first.up:
            if who in now.up:
                yield self.replicas.falls, self.fallen(now, who)
            else:
                yield self.replicas.returns, self.returned(now, who)
        if not self.at_once:
            for who in now.unseen:
                yield self.replicas.notices, now.without(who)
            if now.leader is None and not now.vacant:
                yield self.replicas.notices, self.chosen(now)

    def fallen(self, now, who):
        then = now._replace(up=now.up - {who})
        if who == now.leader:
            then = then._replace(leader=None, old=who)
            return self.chosen(then) if self.at_once else then
        then = then._replace(unseen=now.unseen | {who})
        return then.without(who) if self.at_once else then

    def returned(self, now, who):
        then = now.without(who)
        then = then._replace(up=now.up | {who}, old=None if who == now.old else now.old)
        if now.leader is not None:
            return then._replace(members=then.members | {who})
        return self.chosen(then) if now.vacant else then

    def chosen(self, now):
        """It is time to choose: the death of the old leader is seen, and who may, leads."""
        then = now.without(now.old)._replace(old=None)
        able = then.up if len(then.up) > self.replicas.replicas // 2 else ()
        if self.replicas.election is not Election.MAJORITY:
            able = then.up & then.members
            if self.replicas.election is Election.ANYBODY:
                able = able or then.up
        if not able:
            return then._replace(vacant=True)
        return Moment(up=then.up, members=then.up, leader=min(able))


@pytest.mark.parametrize("election", Election)
@pytest.mark.parametrize("notices", [math.inf, 0.25])
@pytest.mark.parametrize(("replicas", "needed"), [(2, 1), (3, 1), (3, 2), (4, 2)])
def test_it_matters_how_many_and_not_who(election, notices, replicas, needed):
    options = made(replicas=replicas, needed=needed, election=election, notices=notices)
    named = Named(options)
    taken = sum(
        share
        for now, share in long_run(named.first, named.rates).items()
        if now.leader is not None and len(now.members) >= needed
    )
    assert availability(options).taken == pytest.approx(taken, rel=1e-9)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"replicas": 1}, "replicas must be >= 2"),
        ({"needed": 0}, "needed must be >= 1"),
        ({"falls": 0.0}, "falls must be > 0"),
    ],
)
def test_impossible_replicas_are_refused(wrong, line):
    with pytest.raises(ValueError, match=line):
        made(**wrong)
