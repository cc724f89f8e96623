"""Sessions: who gets the next copy, and what has been handed out.

A session is one consumer's connection. The broker hands copies to the sessions in turn, as long as
their unacknowledged deliveries are fewer than the prefetch; with automatic acknowledgement nothing
is ever unacknowledged, so the prefetch bounds nothing (as in AMQP 0-9-1). A copy that comes back
may prefer another consumer than the last one, if another has room.

Where a broker sees a session end, it closes it and has back what that held. Where consumers ask for
what they get, it sees nothing: a session that is `unwatched` retires when its consumer is gone, is
given nothing more, and what it holds stays held, and can still be acknowledged.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.consumer import Consumer
    from models.message import Copy, Delivery


class Session:
    """One connection of *consumer*: it may be given `credit` deliveries more.

    `open`: answers to what it was given are taken. `unwatched`: nobody sees its end.
    """

    __slots__ = ("consumer", "credit", "life", "open", "unwatched")

    def __init__(self, consumer: Consumer, credit: float, *, unwatched: bool = False) -> None:
        self.consumer = consumer
        self.unwatched = unwatched
        self.life = consumer.life
        self.credit = credit
        self.open = True


class Sessions:
    """All sessions of a queue, and the turn among those that have room.

    `turn` are those that have room, `held` all unacknowledged deliveries, oldest first.
    """

    def __init__(self, *, prefetch: int, to_other: bool, unwatched: bool = False) -> None:
        self._prefetch = prefetch or math.inf
        self._unwatched = unwatched
        self._to_other = to_other
        self.turn: deque[Session] = deque()
        self.all: list[Session] = []
        self.held: dict[Delivery, bool] = {}  # all true

    def connect(self, consumer: Consumer) -> Session:
        """Open a session for *consumer*."""
        session = Session(consumer, self._prefetch, unwatched=self._unwatched)
        self.all.append(session)
        self.turn.append(session)
        return session

    def close(self, session: Session) -> list[Delivery]:
        """Close *session*; return what it held, oldest first."""
        session.open = False
        self._give_no_more(session)
        held = [delivery for delivery in self.held if delivery.session is session]
        for delivery in held:
            del self.held[delivery]
        return held

    def retire(self, session: Session) -> None:
        """Give *session* nothing more; what it holds stays held."""
        self._give_no_more(session)
        session.credit = -math.inf  # however much of it is settled

    def close_retired(self) -> list[Delivery]:
        """Close what has retired; return what is still held there, oldest first.

        No other session may be open.
        """
        held = list(self.held)
        self.held.clear()
        for delivery in held:
            delivery.session.open = False
        return held

    def _give_no_more(self, session: Session) -> None:
        self.all.remove(session)
        if session.credit:
            self.turn.remove(session)

    def next_for(self, copy: Copy) -> Session:
        """Give *copy* to the session whose turn it is, and return it; there must be one."""
        turn = self.turn
        if self._to_other and copy.deliveries:
            others = (n for n, other in enumerate(turn) if other.consumer.index != copy.holder)
            place = next(others, 0)
            session = turn[place]
            del turn[place]  # whom it passes over keep their turn
        else:
            session = turn.popleft()
        session.credit -= 1
        if session.credit:
            turn.append(session)
        return session

    def settle(self, delivery: Delivery) -> bool:
        """Hold *delivery* no longer; return whether it was held at all.

        Its session may have another.
        """
        if not self.held.pop(delivery, False):
            return False
        session = delivery.session
        session.credit += 1
        if session.credit == 1 and session.open:
            self.turn.append(session)
        return True
