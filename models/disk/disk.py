"""A broker's log on one disk: what is written, what is synced, what survives a crash.

A record goes from the broker's memory into the page cache (`models.disk.writes`) and from there,
with the next sync that begins after it, onto the disk (`sync` seconds). The broker syncs as its
policy says, and the operating system by itself what has been dirty for `writeback_s` seconds. A
crash of the broker's process loses what is in memory; a power loss loses the page cache too. What
is on the disk survives both, unless the disk itself is lost, and replaced by an empty one.

Removing a copy is a record as well: it is in the page cache at once and durable with the next sync
that begins after it, but it never causes a sync under `Always` or `Count`. So a power loss can
bring back a message that was acknowledged a moment before, as real brokers do. Where no sync has
covered the copy yet, none can cover it without its removal, and the removal is final at once. What
is removed before it is written is written and confirmed all the same, as if nothing had happened.
A record stands for the copies of all consumer groups; each has a removal of its own.

A power loss during a sync leaves nothing of what that sync covers; with `torn_tail`, a first part
of it survives, of random length, and the record there is torn (`models.disk.tail`). Nobody had been
told that those are synced, so that no promise depends on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simpy.events import URGENT

from models.calls import NORMAL, Call
from models.checks import positive, probability
from models.disk.episodes import Pace
from models.disk.tail import Tail
from models.disk.writeback import Writeback
from models.disk.writes import Writes
from models.message import Copy, Place
from models.policies.sync import Never

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import simpy

    from models.draws import Draws
    from models.laws import Law
    from models.policies.sync import SyncPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskOptions:
    """Laws of one write into the page cache and of one sync, in seconds; when syncs begin.

    `failure` is the probability that a write is refused, `writeback_s` how long the operating
    system leaves data dirty (infinity: for ever).
    """

    write: Law
    sync: Law
    policy: SyncPolicy
    failure: float = 0.0
    torn_tail: bool = False
    writeback_s: float = math.inf

    def __post_init__(self) -> None:
        probability(failure=self.failure)
        positive(writeback_s=self.writeback_s)


class Disk:
    """One disk. `written` and `synced` hear what has sunk to the page cache and to the disk.

    `refused` hears which copy cannot be written. `removed` hears of removals that no power loss can
    undo any more; without `keeps_removals` they are final at once, which is the same as long as
    there is no power loss. `name` names its luck, and the disk itself in the ledger. Ticks count
    from *started_s* (s), which may lie before the beginning.
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
        refused: Callable[[Copy], None],
        keeps_removals: bool,
        name: str = "disk",
        started_s: float = 0.0,
    ) -> None:
        self._env = env
        self.name = name
        self._policy = options.policy
        self._sync_s = draws.law(name, "sync", options.sync)
        self._torn = draws.uniform(name, "torn_tail") if _can_tear(options) else None
        self._written = written
        self._synced = synced
        self._removed = removed
        self._keeps_removals = keeps_removals
        self.pace = Pace()
        self._writes = Writes(
            env,
            options.write,
            options.failure,
            draws,
            name,
            pace=self.pace,
            cached=self._cache,
            refused=refused,
        )
        self.append, self.write = self._writes.append, self._writes.write
        self.fill, self.make_room = self._writes.fill, self._writes.make_room
        finite = math.isfinite(options.writeback_s)
        self._writeback = Writeback(env, options.writeback_s, self._grown_old) if finite else None
        self._started_s = started_s
        self._up = True
        self._tail = Tail()  # covered by no sync yet
        self._clean = finite  # nothing is dirty, and somebody wants to know since when it is
        self._covered = Tail()  # by the running sync
        self._running = 0  # the number of the running sync
        self._own = False  # ... which the operating system does by itself
        self._armed = False
        self._syncs = 0
        self._power_losses = 0
        self._epoch = 0  # a tick of before a crash is void

    def remove(self, copy: Copy) -> None:
        """Mark *copy*, which is not in memory only, as removed."""
        uncovered = copy.place is Place.CACHE and not self._running and self._torn is None
        if uncovered or not self._keeps_removals:
            self._removed(copy)
            return
        self._tail.removals.append((len(self._tail.records), copy))
        if self._clean:
            self._dirtied()
        self._consider()

    def stop(self, *, power_loss: bool) -> list[Copy]:
        """Crash: whatever runs is cut off. Return the removed copies that come back.

        On a power loss, the places of the copies that survive are `DISK`; the caller drops the
        others.
        """
        self._epoch += 1
        self._up = self._armed = False
        self._writes.stop()
        for copy in (*self._covered.records, *self._tail.records):
            copy.packet = None  # whom to confirm to is forgotten, of removed copies too
            for sibling in copy.siblings:
                sibling.packet = None
        if power_loss:
            return self._lose_cache()
        if not self._own:
            self._cut_off()
        self._watch()
        return []

    def wipe(self) -> None:
        """Be replaced by an empty disk, after `stop`; no removal can be undone any more."""
        self._cut_off()
        lost, self._tail = self._tail, Tail()
        self._clean = self._writeback is not None
        for _, copy in lost.removals:
            self._removed(copy)

    def start(self) -> None:
        """Serve again after a crash; ticks count from now."""
        self._started_s = self._env.now
        self._up = True
        self._consider()

    def _lose_cache(self) -> list[Copy]:
        """Lose power: recover what is on the disk; return the removed copies that come back."""
        self._power_losses += 1
        records = removals = 0
        if self._torn is not None and self._covered:
            share = self._torn(self._power_losses, 0)
            records, removals = self._tear(int(share * len(self._covered)))
        self._cut_off()
        lost, self._tail = self._tail, Tail()
        self._clean = self._writeback is not None
        self._sink(lost.records[:records])
        back = []
        for number, (_, copy) in enumerate(lost.removals):
            if number >= removals and copy.place is Place.DISK:
                back.append(copy)
            else:
                self._removed(copy)
        return back

    def _tear(self, entries: int) -> tuple[int, int]:
        """Let the first *entries* of what the running sync covers be on the disk, the next torn.

        Return how many records and removals they are.
        """
        records, removals = self._covered.reached(entries)
        torn = self._covered.next_record(records, removals)
        if torn is not None:
            _put((torn,), Place.TORN)
        return records, removals

    def _cut_off(self) -> None:
        """End the running sync, if there is one, as if it had never begun."""
        self._tail.follow(self._covered)
        self._covered = Tail()
        self._running = 0
        self._clean = self._writeback is not None and not self._tail

    def _cache(self, copy: Copy) -> None:
        copy.place = Place.CACHE
        for sibling in copy.siblings:
            sibling.place = Place.CACHE
        self._tail.records.append(copy)
        self._written(copy)
        if self._clean:
            self._dirtied()
        if not (self._running or self._armed):
            self._consider()

    def _dirtied(self) -> None:
        """Note when the first record of a tail was written."""
        self._clean = False
        self._tail.since_s = self._env.now
        self._watch()

    def _watch(self) -> None:
        if self._writeback is not None and self._tail:
            self._writeback.watch(self._tail.since_s)

    def _grown_old(self) -> None:
        """Write back what has been dirty for too long, if it is not just being synced."""
        if self._running or not self._tail or self._writeback is None:
            return
        if self._writeback.is_due(self._tail.since_s):
            self._begin(own=True)
        else:
            self._watch()

    def _consider(self) -> None:
        """Ask the policy when to sync, if there is anything and nothing is running or due yet."""
        records, removals = self._tail.records, self._tail.removals
        if self._running or self._armed or not self._up or not (records or removals):
            return
        now = self._env.now
        due_s = self._policy.due_s(self._started_s, now, len(records), len(removals))
        if due_s <= now:
            self._begin()
        elif due_s < float("inf"):
            self._armed = True
            epoch = self._epoch

            def tick(_call: Call) -> None:
                if epoch == self._epoch:
                    self._armed = False
                    if self._tail and not self._running:
                        self._begin()

            # First of its instant: what is written then waits for the next tick.
            self._env.schedule(Call(tick), URGENT, due_s - now)

    def _begin(self, *, own: bool = False) -> None:
        self._syncs = self._running = number = self._syncs + 1
        self._own = own
        self._covered, self._tail = self._tail, Tail()
        self._clean = self._writeback is not None

        def end(_call: Call) -> None:
            if number == self._running:
                self._end()

        sync_s = self._sync_s(number, 0) * self.pace.slowness
        self._env.schedule(Call(end), NORMAL, sync_s)

    def _end(self) -> None:
        covered, self._covered = self._covered, Tail()
        self._running = 0
        self._sink(covered.records)
        for _, copy in covered.removals:
            self._removed(copy)
        self._consider()
        if not self._running:
            self._watch()

    def _sink(self, records: list[Copy]) -> None:
        """Let *records* be on the disk."""
        _put(records, Place.DISK)
        self._synced(records)


def _can_tear(options: DiskOptions) -> bool:
    """Return whether a power loss may ever cut a sync off and leave a part of it."""
    ever = math.isfinite(options.writeback_s) or not isinstance(options.policy, Never)
    return options.torn_tail and ever


def _put(records: Iterable[Copy], place: Place) -> None:
    """Let *records*, and the copies for other groups that they stand for, be in *place*."""
    for copy in records:
        copy.place = place
        for sibling in copy.siblings:
            sibling.place = place
