"""Replicas that fall and come back, and how often somebody leads them: exactly, as a chain in time.

Each replica falls after an exponential time and is back after another; all are alike. What the
models do when one falls (`models.replication`), and the chain with them:

- A follower counts as in sync until its death is noticed, after an exponential time or at once; so
  does the leader, and when its death is noticed the next one is chosen. Meanwhile nobody leads.
- The last one in sync stays that. Who comes back while nobody leads is in sync no more, unless it
  is the last. Who comes back, or is up when somebody begins to lead, is in sync again at once.
- Who leads next is one of those that are up, if they are a majority; or one in sync that is up; or
  any that is up, if none in sync is. If nobody may lead, the first that returns and may, does.

A message is taken in while somebody leads and enough are in sync. What becomes of it later is not
the concern of this chain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from models.checks import positive, whole_at_least
from models.exact.continuous import long_run, mean, settling_s

if TYPE_CHECKING:
    from collections.abc import Iterator


class Election(StrEnum):
    """Who may lead next."""

    MAJORITY = "majority"  # anybody, while more than half are up
    IN_SYNC = "in_sync"  # who is in sync
    ANYBODY = "anybody"  # who is in sync, or else whoever is up


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """Rates per second: of falls, of returns, and at which a death is noticed (infinite: at once).

    `needed` must be in sync, the leader included, for a message to be taken in.
    """

    replicas: int
    falls: float
    returns: float
    notices: float = math.inf
    election: Election = Election.MAJORITY
    needed: int = 1

    def __post_init__(self) -> None:
        whole_at_least(2, replicas=self.replicas)
        whole_at_least(1, needed=self.needed)
        positive(falls=self.falls, returns=self.returns, notices=self.notices)

    def takes(self, state: State) -> bool:
        """Return whether a message that comes now is taken in."""
        return state.led and 1 + state.up + state.dead >= self.needed


class State(NamedTuple):
    """What matters at one moment. `led`: somebody leads; `vacant`: it is time to choose a leader.

    In sync are the leader, or `old`, the one that fell and is not noticed yet (0 or 1); `up` others
    that work, and `dead` others that do not, which is not noticed yet or they are the last. `out`
    of sync, and working, are some while nobody leads. All others are down, and known to be.
    """

    led: bool
    vacant: bool
    old: int
    up: int
    dead: int
    out: int

    @property
    def in_sync(self) -> int:
        """How many are in sync."""
        return self.led + self.old + self.up + self.dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The share of time in which messages are `taken` in; how often that ends, per second.

    `settling_s` (s) is how long it is remembered that all were up in the beginning.
    """

    taken: float
    interruptions_per_s: float
    settling_s: float


@lru_cache(maxsize=64)
def availability(replicas: Replicas) -> Availability:
    """Return how often *replicas* take messages in, in the long run."""
    begin = State(led=True, vacant=False, old=0, up=replicas.replicas - 1, dead=0, out=0)

    def rates(state: State) -> Iterator[tuple[float, State]]:
        return _moves(replicas, state)

    def ends(state: State) -> float:
        moves = rates(state) if replicas.takes(state) else ()
        return math.fsum(rate for rate, following in moves if not replicas.takes(following))

    shares = long_run(begin, rates)
    return Availability(
        taken=mean(shares, replicas.takes),
        interruptions_per_s=mean(shares, ends),
        settling_s=settling_s(begin, rates, replicas.takes),
    )


def _moves(replicas: Replicas, state: State) -> Iterator[tuple[float, State]]:
    """Yield what can happen in *state*, and how often."""
    fall, back = replicas.falls, replicas.returns
    at_once = math.isinf(replicas.notices)
    led, _, old, up, dead, out = state
    down = replicas.replicas - state.in_sync - out
    if led:
        beheaded = state._replace(led=False, old=1)
        yield fall, _choose(replicas, beheaded) if at_once else beheaded
    if up:
        fallen = state._replace(up=up - 1, dead=dead + 1)
        yield up * fall, _notice(fallen) if at_once else fallen
    if out:
        yield out * fall, state._replace(out=out - 1)
    if not at_once:
        if dead:
            yield dead * replicas.notices, _notice(state)
        if not (led or state.vacant):
            yield replicas.notices, _choose(replicas, state)
    for number, gone in ((old, state._replace(old=0)), (dead, state._replace(dead=dead - 1))):
        if number:
            yield number * back, _return(replicas, gone, last=state.in_sync == 1)
    if down:
        yield down * back, _return(replicas, state, last=False)


def _notice(state: State) -> State:
    """See that a replica is dead, which is in sync no more then, unless it is the last."""
    return state if state.in_sync == 1 else state._replace(dead=state.dead - 1)


def _return(replicas: Replicas, state: State, *, last: bool) -> State:
    """Have one more that works; *last*: it was the last in sync, and is it still."""
    if state.led or last:
        state = state._replace(up=state.up + 1)
    else:
        state = state._replace(out=state.out + 1)
    return _choose(replicas, state) if state.vacant else state


def _choose(replicas: Replicas, state: State) -> State:
    """Let somebody lead, if anybody may; the death of the one who led is seen now at the latest."""
    if state.old:
        state = state._replace(old=0, dead=state.dead + 1)
        state = _notice(state)
    working = state.up + state.out
    if replicas.election is Election.MAJORITY:
        found = working > replicas.replicas // 2
    else:
        found = bool(state.up or (working and replicas.election is Election.ANYBODY))
    if not found:
        return state._replace(vacant=True)
    return State(led=True, vacant=False, old=0, up=working - 1, dead=0, out=0)
