"""How far a run is: on a terminal, on standard error, and gone when it is over."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from sim.numerals import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from sim.config import Experiment


@contextmanager
def shown_progress(
    experiment: Experiment, console: Console, *, quiet: bool
) -> Iterator[Shown | None]:
    """Show progress on *console* while inside; give the callbacks that `sim.runner.run` wants.

    None where there is nobody to look at it.
    """
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=None),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        yield Shown(progress, [point.experiment for point in experiment.points()])


class Shown:
    """A bar on *progress*: how many messages of all points are done, how fast, how long still."""

    def __init__(self, progress: Progress, points: Sequence[Experiment]) -> None:
        self._progress = progress
        self._done = [0, *accumulate(_messages_by_replication(points))]
        self._more = points[-1].run.messages  # of each replication that is added
        self._task = progress.add_task(
            f"0 of {count(self._done[-1])} messages", total=self._done[-1]
        )
        self._start_s = time.monotonic()
        self._width = ""

    def __call__(self, replications: int, total: int) -> None:
        """Show that so many *replications* of *total* are done."""
        done, whole = self._messages(replications), self._messages(total)
        told = progress_text(done, whole, time.monotonic() - self._start_s) + self._width
        self._progress.update(self._task, completed=done, total=whole, description=told)

    def watch(self, width: str) -> None:
        """Show how wide an interval is that is to be narrow."""
        self._width = f"; {width}"

    def _messages(self, replications: int) -> int:
        known = min(replications, len(self._done) - 1)
        return self._done[known] + (replications - known) * self._more


def progress_text(done: int, total: int, elapsed_s: float) -> str:
    """Return how far a run is after *elapsed_s*: messages, rate and time left."""
    told = f"{count(done)} of {count(total)} messages"
    if not done or elapsed_s <= 0:
        return told
    rate_per_s = done / elapsed_s
    left_s = round((total - done) / rate_per_s)
    return f"{told}, {count(round(rate_per_s))}/s, {_clock(left_s)} left"


def _clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _messages_by_replication(points: Sequence[Experiment]) -> Iterator[int]:
    for point in points:
        yield from [point.run.messages] * point.run.replications
