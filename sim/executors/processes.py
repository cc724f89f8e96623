"""Several processes on this machine.

They are spawned, so that they are alike on every system and inherit no lock or thread. Each has a
pipe of its own and shares nothing with the others, so that one that dies (the memory ran out,
somebody killed it) in the middle of a word takes nobody with it: another takes its place, and its
tasks. The task that was in its hands is given up after `DEATHS` of them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import wait as wait_for
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from sim.executors.executor import Done, Trouble, WorkersError, do, told

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from types import TracebackType

    from sim.tasks import Task

DEATHS = 3
"""A task in whose hands so many workers died is given up; so are workers that cannot begin."""

AHEAD = 2
"""Tasks at hand for each worker, so that none has to wait for the next."""

_NO_BEGIN = (
    "worker processes die before they begin; a script that uses them must do so under "
    'if __name__ == "__main__":'
)


@dataclass(eq=False, slots=True)
class _Worker:
    """One of the processes, and the tasks it has been given, the first of which it is at."""

    process: BaseProcess
    pipe: Connection
    tickets: deque[int] = field(default_factory=deque)
    begun: bool = False


class Processes:
    """Workers in *workers* processes of their own."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._crew: list[_Worker] = []
        self._tasks: dict[int, Task] = {}
        self._waiting: deque[int] = deque()
        self._deaths: dict[int, int] = {}
        self._stillborn = 0  # in a row

    @property
    def room(self) -> int:
        """How many tasks to give out before waiting for one."""
        return AHEAD * self.workers

    def submit(self, ticket: int, task: Task) -> None:
        """Take *task*."""
        self._tasks[ticket] = task
        self._waiting.append(ticket)

    def wait(self) -> list[Done]:
        """Wait until a task is done and return all that are."""
        done: list[Done] = []
        while not done:
            done += self._give_out()
            pipes = {worker.pipe: worker for worker in self._crew}
            for pipe in wait_for(list(pipes), timeout=0 if done else None):
                found = self._heard(pipes[pipe])  # type: ignore[index]
                done += [] if found is None else [found]
        for one in done:
            self._tasks.pop(one.ticket)
            self._deaths.pop(one.ticket, None)
        return done

    def _give_out(self) -> list[Done]:
        """Give workers what they have time for; return the ends of what cannot be given."""
        ends = []
        while self._waiting and (worker := self._free()) is not None:
            ticket = self._waiting.popleft()
            try:
                worker.pipe.send(self._tasks[ticket])
            except OSError:  # it is dead, and its pipe will say so
                worker.tickets.append(ticket)
            except Exception as error:  # noqa: BLE001 - it cannot be pickled
                ends.append(Done(ticket, Trouble(f"cannot be sent to a worker: {told(error)}")))
            else:
                worker.tickets.append(ticket)
        return ends

    def _free(self) -> _Worker | None:
        """Return who is to have the next task: a new worker, before one gets a second task."""
        least = min(self._crew, key=lambda worker: len(worker.tickets), default=None)
        if least is not None and not least.tickets:
            return least
        if len(self._crew) < self.workers:
            self._crew.append(_begun())
            return self._crew[-1]
        return least if least is not None and len(least.tickets) < AHEAD else None

    def _heard(self, worker: _Worker) -> Done | None:
        """Return what *worker* has done, if it is that and not its beginning or its death."""
        try:
            content = worker.pipe.recv_bytes()
        except (OSError, EOFError):
            return self._after_its_death(worker)
        if not worker.begun:
            worker.begun = True
            self._stillborn = 0
            return None
        ticket = worker.tickets.popleft()
        try:
            return Done(ticket, ForkingPickler.loads(content))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other points go on
            return Done(ticket, Trouble(f"its results cannot be read: {told(error)}"))

    def _after_its_death(self, worker: _Worker) -> Done | None:
        self._crew.remove(worker)
        _end(worker)
        tickets = worker.tickets
        if not worker.begun:
            self._stillborn += 1
            if self._stillborn >= DEATHS:
                raise WorkersError(_NO_BEGIN)
        elif tickets:
            self._deaths[tickets[0]] = self._deaths.get(tickets[0], 0) + 1
            if self._deaths[tickets[0]] >= DEATHS:
                trouble = Trouble(f"its worker process died {DEATHS} times")
                done = Done(tickets.popleft(), trouble)
                self._waiting.extendleft(reversed(tickets))
                return done
        self._waiting.extendleft(reversed(tickets))
        return None

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
        for worker in self._crew:
            worker.process.kill()
        while self._crew:
            _end(self._crew.pop())
        self._tasks.clear()
        self._waiting.clear()
        self._deaths.clear()


def _begun() -> _Worker:
    """Return a new worker."""
    spawning = multiprocessing.get_context("spawn")
    ours, its = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(its,), daemon=True)
    process.start()
    its.close()  # so that its death ends the pipe
    return _Worker(process, ours)


def _end(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()


def _serve(pipe: Connection) -> None:
    """Do the tasks that come by *pipe*, one after the other, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    given: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, given), daemon=True).start()
    pipe.send_bytes(b"begun")
    while True:
        results: list[Any] | Trouble
        try:
            task = ForkingPickler.loads(given.get())
        except Exception as error:  # noqa: BLE001 - whatever it is, the other points go on
            results = Trouble(f"cannot be sent to a worker: {told(error)}")
        else:
            results = do(task)
        try:
            content = ForkingPickler.dumps(results)
        except Exception as error:  # noqa: BLE001 - see above
            content = ForkingPickler.dumps(Trouble(f"its results cannot be sent: {told(error)}"))
        pipe.send_bytes(content)


def _listen(pipe: Connection, given: SimpleQueue[bytes]) -> None:
    """Hand on what comes by *pipe*, at once, so that the parent can always go on.

    Without the parent there is nothing to do.
    """
    while True:
        try:
            given.put(pipe.recv_bytes())
        except (OSError, EOFError):
            os._exit(1)
