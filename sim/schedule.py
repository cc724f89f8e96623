"""Brings courses to their ends: gives their tasks to an executor, in pieces, and them the results.

Many courses go on at once, those in front first, so that no worker is idle while another course
waits for its last piece. What comes out depends neither on the order in which pieces are done nor
on how they are cut. What a memory knows already is not done again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from sim.executors import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.config import Experiment
    from sim.executors import Executor
    from sim.tally import Tally
    from sim.tasks import Course, Task

T = TypeVar("T")

PIECE_MESSAGES = 40_000
"""A piece of a task is as many messages, about: a second, which is lost if somebody stops us."""

PIECES = 4
"""A task has so many pieces for each worker, at least, if it has so many replications."""

MOST = 50
"""No piece has more replications than that, however small they are."""


class Memory(Protocol):
    """Keeps what has been done, and knows it the next time."""

    def recall(self, subject: Experiment, task: Task) -> dict[int, Any]:
        """Return the results that are known of *task* on *subject*, by number."""

    def keep(self, subject: Experiment, task: Task, results: list[Any]) -> None:
        """Keep the *results* of all numbers of *task*."""


@dataclass(slots=True)
class Job(Generic[T]):
    """A course on its *subject*: its `result` in the end, or its `trouble`."""

    subject: Experiment
    course: Course[T]
    result: T | None = None
    trouble: Trouble | None = None
    _task: Task | None = None
    _known: dict[int, Any] = field(default_factory=dict)

    def go_on(self) -> bool:
        """Send the course what its task came to and take the next; return False at its end."""
        task, self._task = self._task, None
        try:
            if task is None:
                self._task = next(self.course)
            else:
                results = [self._known[number] for number in task.numbers]
                self._task = self.course.send(results)
        except StopIteration as stop:
            self.result = stop.value
        except Exception as error:  # noqa: BLE001 - whatever it is, the other points go on
            self.fail(Trouble(f"{type(error).__name__}: {error}", error=error))
        self._known = {}
        return self._task is not None

    def fail(self, trouble: Trouble) -> None:
        """End here."""
        self.trouble = trouble
        self._task = None
        self.course.close()

    @property
    def task(self) -> Task:
        """What it waits for."""
        if self._task is None:
            raise RuntimeError("this job is over")
        return self._task

    def learn(self, numbers: Sequence[int], results: Sequence[Any]) -> bool:
        """Take in *results*; return whether the task is done."""
        self._known.update(zip(numbers, results, strict=True))
        return len(self._known) == len(self.task.numbers)


class Schedule(Generic[T]):
    """Brings *jobs* to their ends with an *executor*, a *memory* and a *tally* if there are any."""

    def __init__(
        self,
        jobs: Sequence[Job[T]],
        executor: Executor,
        memory: Memory | None = None,
        tally: Tally | None = None,
    ) -> None:
        self._jobs = jobs
        self._executor = executor
        self._memory = memory
        self._tally = tally
        self._waiting: deque[tuple[int, Task]] = deque()  # pieces, and whose they are
        self._given: dict[int, tuple[int, Task]] = {}
        self._tickets = 0

    def run(self) -> None:
        """Go on until every job has its result or its trouble."""
        fresh = deque(range(len(self._jobs)))
        while fresh or self._waiting or self._given:
            while fresh and len(self._waiting) + len(self._given) < self._executor.room:
                self._advance(fresh.popleft())
            while self._waiting and len(self._given) < self._executor.room:
                self._give(*self._waiting.popleft())
            if self._given:
                for done in self._executor.wait():
                    self._take(*self._given.pop(done.ticket), done.results)

    def _give(self, place: int, piece: Task) -> None:
        if self._jobs[place].trouble is not None:
            return
        self._tickets += 1
        self._given[self._tickets] = place, piece
        self._executor.submit(self._tickets, piece)

    def _take(self, place: int, piece: Task, results: list[Any] | Trouble) -> None:
        job = self._jobs[place]
        if job.trouble is not None:
            return
        if isinstance(results, Trouble):
            job.fail(results)
            self._finish(place)
            return
        if self._memory is not None:
            self._memory.keep(job.subject, piece, results)
        self._count(place, len(results))
        if job.learn(piece.numbers, results):
            self._advance(place)

    def _advance(self, place: int) -> None:
        """Let the job at *place* go on until it needs what nobody knows."""
        job = self._jobs[place]
        while job.go_on():
            missing = self._recalled(place)
            if missing.numbers:
                # Before those of later jobs: who began first is to end first.
                self._waiting.extendleft(
                    (place, missing.part(numbers)) for numbers in reversed(list(self._cut(missing)))
                )
                return
        self._finish(place)

    def _recalled(self, place: int) -> Task:
        """Tell the job at *place* what is remembered, and return what is not."""
        job = self._jobs[place]
        task = job.task
        known = {} if self._memory is None else self._memory.recall(job.subject, task)
        numbers = [number for number in task.numbers if number in known]
        if numbers:
            job.learn(numbers, [known[number] for number in numbers])
            self._count(place, len(numbers), remembered=True)
        return task.part(tuple(number for number in task.numbers if number not in known))

    def _cut(self, task: Task) -> Iterator[tuple[int, ...]]:
        numbers, workers = task.numbers, self._executor.workers
        size = min(
            PIECE_MESSAGES // max(task.messages, 1), -(-len(numbers) // (PIECES * workers)), MOST
        )
        for start in range(0, len(numbers), max(size, 1)):
            yield numbers[start : start + max(size, 1)]

    def _count(self, place: int, size: int, *, remembered: bool = False) -> None:
        if self._tally is not None:
            self._tally.add(place, size, remembered=remembered)

    def _finish(self, place: int) -> None:
        if self._tally is not None:
            self._tally.finish(place)
