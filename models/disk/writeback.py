"""The operating system's own hand: what stays dirty for too long is written back without a sync.

Linux notes when a file was first dirtied (`dirtied_when` in include/linux/fs.h), and writes back
all of it that is dirty when that is longer ago than `vm.dirty_expire_centisecs`, 30 s by default
(Documentation/admin-guide/sysctl/vm.rst, fs/fs-writeback.c). Redis says of `appendfsync no` that
Linux normally flushes data every 30 seconds (Redis persistence). Here it happens at that very time;
really a flusher thread looks every 5 s (`dirty_writeback_centisecs`), and earlier when much memory
is dirty.

It goes on whether the broker's process runs or not. A power loss ends it, with all that is dirty.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simpy.events import URGENT

from models.calls import Call, at

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy


class Writeback:
    """Calls `look` when something may have been dirty for *age_s* seconds: one event at a time."""

    def __init__(self, env: simpy.Environment, age_s: float, look: Callable[[], None]) -> None:
        self._env = env
        self._age_s = age_s
        self._look = look
        self._next_s = math.inf

    def is_due(self, since_s: float) -> bool:
        """Return whether what is dirty since *since_s* (s) has been so for long enough."""
        return since_s + self._age_s <= self._env.now

    def watch(self, since_s: float) -> None:
        """Look when what is dirty since *since_s* (s) is due, at the latest."""
        due_s = max(since_s + self._age_s, self._env.now)
        if due_s < self._next_s:
            self._next_s = due_s
            # First of its instant: what is written then is not in it.
            at(self._env, due_s, self._ring, URGENT)

    def _ring(self, _call: Call) -> None:
        if self._env.now >= self._next_s:  # and nothing that was to come earlier has come since
            self._next_s = math.inf
            self._look()
