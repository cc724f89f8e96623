"""The machine of a broker that has only one: its disk, and what a crash leaves of it all.

The broker comes back with exactly what the machine still holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from models.disk import Disk
from models.outage import BrokerFault

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.broker.confirms import Confirms
    from models.disk import DiskOptions
    from models.draws import Draws
    from models.ledger import Ledger
    from models.message import Copy


class Tenant(Protocol):
    """The broker, as its machine knows it."""

    def fall(self, fault: BrokerFault, undone: list[Copy]) -> None:
        """Serve no longer, and keep what survives *fault*, with the copies that come back."""

    def rise(self) -> None:
        """Serve again, with what was kept."""

    def refused(self, copy: Copy) -> None:
        """Let go of *copy*, which the disk cannot write."""


class Machine:
    """Where *tenant* runs. `append` writes a copy, `erase` the removal of one."""

    def __init__(
        self,
        env: simpy.Environment,
        options: DiskOptions,
        *,
        tenant: Tenant,
        confirms: Confirms,
        removed: Callable[[Copy], None],
        keeps_removals: bool,
        ledger: Ledger,
        draws: Draws,
    ) -> None:
        self._env = env
        self._ledger = ledger
        self._tenant = tenant
        self.disk = Disk(
            env,
            options,
            draws,
            written=confirms.written,
            synced=confirms.synced,
            removed=removed,
            refused=tenant.refused,
            keeps_removals=keeps_removals,
        )
        self.append, self.erase = self.disk.append, self.disk.remove
        self._outages = 0

    def crash(self, kind: str) -> None:
        """Fall, as *kind* says (a `BrokerFault`), until `restart` is called as often as this."""
        fault = BrokerFault(kind)
        self._outages += 1
        self._ledger.crashes.append((self._env.now, "broker", kind))
        undone = self.disk.stop(power_loss=fault is BrokerFault.POWER_LOSS)
        if fault is BrokerFault.DISK_LOSS:
            self.disk.wipe()
        self._tenant.fall(fault, undone)

    def restart(self) -> None:
        """Recover from one crash; serve again if it was the last."""
        self._outages -= 1
        if self._outages:
            return
        self._ledger.restarts.append((self._env.now, "broker"))
        self.disk.start()
        self._tenant.rise()
