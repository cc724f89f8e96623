"""What the sockets of a system without a broker are told."""

from __future__ import annotations

from dataclasses import dataclass

from models.checks import at_least


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketOptions:
    """Sockets of producers. `subscribers` > 0: PUB, with so many; else PUSH, or REQ.

    `capacity` (messages, 0 for no bound) bounds both ends of a pipe, each by itself: it is
    ZMQ_SNDHWM of the producer, for what has not left, and ZMQ_RCVHWM of the consumer, for what it
    has received, or will have, and nobody has begun to work on. Both are 1000 in libzmq.

    `drops`: a PUSH whose pipes are all full drops the message instead of waiting, as a sender does
    that sends with ZMQ_DONTWAIT and does not care for EAGAIN. A PUB always does.
    """

    capacity: int = 0
    subscribers: int = 0
    drops: bool = False

    def __post_init__(self) -> None:
        at_least(0, capacity=self.capacity, subscribers=self.subscribers)
