"""Who is to do the work of a command, and where it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

RESULTS = Path("results")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Who does the work: so many `workers`, or those of a Dask `cluster`; by default all cores.

    What is done is kept in the folder `results`, with the `ledgers` if they are wanted; None:
    nowhere.
    """

    workers: int | None = None
    cluster: str | None = None
    results: Path | None = RESULTS
    ledgers: bool = False


def effort_of(
    workers: int | None, cluster: str | None, results: Path | None, *, ledgers: bool = False
) -> Effort:
    """Return the effort that options ask for; raise a `typer.BadParameter` if they contradict."""
    if workers is not None and cluster is not None:
        raise typer.BadParameter("--workers and --cluster exclude each other")
    if ledgers and results is None:
        raise typer.BadParameter("--ledgers and --no-store exclude each other")
    return Effort(workers=workers, cluster=cluster, results=results, ledgers=ledgers)
