"""An experiment at points of somebody's choice, instead of those of its own sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.config.reader import from_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.config.experiment import Experiment


def at_points(experiment: Experiment, rows: Sequence[Mapping[str, object]]) -> Experiment:
    """Return *experiment* with the points *rows*: parameters as written, the same keys in each.

    Claims are left out: they name points of its own. Raises a `sim.config.ConfigError` with all
    that is wrong at these points.
    """
    lists = {name: [row[name] for row in rows] for name in rows[0]}
    kept = {name: item for name, item in experiment.written.items() if name != "claims"}
    return from_mapping(
        {**kept, "sweep": {"zip": lists}}, source="sweep.sample", base_dir=experiment.base_dir
    )
