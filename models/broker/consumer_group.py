"""What a broker asks of a consumer group, whatever its shape.

A group of a queue (`broker.group`) hands its copies out, one of a log (`log.group`) lets its
members read. Both get what is published to them from the broker, which also decides, for each copy
that is there when it falls, whether it survives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from models.consumer.home import Home

if TYPE_CHECKING:
    from typing import TypeAlias

    from models.ledger import Cause
    from models.message import Copy, Delivery, Message, Packet

    Held: TypeAlias = tuple[Copy, Delivery | None]
    """A copy that a group has, and who works on it, if anybody does."""


class Audience(Protocol):
    """Whoever gets copies of its own, as group `index` (0, 1, …), while it is `subscribed`."""

    index: int

    @property
    def subscribed(self) -> bool:
        """Whether it is to get what is published now."""

    @property
    def full(self) -> bool:
        """Whether there is no room for one more copy."""

    def add(self, message: Message, packet: Packet, now_s: float) -> Copy:
        """Take in a copy of *message*, which *packet* brought."""


class ConsumerGroup(Audience, Home, Protocol):
    """A group at a broker."""

    def offer(self, now_s: float) -> None:
        """Let consumers have what is there, as far as they have room."""

    def reveal(self, copy: Copy) -> None:
        """Let consumers have *copy*, which is committed."""

    def shed(self) -> None:
        """Drop the first copy in favour of a new one."""

    def halt(self) -> list[Held]:
        """Serve no longer, and return every copy with who works on it.

        The caller says of each what becomes of it, `keep` or `lose`, before or when it lets the
        group `resume`.
        """

    def forsake(self, held: list[Held]) -> None:
        """Wait no longer for those who work on these copies."""

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
