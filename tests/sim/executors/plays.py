"""What workers are asked to play here: they find it by its name, as they find everything."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from sim.tasks import Task

if TYPE_CHECKING:
    from pathlib import Path


def square(number):
    return number * number


def fails(number):
    if number == 3:
        raise ZeroDivisionError("three is too many")
    return number


def dies(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def sleeps(_number):
    time.sleep(3600)


class DiesOnce:
    """Kills its worker when it plays a number for the first time, and notes every play."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.number = number

    def __call__(self, number):
        note = self.folder / f"{number}-{os.getpid()}-{time.monotonic_ns()}"
        first = number == self.number and not list(self.folder.glob(f"{number}-*"))
        note.touch()
        if first:
            os.kill(os.getpid(), signal.SIGKILL)
        return number


class DiesTelling:
    """Kills its worker the first time, while it tells its result, which is large."""

    def __init__(self, note: Path) -> None:
        self.note = note

    def __call__(self, number):
        if number and not self.note.exists():
            self.note.touch()
            threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGKILL]).start()
        return bytes(10_000_000 * number)


def task(play, numbers=range(8)):
    return Task("plain", play, tuple(numbers), 10)


def done(executor, play, numbers=range(8)):
    """Have each number played as a task of its own; return the results by number."""
    with executor:
        for number in numbers:
            executor.submit(number, task(play, [number]))
        found = {}
        while len(found) < len(numbers):
            found.update((one.ticket, one.results) for one in executor.wait())
        return found
