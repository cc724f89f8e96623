"""The workers of a Dask cluster, on any number of machines (https://distributed.dask.org).

Dask brings tasks to workers, and to others when one dies (`distributed.scheduler.allowed-failures`
times; then the task is given up as `KilledWorker`). Workers must have this very program, or their
results would not be those of this machine.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from sim.executors.executor import Done, Trouble, WorkersError, do, told
from sim.fingerprint import made_with

try:
    import distributed as _distributed
except ImportError:  # an extra that only who has a cluster needs
    _distributed = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from types import TracebackType

    from sim.tasks import Task

_dask: Any = _distributed  # half of it has no types

AHEAD = 3
"""Tasks at hand for each worker: they are underway for some time."""

WAIT_S = 20.0
"""So long a scheduler may take to answer, and its first worker to come."""

_GONE = "the scheduler of the cluster has gone; the same command goes on from what is kept"


class ClusterError(Exception):
    """A cluster that cannot be used; the text follows the option that names it."""


class Cluster:
    """The workers of the scheduler at *address*, `tcp://HOST:PORT` or its scheduler file."""

    def __init__(self, address: str) -> None:
        if _dask is None:
            raise ClusterError("needs Dask: install msgfate with the extra [cluster]")
        self._client: Any = _connected(address)
        self._running: dict[Any, int] = {}
        self._ended: SimpleQueue[Any] = SimpleQueue()
        try:
            _same_program(self._client, address)
        except ClusterError:
            self._client.close()
            raise

    @property
    def workers(self) -> int:
        """How many tasks are done at once, as far as workers have come by now."""
        try:
            threads: int = sum(self._client.nthreads().values())
        except OSError:
            raise WorkersError(_GONE) from None
        return max(1, threads)

    @property
    def room(self) -> int:
        """How many tasks to give out before waiting for one."""
        return AHEAD * self.workers

    def submit(self, ticket: int, task: Task) -> None:
        """Take *task*."""
        future = self._client.submit(_do_alike, made_with(), task, pure=False)
        self._running[future] = ticket
        future.add_done_callback(self._ended.put)

    def wait(self) -> list[Done]:
        """Wait until a task is done and return all that are."""
        ended = [self._ended.get()]
        while not self._ended.empty():
            ended.append(self._ended.get())
        if any(future.cancelled() for future in ended):  # by whom, if not by a lost connection
            raise WorkersError(_GONE)
        return [Done(self._running.pop(future), _results(future)) for future in ended]

    def __enter__(self) -> Self:
        """Be ready."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take back what is not done, and leave the cluster to others."""
        if not isinstance(error, WorkersError):
            with suppress(OSError):
                self._client.cancel(list(self._running))
        self._running.clear()
        self._client.close()


def _connected(address: str) -> Any:
    by_file = Path(address).is_file()
    where = {"scheduler_file": address} if by_file else {"address": address}
    try:
        client = _dask.Client(**where, timeout=WAIT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ClusterError(f"{address}: no scheduler there ({reason})") from None
    try:
        client.wait_for_workers(1, timeout=WAIT_S)
    except TimeoutError:
        client.close()
        raise ClusterError(f"{address}: no worker has come within {WAIT_S:g} s") from None
    return client


def _same_program(client: Any, address: str) -> None:
    """Raise a `ClusterError` unless all workers of *client* have this program."""
    mine = made_with()
    found = client.run(_theirs, on_error="return")
    for worker, theirs in found.items():
        if isinstance(theirs, Exception):
            raise ClusterError(f"{address}: the worker {worker} has no msgfate ({theirs})")
    others = Counter(
        f"{name} {theirs[name]}"
        for theirs in found.values()
        for name in mine
        if theirs.get(name) != mine[name]
    )
    if others:
        told_of = ", ".join(f"{what} on {workers}" for what, workers in sorted(others.items()))
        here = ", ".join(f"{name} {mine[name]}" for name in mine)
        raise ClusterError(f"{address}: workers have another program ({told_of}; here {here})")


def _theirs() -> dict[str, str]:
    from sim.fingerprint import made_with  # noqa: PLC0415 - a worker may lack it

    return made_with()


def _do_alike(theirs: dict[str, str], task: Task) -> list[Any] | Trouble:
    """Do *task* unless this is another program than *theirs*: a worker may come late."""
    if made_with() != theirs:
        return Trouble("a worker that came later has another program")
    return do(task)


def _results(future: Any) -> list[Any] | Trouble:
    try:
        results: list[Any] | Trouble = future.result()
    except _dask.KilledWorker as error:
        return Trouble(f"the workers that had it died: {str(error).splitlines()[0]}")
    except CancelledError:  # while its results were underway
        raise WorkersError(_GONE) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, the other points go on
        return Trouble(told(error))
    return results
