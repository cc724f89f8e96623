"""A queue whose consumers break down, behind a broker that falls, as a chain in time.

Messages arrive at random; each of the consumers that are up works on `hands` of them at once, each
for an exponential time; up to `room` more are ready and wait, and what finds that full is turned
away, or pushes out the oldest. All times are exponential, so that it matters neither who works on
what nor for how long.

What the models do, and the chain with them:

- A consumer that breaks down gives back what it held, at once and to the head of the queue; there
  may then be more ready than there is room for. The work was for nothing, and begins again.
- A broker that falls takes nothing in until it is back. It keeps what was ready and what was being
  worked on (a crash of the process, of what is in the page cache), or forgets all of it (what was
  in memory only).
- Its consumer works on through that, for an acknowledgement that means nothing any more. When the
  broker is back, it is given so many messages as it has hands, but each waits until a hand is free
  of such stale work. With several consumers it would depend on whose turn it is who waits, so a
  broker that falls has one consumer here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from models.checks import at_least, positive, probability, whole_at_least

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Rates per second. `service` is that of one hand, `failure` the share of work that fails.

    Work that fails is given back at once. `room`: None for no bound. Of the consumers, `mortal` can
    break down, each by itself or, `together`, all of them at once. `keeps`: a broker that falls
    still has what it had.
    """

    arrivals: float
    service: float
    failure: float = 0.0
    consumers: int = 1
    hands: int = 1
    room: int | None = None
    mortal: int = 0
    together: bool = False
    breakdowns: float = 0.0
    repairs: float = 0.0
    falls: float = 0.0
    rises: float = 0.0
    keeps: bool = True

    def __post_init__(self) -> None:
        positive(arrivals=self.arrivals, service=self.service)
        probability(failure=self.failure)
        whole_at_least(1, consumers=self.consumers, hands=self.hands)
        whole_at_least(0, mortal=self.mortal)
        at_least(0, falls=self.falls)
        if self.room is not None:
            whole_at_least(1, room=self.room)
        if self.mortal > self.consumers:
            raise ValueError(f"mortal must be <= consumers = {self.consumers}, got {self.mortal}")
        if self.mortal:
            positive(breakdowns=self.breakdowns, repairs=self.repairs)
        if self.falls:
            positive(rises=self.rises)
            if self.consumers > 1:
                raise ValueError(f"consumers must be 1 if the broker falls, got {self.consumers}")

    @property
    def units(self) -> int:
        """How many breakdowns there can be at once."""
        return min(self.mortal, 1) if self.together else self.mortal

    def working(self, state: State) -> int:
        """Return the hands of the consumers that are up."""
        lost = state.down * (self.mortal if self.together else 1)
        return (self.consumers - lost) * self.hands

    def at_work(self, state: State) -> int:
        """Return how many messages are worked on that the broker will hear of."""
        return min(state.held, self.working(state) - state.stale) if state.open else 0

    def takes(self, state: State) -> bool:
        """Return whether a message that comes now is taken in."""
        if not state.open:
            return False
        given_out = min(state.held, self.working(state))
        return self.room is None or state.held - given_out < self.room


class State(NamedTuple):
    """What matters at one moment: `held` messages, breakdowns, the broker, hands at stale work."""

    held: int
    down: int
    open: bool
    stale: int


EMPTY = State(held=0, down=0, open=True, stale=0)


def moves(station: Station, edge: int, state: State) -> Iterator[tuple[float, State]]:
    """Yield what can happen in *state*, and how often; there is no room for more than *edge*."""
    if station.takes(state) and state.held < edge:
        yield station.arrivals, state._replace(held=state.held + 1)
    at_work = station.at_work(state)
    if at_work:
        done = at_work * station.service * (1.0 - station.failure)
        yield done, state._replace(held=state.held - 1)
    if state.stale:
        yield state.stale * station.service, state._replace(stale=state.stale - 1)
    if station.units > state.down:
        often = (station.units - state.down) * station.breakdowns
        # Stale work there is only with one consumer, and it is gone with that.
        yield often, state._replace(down=state.down + 1, stale=0)
    if state.down:
        yield state.down * station.repairs, state._replace(down=state.down - 1)
    if station.falls and state.open:
        kept = state.held if station.keeps else 0
        yield station.falls, State(kept, state.down, False, state.stale + at_work)
    if not state.open:
        yield station.rises, state._replace(open=True)
