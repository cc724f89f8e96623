"""All work is done in this process, when it is waited for."""

from __future__ import annotations

import traceback
from collections import deque
from typing import TYPE_CHECKING, Self

from sim.executors.executor import Done, Trouble, told

if TYPE_CHECKING:
    from types import TracebackType

    from sim.tasks import Task


class Here:
    """One worker: this process itself. Nothing has to be pickled, and errors can be debugged."""

    workers = 1
    room = 1

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Task]] = deque()

    def submit(self, ticket: int, task: Task) -> None:
        """Take *task*."""
        self._waiting.append((ticket, task))

    def wait(self) -> list[Done]:
        """Do the task that has waited longest."""
        ticket, task = self._waiting.popleft()
        try:
            return [Done(ticket, task.results())]
        except Exception as error:  # noqa: BLE001 - whatever it is, the other points go on
            return [Done(ticket, Trouble(told(error), traceback.format_exc(), error))]

    def __enter__(self) -> Self:
        """Be ready."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Forget what has not begun."""
        self._waiting.clear()
