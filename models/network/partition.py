"""A partition: for a while nothing gets through between one peer and the broker.

Neither side is told. What was sent before arrives. What is sent while it lasts vanishes, in both
directions; a connection sends it again until the partition is over, or until its ends miss each
other (`network.connection`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.ledger import Ledger


class Partition:
    """Whether there is one: `active` of them.

    *began* hears when the first one begins, *healed* when the last one is over.
    """

    def __init__(self, env: simpy.Environment, ledger: Ledger, name: str) -> None:
        self._env = env
        self._ledger = ledger
        self._name = name
        self.active = 0
        self.began: Callable[[], None] | None = None
        self.healed: Callable[[], None] | None = None

    def crash(self, kind: str) -> None:
        """Begin, until `restart` is called as often as this."""
        self._ledger.crashes.append((self._env.now, self._name, kind))
        self.active += 1
        if self.active == 1 and self.began is not None:
            self.began()

    def restart(self) -> None:
        """End one partition."""
        self.active -= 1
        if not self.active:
            self._ledger.restarts.append((self._env.now, self._name))
            if self.healed is not None:
                self.healed()
