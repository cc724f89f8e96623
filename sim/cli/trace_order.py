"""What `msgfate trace` was asked for, and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.cli import outputs
from sim.cli.order import OrderError
from sim.config import ConfigError, load
from sim.config.suggestions import did_you_mean
from sim.trace.wanted import ESTIMATES, NAMES
from sim.warmup import warmed_up
from sim.wording import point_name

if TYPE_CHECKING:
    from pathlib import Path

    from sim.config import Experiment
    from sim.config.experiment import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOrder:
    """What `msgfate trace` was asked for: a message by what it is (`fates`), or by its number."""

    file: Path
    overrides: tuple[str, ...] = ()
    fates: tuple[str, ...] = ()
    message: int | None = None
    point: int = 1
    replication: int | None = None
    group: int | None = None
    svg_path: Path | None = None
    perfetto_path: Path | None = None

    @property
    def outputs(self) -> dict[str, Path]:
        """The files to write, by option."""
        paths = {"--svg": self.svg_path, "--perfetto": self.perfetto_path}
        return {option: path for option, path in paths.items() if path is not None}


def read(order: TraceOrder) -> tuple[Experiment, list[Point]]:
    """Return the experiment of *order* and its points.

    Raise an `OrderError` with all that is wrong.
    """
    problems = [_unknown(name) for name in order.fates if name not in NAMES]
    problems += outputs.refusals(order.outputs, order.file)
    for option, ending in (("--svg", ".svg"), ("--perfetto", ".json")):
        path = order.outputs.get(option)
        if path is not None and path.suffix.lower() != ending:
            problems.append(f"{option} must end in {ending}, got {path}")
    points: list[Point] = []
    try:
        experiment = load(order.file, order.overrides)
        points = list(experiment.points())
    except ConfigError as error:
        problems.insert(0, str(error))
    if points and not 1 <= order.point <= len(points):
        listed = "; ".join(f"{n}: {point_name(p.parameters)}" for n, p in enumerate(points, 1))
        names = f" ({listed})" if len(points) > 1 else ""
        problems.append(f"--point must be between 1 and {len(points)}, got {order.point}{names}")
    groups = points[order.point - 1].experiment.groups if points and not problems else 1
    if not problems and order.group is not None and not 0 <= order.group < groups:
        problems.append(f"--group must be between 0 and {groups - 1}, got {order.group}")
    if problems:
        raise OrderError("\n".join(problems))
    return experiment, warmed_up(points)


def _unknown(name: str) -> str:
    meant = did_you_mean(name, NAMES, str)
    known = meant or f"known are {', '.join(ESTIMATES)}, and the causes of losses"
    return f"--fate must be what a message can be, got {name}; {known}"
