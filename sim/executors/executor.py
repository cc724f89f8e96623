"""What all executors promise, and what is done wherever the work is done."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType

    from sim.tasks import Task


class WorkersError(RuntimeError):
    """There is nobody who could do the work."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a task could not be done: one line, and where it happened.

    `error` is what was raised, if it was raised in this process.
    """

    text: str
    trace: str = ""
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The end of the task with this `ticket`: its results in the order of its numbers."""

    ticket: int
    results: list[Any] | Trouble


class Executor(Protocol):
    """Does tasks, in any order. As a context it frees what it has taken, whatever happens.

    `room` is how many tasks it should have at hand, `workers` how many it does at once.
    """

    @property
    def workers(self) -> int:
        """How many tasks are done at once."""

    @property
    def room(self) -> int:
        """How many tasks to give out before waiting for one."""

    def submit(self, ticket: int, task: Task) -> None:
        """Take *task*; `wait` will give its *ticket* back, once."""

    def wait(self) -> list[Done]:
        """Wait until a task is done and return all that are."""

    def __enter__(self) -> Self:
        """Be ready."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop what is not done yet, and leave nothing behind."""


def do(task: Task) -> list[Any] | Trouble:
    """Do *task* where this is called, and tell an error instead of raising it."""
    try:
        return task.results()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other points go on
        return Trouble(told(error), traceback.format_exc())


def told(error: Exception) -> str:
    """Return *error* in a line."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
