"""A broker's log on one disk: what is written, what is synced, what survives a crash.

A record goes from the broker's memory into the page cache (`write` seconds, one at a time, in
order) and from there, with the next sync that begins after it, onto the disk (`sync` seconds). A
crash of the broker's process loses what is in memory; a power loss loses the page cache too. What
is on the disk survives both: the disk itself does not fail here.

Removing a copy is a record as well: it is in the page cache at once and durable with the next sync
that begins after it, but it never causes a sync under `Always` or `Count`. So a power loss can
bring back a message that was acknowledged a moment before, as real brokers do. Where no sync has
covered the copy yet, none can cover it without its removal, and the removal is final at once. What
is removed before it is written is written and confirmed all the same, as if nothing had happened.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simpy.events import URGENT

from models.calls import NORMAL, Call
from models.message import Copy, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.draws import Draws
    from models.laws import Law
    from models.policies.sync import SyncPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskOptions:
    """Laws of one write into the page cache and of one sync, in seconds; when syncs begin."""

    write: Law
    sync: Law
    policy: SyncPolicy


class Disk:
    """One disk. `written` and `synced` hear what has sunk to the page cache and to the disk.

    `removed` hears of removals that no power loss can undo any more; without `keeps_removals`
    they are final at once, which is the same as long as there is no power loss.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: DiskOptions,
        draws: Draws,
        *,
        written: Callable[[Copy], None],
        synced: Callable[[list[Copy]], None],
        removed: Callable[[Copy], None],
        keeps_removals: bool,
    ) -> None:
        self._env = env
        self._policy = options.policy
        self._write_at_once = options.write.is_constant and options.write.bounds_s[0] == 0.0
        self._write_s = draws.law("disk", "write", options.write)
        self._sync_s = draws.law("disk", "sync", options.sync)
        self._written = written
        self._synced = synced
        self._removed = removed
        self._keeps_removals = keeps_removals
        self._started_s = 0.0
        self._writing: deque[Copy] = deque()
        self._cached: list[Copy] = []  # in the page cache, covered by no sync yet
        self._marks: list[Copy] = []  # removals likewise
        self._covered: tuple[list[Copy], list[Copy]] = ([], [])  # by the running sync
        self._syncing = False
        self._armed = False
        self._syncs = 0
        self._epoch = 0  # events of before a crash are void

    def append(self, copy: Copy) -> None:
        """Begin to write *copy*."""
        copy.number = copy.message.copies = copy.message.copies + 1
        if self._write_at_once:
            self._cache(copy)
            return
        self._writing.append(copy)
        if len(self._writing) == 1:
            self._write()

    def remove(self, copy: Copy) -> None:
        """Mark *copy*, which is not in memory only, as removed."""
        uncovered = copy.place is Place.CACHE and not self._syncing
        if uncovered or not self._keeps_removals:
            self._removed(copy)
            return
        self._marks.append(copy)
        self._consider()

    def stop(self, *, power_loss: bool) -> list[Copy]:
        """Crash: whatever runs is cut off. Return the removed copies that come back.

        On a power loss, the places of the copies that survive are `DISK`; the caller drops the
        others.
        """
        self._epoch += 1
        self._writing.clear()
        cached, marks = self._covered
        self._cached[:0] = cached
        self._marks[:0] = marks
        self._covered = ([], [])
        self._syncing = self._armed = False
        for copy in self._cached:
            copy.packet = None  # whom to confirm to is forgotten, of removed copies too
            for sibling in copy.siblings:
                sibling.packet = None
        if not power_loss:
            return []
        self._cached.clear()
        undone, self._marks = self._marks, []
        back = [copy for copy in undone if copy.place is Place.DISK]
        for copy in undone:
            if copy.place is not Place.DISK:
                self._removed(copy)
        return back

    def start(self) -> None:
        """Serve again after a crash; ticks count from now."""
        self._started_s = self._env.now
        self._consider()

    def _write(self) -> None:
        copy = self._writing[0]
        epoch = self._epoch

        def done(_call: Call) -> None:
            if epoch != self._epoch:
                return
            self._writing.popleft()
            self._cache(copy)
            if self._writing:
                self._write()

        write_s = self._write_s(copy.message.key, copy.number)
        self._env.schedule(Call(done), NORMAL, write_s)

    def _cache(self, copy: Copy) -> None:
        copy.place = Place.CACHE
        for sibling in copy.siblings:
            sibling.place = Place.CACHE
        self._cached.append(copy)
        self._written(copy)
        if not (self._syncing or self._armed):
            self._consider()

    def _consider(self) -> None:
        """Ask the policy when to sync, if there is anything and nothing is running or due yet."""
        if self._syncing or self._armed or not (self._cached or self._marks):
            return
        now = self._env.now
        due_s = self._policy.due_s(self._started_s, now, len(self._cached), len(self._marks))
        if due_s <= now:
            self._begin()
        elif due_s < float("inf"):
            self._armed = True
            epoch = self._epoch

            def tick(_call: Call) -> None:
                if epoch == self._epoch:
                    self._armed = False
                    self._begin()

            # First of its instant: what is written then waits for the next tick.
            self._env.schedule(Call(tick), URGENT, due_s - now)

    def _begin(self) -> None:
        self._syncing = True
        self._syncs += 1
        self._covered = (self._cached, self._marks)
        self._cached, self._marks = [], []
        epoch = self._epoch

        def end(_call: Call) -> None:
            if epoch == self._epoch:
                self._end()

        self._env.schedule(Call(end), NORMAL, self._sync_s(self._syncs, 0))

    def _end(self) -> None:
        cached, marks = self._covered
        self._covered = ([], [])
        self._syncing = False
        disk = Place.DISK
        for copy in cached:
            copy.place = disk
            for sibling in copy.siblings:
                sibling.place = disk
        self._synced(cached)
        for copy in marks:
            self._removed(copy)
        self._consider()
