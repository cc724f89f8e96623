"""What workers do: replications of one kind, named by their numbers, wherever they are done.

A course says step by step what it needs next, a task, and is sent what came of it, in the order of
the numbers. It does not know who does the work, nor in which pieces, so that its end is the same
whoever does it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """To `play` each of the `numbers`; what comes of it are things of one `kind`.

    `play` can be pickled, and gives the same for the same number anywhere. `kind` names what it
    plays within its point: of one kind each number is played once, and may be remembered. A number
    takes about as long as a replication of so many `messages`.
    """

    kind: str
    play: Callable[[int], Any]
    numbers: tuple[int, ...]
    messages: int

    def part(self, numbers: tuple[int, ...]) -> Task:
        """Return the task to play these *numbers* only."""
        return Task(self.kind, self.play, numbers, self.messages)

    def results(self) -> list[Any]:
        """Play all, here and now."""
        return [self.play(number) for number in self.numbers]


Course: TypeAlias = Generator[Task, list[Any], T]
"""Gives tasks and is sent their results, until it returns what came of it all."""


def drive(course: Course[T]) -> T:
    """Return what *course* comes to, all its tasks done here and now."""
    results: list[Any] | None = None
    while True:
        try:
            task = next(course) if results is None else course.send(results)
        except StopIteration as stop:
            value: T = stop.value
            return value
        results = task.results()
