"""How a system is run and judged: experiment file in, estimates and checks out.

>>> import sim
>>> experiment = sim.from_mapping({"run": {"messages": 100, "replications": 2}})
>>> result = sim.run(experiment)
>>> [point] = result.points
>>> point.estimates["delivered"].value
1.0

`sim.tables` and `sim.plots` show results to people, `sim.json_result` writes them for programs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.config import ConfigError, Experiment, from_mapping, load
    from sim.frames import check_frame, estimate_frame, outcome_frame, point_frame, told_frame
    from sim.runner import PointResult, Result, run

__all__ = [
    "ConfigError",
    "Experiment",
    "PointResult",
    "Result",
    "check_frame",
    "estimate_frame",
    "from_mapping",
    "load",
    "outcome_frame",
    "point_frame",
    "run",
    "told_frame",
]

_HOMES = {
    "sim.config": ("ConfigError", "Experiment", "from_mapping", "load"),
    "sim.runner": ("PointResult", "Result", "run"),
    "sim.frames": ("check_frame", "estimate_frame", "outcome_frame", "point_frame", "told_frame"),
}


def __getattr__(name: str) -> Any:
    # Each name is fetched when it is first asked for: scipy, pydantic and pandas take two seconds
    # to import, which reading the help of the command line should not cost.
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
