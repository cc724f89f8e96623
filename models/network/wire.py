"""The wire of one peer, in one direction: packets are put on it one behind the other.

Each takes its size / bandwidth; then its way begins. The wire is the peer's own: peers do not wait
for one another. What is sent again by a connection takes no further time on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import simpy

    from models.draws import Draw


class Wire:
    """Sends *bandwidth* bytes per second; *size_bytes* gives the size of (message, attempt)."""

    def __init__(
        self, env: simpy.Environment, size_bytes: Draw[float], bandwidth_bytes_per_s: float
    ) -> None:
        self._env = env
        self._size_bytes = size_bytes
        self._bandwidth_bytes_per_s = bandwidth_bytes_per_s
        self._free_s = 0.0

    def send(self, key: int, attempt: int) -> float:
        """Take a packet; return how long (s) it is until its last byte is on its way."""
        now: float = self._env.now
        takes_s = self._size_bytes(key, attempt) / self._bandwidth_bytes_per_s
        self._free_s = max(now, self._free_s) + takes_s
        return self._free_s - now

    def clear(self) -> None:
        """Forget what has not left yet."""
        self._free_s = 0.0
