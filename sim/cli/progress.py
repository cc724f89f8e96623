"""How far a run is: on a terminal, on standard error, and gone when it is over."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from sim.numerals import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from sim.tally import Status


@contextmanager
def shown_progress(console: Console, *, quiet: bool) -> Iterator[Shown | None]:
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
        yield Shown(progress)


class Shown:
    """A bar on *progress*: how many messages of all points are done, how fast, how long still."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("looking for the warm-up", total=None)
        self._start_s = time.monotonic()
        self._width = ""

    def __call__(self, status: Status) -> None:
        """Show how far it is."""
        told = progress_text(status, time.monotonic() - self._start_s) + self._width
        self._progress.update(
            self._task, completed=status.messages_done, total=status.messages, description=told
        )

    def watch(self, width: str) -> None:
        """Show how wide an interval is that is to be narrow."""
        self._width = f"; {width}"


def progress_text(status: Status, elapsed_s: float) -> str:
    """Return how far a run is after *elapsed_s*: points, replications, rate and time left."""
    told = (
        f"{count(status.replications_done)} of {count(status.replications)} replications"
        if status.points == 1
        else f"{count(status.points_done)} of {count(status.points)} points, "
        f"{count(status.replications_done)} of {count(status.replications)} replications"
    )
    done = status.messages_done - status.remembered
    if done <= 0 or elapsed_s <= 0:
        return told
    rate_per_s = done / elapsed_s
    left_s = round((status.messages - status.messages_done) / rate_per_s)
    return f"{told}, {count(round(rate_per_s))} messages/s, {_clock(left_s)} left"


def _clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
