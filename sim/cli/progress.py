"""How far a run is: on a terminal, on standard error, and gone when it is over."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from sim.numerals import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from sim.config import Experiment


@contextmanager
def shown_progress(
    experiment: Experiment, console: Console, *, quiet: bool
) -> Iterator[Callable[[int, int], None] | None]:
    """Show progress on *console* while inside; give the callback that `sim.runner.run` wants.

    None where there is nobody to look at it.
    """
    if quiet or not console.is_terminal:
        yield None
        return
    done = [0, *accumulate(_messages_by_replication(experiment))]
    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=None),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        task = progress.add_task(f"0 of {count(done[-1])} messages", total=done[-1])
        start_s = time.monotonic()

        def advance(replications: int, _total: int) -> None:
            elapsed_s = time.monotonic() - start_s
            told = progress_text(done[replications], done[-1], elapsed_s)
            progress.update(task, completed=done[replications], description=told)

        yield advance


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


def _messages_by_replication(experiment: Experiment) -> Iterator[int]:
    for point in experiment.points():
        run = point.experiment.run
        yield from [run.messages] * run.replications
