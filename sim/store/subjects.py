"""What a replication depends on, as a key: where it is the same, so is the replication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.config.normal import digest
from sim.fingerprint import made_with

if TYPE_CHECKING:
    from sim.config import Experiment

PLAIN = frozenset({"plain", "told"})
"""Kinds of replications that depend on the system, its seed, and their number alone."""

_OF_THE_FILE = ("sweep", "check", "plot", "claims")
_OF_THE_PLAN = ("replications", "precision", "rare", "confidence")
"""What of `[run]` says how many there are, and what they are for."""

LENGTH = 20


def subject_key(experiment: Experiment, kind: str) -> str:
    """Return the key of what replications of *kind* depend on at the point *experiment*.

    How many plain ones there are changes none of them. A pilot, and what it has chosen, depends on
    that, too.
    """
    mapping: dict[str, Any] = {
        name: value
        for name, value in experiment.as_file_mapping().items()
        if name not in _OF_THE_FILE
    }
    run = dict(mapping["run"])
    if not experiment.run.warmup_is_open:
        run["warmup"] = experiment.run.warmup_s
    if kind in PLAIN:
        run = {name: value for name, value in run.items() if name not in _OF_THE_PLAN}
    mapping |= {"run": run, "made_with": made_with()}
    return digest(mapping)[:LENGTH]
