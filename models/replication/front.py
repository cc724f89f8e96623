"""The part of a broker that meets producers and consumers, wherever the leader is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from models.ledger import Cause
    from models.message import Copy


class Front(Protocol):
    """The part of a broker that serves producers and consumers, wherever the leader is."""

    def halt(self) -> None:
        """Serve no longer."""

    def serve(self, copies: list[Copy], restored: list[Copy]) -> None:
        """Serve again, with these *copies*, and those that were *restored*."""

    def lose(self, copy: Copy, cause: Cause) -> None:
        """Let *copy* be gone, while nobody serves."""

    def refused(self, copy: Copy) -> None:
        """Let go of *copy*, which the leader cannot write."""

    def reveal(self, copies: list[Copy]) -> None:
        """Let consumers have *copies*."""
