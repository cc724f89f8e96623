"""The experiment file: one TOML file is one experiment.

`load` reads it, checks everything about it once, and returns a frozen `Experiment` whose
attributes mirror the file. What is unknown, impossible or could never end is refused with a
`ConfigError` that tells all of it at once. Nothing in a file is ever evaluated.
"""

from sim.config.experiment import Experiment, Point
from sim.config.problems import ConfigError, Problem
from sim.config.reader import from_mapping, load
from sim.config.schema import json_schema

__all__ = [
    "ConfigError",
    "Experiment",
    "Point",
    "Problem",
    "from_mapping",
    "json_schema",
    "load",
]
