"""What a broker asks of a consumer group, whatever its shape.

A group of a queue (`broker.group`) hands its copies out, one of a log (`log.group`) lets its
members read. Both get what is published to them from the broker, which also decides, for each copy
that is there when it falls, whether it survives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import TypeAlias

    from models.broker.sessions import Session
    from models.consumer import Consumer
    from models.ledger import Cause
    from models.message import Copy, Delivery, Message, Packet

    Held: TypeAlias = tuple[Copy, Delivery | None]
    """A copy that a group has, and who works on it, if anybody does."""


class ConsumerGroup(Protocol):
    """Group `index` (0, 1, …). It gets messages only while it is `subscribed`."""

    index: int
    subscribed: bool

    @property
    def full(self) -> bool:
        """Whether there is no room for one more copy."""

    def add(self, message: Message, packet: Packet | None, now_s: float) -> Copy:
        """Take in a copy of *message*, which *packet* brought."""

    def offer(self, now_s: float) -> None:
        """Let consumers have what is there, as far as they have room."""

    def shed(self) -> None:
        """Drop the first copy in favour of a new one."""

    def connect(self, consumer: Consumer) -> None:
        """Give *consumer* a session now, or as soon as the broker is up."""

    def lost(self, session: Session) -> None:
        """See that the consumer of *session* is dead."""

    def settle(self, delivery: Delivery, now_s: float) -> None:
        """Take the consumer's answer to *delivery*."""

    def halt(self) -> list[Held]:
        """Serve no longer, and return every copy with who works on it.

        The caller says of each what becomes of it, `keep` or `lose`, before or when it lets the
        group `resume`.
        """

    def keep(self, held: list[Held]) -> None:
        """Have these copies, and no others."""

    def lose(self, held: Held, cause: Cause) -> None:
        """Let one of the held copies be gone."""

    def withdraw(self, copy: Copy, cause: Cause) -> None:
        """Let *copy* be gone, wherever it is, while the broker goes on; who has it may finish."""

    def restore(self, copy: Copy) -> None:
        """Take back a *copy* whose removal was undone; the caller keeps it like the others."""

    def resume(self) -> None:
        """Serve again, with what was kept."""
