"""Several processes on this machine.

They are spawned, so that they are alike on every system and inherit no lock or thread. A worker
that dies (the memory ran out, somebody killed it) takes the whole pool with it, whose tasks then
are suspects: they are done again one at a time in a pool of their own, so that it shows which of
them kills its worker. That one is given up after `DEATHS` of them; the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from sim.executors.executor import Done, Trouble, do, told

if TYPE_CHECKING:
    from types import TracebackType

    from sim.tasks import Task

    Result: TypeAlias = list[Any] | Trouble

DEATHS = 3
"""A task in whose hands so many workers died is given up."""

AHEAD = 2
"""Tasks at hand for each worker, so that none has to wait for the next."""


class Processes:
    """Workers in *workers* processes of their own."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._others = set(multiprocessing.active_children())
        self._pool: ProcessPoolExecutor | None = None
        self._running: dict[Future[Result], tuple[int, Task]] = {}
        self._suspects: deque[tuple[int, Task]] = deque()
        self._held: deque[tuple[int, Task]] = deque()  # until no suspect is left
        self._deaths: dict[int, int] = {}
        self._careful = False

    @property
    def room(self) -> int:
        """How many tasks to give out before waiting for one."""
        return AHEAD * self.workers

    def submit(self, ticket: int, task: Task) -> None:
        """Take *task*."""
        if self._careful:
            self._held.append((ticket, task))
        else:
            self._give(ticket, task)

    def wait(self) -> list[Done]:
        """Wait until a task is done and return all that are."""
        while True:
            if self._careful and not self._running:
                self._go_on()
            ended, _ = wait(self._running, return_when=FIRST_COMPLETED)
            found = [done for future in ended if (done := self._ended(future)) is not None]
            if found:
                return found

    def _go_on(self) -> None:
        """Give out the next suspect, or all that was held back if there is none left."""
        if self._suspects:
            self._give(*self._suspects.popleft())
            return
        self._careful = False
        self._close()
        while self._held and not self._careful:
            self._give(*self._held.popleft())

    def _give(self, ticket: int, task: Task) -> None:
        try:
            self._running[self._ready().submit(do, task)] = ticket, task
        except BrokenProcessPool:
            self._suspects.append((ticket, task))
            self._careful = True

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1 if self._careful else self.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
            )
        return self._pool

    def _ended(self, future: Future[Result]) -> Done | None:
        if future not in self._running:
            return None  # of a pool that has broken meanwhile
        ticket, task = self._running.pop(future)
        try:
            return Done(ticket, future.result())
        except BrokenProcessPool:
            return self._after_a_death(ticket, task)
        except Exception as error:  # noqa: BLE001 - it could not be pickled
            return Done(ticket, Trouble(f"cannot be sent to a worker: {told(error)}"))

    def _after_a_death(self, ticket: int, task: Task) -> Done | None:
        alone = not self._running
        self._suspects.extend(self._running.values())
        self._running.clear()
        self._close()
        self._careful = True
        if alone:
            self._deaths[ticket] = self._deaths.get(ticket, 0) + 1
        if self._deaths.get(ticket, 0) >= DEATHS:
            return Done(ticket, Trouble(f"its worker process died {DEATHS} times"))
        self._suspects.appendleft((ticket, task))
        return None

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def __enter__(self) -> Self:
        """Be ready; workers start with the first task."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all workers, whatever they are at."""
        self._running.clear()
        self._suspects.clear()
        self._held.clear()
        pool, self._pool = self._pool, None
        for worker in set(multiprocessing.active_children()) - self._others:
            worker.kill()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """Prepare a worker: Ctrl-C is for the parent, and without that there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)
