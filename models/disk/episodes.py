"""Bad times of a disk: it is slow, or full, and then it is not any more.

Slow: writes and syncs that begin take `factor` times as long. Full: every write is refused. Both
go on whatever becomes of the broker; several at once add up, a disk that is slow twice is slow by
the product. What is in the page cache already has its place on a full disk, and a removal needs no
room. A watermark that stops producers before the disk is full (RabbitMQ's `disk_free_limit`) is not
simulated.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.faults import FaultOptions, Victim
    from models.ledger import Ledger


class DiskFault(StrEnum):
    """What can befall a disk."""

    SLOW = "slow"
    FULL = "full"


class Pace:
    """How many times slower than it should be a disk is: `slowness`."""

    __slots__ = ("_factors", "slowness")

    def __init__(self) -> None:
        self._factors: list[float] = []
        self.slowness = 1.0

    def slow_down(self, factor: float) -> None:
        """Take *factor* times as long from now on."""
        self._factors.append(factor)
        self.slowness = math.prod(self._factors)

    def speed_up(self, factor: float) -> None:
        """Undo one `slow_down` by *factor*."""
        self._factors.remove(factor)
        self.slowness = math.prod(self._factors)


class Ailing(Protocol):
    """What a bad time does to a disk."""

    name: str
    pace: Pace

    def fill(self) -> None:
        """Have no room for more."""

    def make_room(self) -> None:
        """Have room again."""


class Episode:
    """A fault of a disk, as a victim of faults knows it: it begins with `crash`."""

    def __init__(
        self,
        env: simpy.Environment,
        ledger: Ledger,
        name: str,
        *,
        begin: Callable[[], None],
        end: Callable[[], None],
    ) -> None:
        self._env = env
        self._ledger = ledger
        self._name = name
        self._begin = begin
        self._end = end

    def crash(self, kind: str) -> None:
        """Begin to be slow or full."""
        self._ledger.crashes.append((self._env.now, self._name, kind))
        self._begin()

    def restart(self) -> None:
        """End it."""
        self._ledger.restarts.append((self._env.now, self._name))
        self._end()


def episode(
    env: simpy.Environment,
    ledger: Ledger,
    disk: Ailing,
    fault: FaultOptions,
) -> Victim:
    """Return *disk* as the victim of *fault* (of a `DiskFault` kind)."""
    if DiskFault(fault.kind) is DiskFault.FULL:
        return Episode(env, ledger, disk.name, begin=disk.fill, end=disk.make_room)
    pace, factor = disk.pace, fault.factor
    return Episode(
        env,
        ledger,
        disk.name,
        begin=lambda: pace.slow_down(factor),
        end=lambda: pace.speed_up(factor),
    )
