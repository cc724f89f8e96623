"""What was asked for on the command line, and everything that is wrong with it.

This is read before anything slow is imported, so that a mistake is told at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli import outputs
from sim.cli.effort import Effort
from sim.config import ConfigError, load

if TYPE_CHECKING:
    from sim.config import Experiment

STANDARD_OUTPUT = "-"
PLOT_FORMATS = (".png", ".svg", ".pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What `msgfate run` was asked for; `plot_path` is None if no plot is wanted."""

    file: Path
    overrides: tuple[str, ...] = ()
    json_path: str | None = None
    plot_path: Path | None = None
    details: bool = False
    quiet: bool = False
    effort: Effort = field(default_factory=Effort)

    @property
    def prints_json(self) -> bool:
        """Whether standard output belongs to the JSON."""
        return self.json_path == STANDARD_OUTPUT

    @property
    def outputs(self) -> dict[str, Path]:
        """The files to write, by option."""
        paths = {}
        if self.json_path is not None and not self.prints_json:
            paths["--json"] = Path(self.json_path)
        if self.plot_path is not None:
            paths["--plot"] = self.plot_path
        return paths


class OrderError(Exception):
    """An order that cannot be carried out; the text has one line for each mistake."""

    code = 2


class FailedError(OrderError):
    """Points failed that would have been needed."""

    code = 3


def read(order: Order) -> Experiment:
    """Return the experiment of *order*; raise an `OrderError` with all that is wrong."""
    problems = outputs.refusals(order.outputs, order.file)
    plot = order.plot_path
    if plot is not None and plot.suffix.lower() not in PLOT_FORMATS:
        problems.append(f"--plot must end in {', '.join(PLOT_FORMATS)}, got {plot}")
    try:
        experiment = load(order.file, order.overrides)
    except ConfigError as error:
        problems.insert(0, str(error))
    if problems:
        raise OrderError("\n".join(problems))
    return experiment
