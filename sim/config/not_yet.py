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
    "run.engine": ("auto", "simpy"),
}
"""Keys that this version knows only some values of; with none, the key is to be left out."""


def not_simulated(
    experiment: Experiment, written: Mapping[str, Any], source: str
) -> Iterator[Problem]:
    """Yield what *experiment* asks for and this version does not simulate."""
    for key, simulated in ONLY.items():
        path = tuple(key.split("."))
        value = value_at(experiment, path)
        if value not in simulated and value != value_at(_DEFAULT, path):
            yield _refused(path, simulated, written, source)


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
