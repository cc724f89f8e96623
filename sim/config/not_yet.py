"""What the format knows and this version does not simulate.

One line for each key: the values that are simulated, as written in a file. The default is among
them always. Removing a line switches the key on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.config.experiment import Experiment
from sim.config.known import value_at
from sim.config.paths import NOTHING, Path, dotted, get
from sim.config.problems import Problem
from sim.config.suggestions import either, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ONLY: dict[str, tuple[object, ...]] = {
    "run.precision": (),
    "run.rare": (),
    "run.engine": ("auto", "simpy"),
    "broker.confirm_by": ("leader",),
    "broker.replicas": (1,),
    "broker.min_in_sync": (1,),
    "broker.replication_delay": ("1 ms",),
    "broker.failover": ("5 s",),
    "broker.unclean_failover": (False,),
    "sweep.sample": (),
}
"""Keys that this version knows only some values of; with none, the key is to be left out."""

FAULTS: dict[str, tuple[str, ...]] = {
    "broker": ("process_crash", "power_loss"),
    "producer": ("crash",),
    "consumer": ("crash",),
    "disk": ("slow", "full"),
    "publish": ("partition", "cut"),
    "deliver": ("partition", "cut"),
}
"""The targets that this version can break, and how."""


def not_simulated(
    experiment: Experiment, written: Mapping[str, Any], source: str
) -> Iterator[Problem]:
    """Yield what *experiment* asks for and this version does not simulate."""
    for key, simulated in ONLY.items():
        path = tuple(key.split("."))
        value = value_at(experiment, path)
        if value not in simulated and value != value_at(_DEFAULT, path):
            yield _refused(path, simulated, written, source)
    for index, fault in enumerate(experiment.faults):
        place: Path = ("faults", index)
        kinds = FAULTS.get(fault.target)
        if kinds is None:
            yield _refused((*place, "target"), tuple(FAULTS), written, source)
        elif fault.kind not in kinds:
            yield _refused((*place, "kind"), kinds, written, source)


def _refused(
    path: Path, simulated: tuple[object, ...], written: Mapping[str, Any], source: str
) -> Problem:
    value = get(written, path)
    shown = "" if value is NOTHING else f" = {quoted(value)}"
    return Problem(
        source=source,
        key=dotted(path),
        value=None if value is NOTHING else value,
        message=f"{dotted(path)}{shown} is not simulated yet",
        suggestion=f"this version knows only {either(simulated)}" if simulated else "leave it out",
    )


_DEFAULT = Experiment.model_validate({})
