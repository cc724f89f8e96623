"""An experiment: the whole file, read, checked and frozen.

Its attributes mirror the file. Durations are seconds and say so in their names
(``producer.timeout_s``), laws are `models.laws` values, backoffs `models.policies.backoff` values,
arrivals `models.arrivals` values. "Never" and "none" are infinity.

What fails and what takes time defaults to nothing; policies default to common ones. So an empty
file is a system in which nothing goes wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import ModelWrapValidatorHandler, PrivateAttr, Strict, ValidationInfo, model_validator

from sim.config.broker import Broker, Disk
from sim.config.claims import Claim
from sim.config.consumer import Consumer
from sim.config.faults import Fault
from sim.config.fitting import fitted
from sim.config.known import value_types, written_defaults
from sim.config.network import Network
from sim.config.normal import digest, only_written, plain
from sim.config.paths import parse_path, put
from sim.config.presets import PresetName, layered, merged
from sim.config.producer import Producer
from sim.config.quantities import Seed
from sim.config.run import Check, Plot, Run
from sim.config.samples import Files
from sim.config.shapes import with_defaults, without_defaults
from sim.config.sweep import Sweep
from sim.config.tables import Table, key


class Experiment(Table):
    """One experiment. Make it with `sim.config.load` or `sim.config.from_mapping`."""

    title: str = key("", "A name for people. Default: the file's name.")
    question: str = key("", "What the experiment answers.")
    preset: PresetName | None = key(None, "Start from a system's documented defaults.")
    seed: Seed = key(0, "Names the luck; 0 is a seed like any other.")
    run: Run = key({}, "How much is run.")
    producer: Producer = key({}, "Who creates messages and sends them.")
    network: Network = key({}, "The two links.")
    broker: Broker = key({}, "Who keeps messages and gives them out.")
    disk: Disk = key({}, "Where the broker writes.")
    consumer: Consumer = key({}, "Who takes messages.")
    faults: Annotated[tuple[Fault, ...], Strict(False)] = key((), "What breaks.")
    sweep: Sweep = key({}, "What is varied.")
    check: Check = key({}, "Closed forms beside the estimates.")
    plot: Plot = key({}, "What is drawn.")
    claims: Annotated[tuple[Claim, ...], Strict(False)] = key((), "What the run is to judge.")

    # A point of a sweep starts from the file as written: what was left to a default there may
    # follow the value that the sweep sets.
    _written: Mapping[str, Any] = PrivateAttr(default_factory=dict)
    _files: Files = PrivateAttr(default_factory=Files)

    @model_validator(mode="wrap")
    @classmethod
    def _remember(
        cls, written: Any, handler: ModelWrapValidatorHandler["Experiment"], info: ValidationInfo
    ) -> "Experiment":
        # What its preset and the shape of its broker say stands instead of defaults.
        filled = with_defaults(layered(written)) if isinstance(written, dict) else written
        experiment = handler(filled)
        if isinstance(written, dict):
            experiment._written = written
            experiment._files = info.context or Files()
        return experiment

    @property
    def written(self) -> Mapping[str, Any]:
        """The file as it is written, with what was set on the command line."""
        return self._written

    @property
    def base_dir(self) -> Path:
        """The folder to which files that it names are relative."""
        return self._files.base_dir

    @property
    def files_read(self) -> dict[str, list[float]]:
        """The times (s) in the files that it names, by name, as far as they were read."""
        return {name: list(seconds) for name, seconds in sorted(self._files.known.items())}

    @property
    def groups(self) -> int:
        """The number of consumer groups, each of which sees every message."""
        return self.consumer.groups if self.broker.routing == "fanout" else 1

    def rows(self) -> Iterator[dict[str, object]]:
        """Yield the parameters of each point of the sweep."""
        yield from self.sweep.rows(self.seed, is_whole)

    def points(self) -> Iterator["Point"]:
        """Yield the points of the sweep; without a sweep the experiment itself is the only one."""
        if not self.sweep:
            yield Point(parameters={}, experiment=self)
            return
        for parameters in self.rows():
            written, left_out = fitted(_put_in(self._written, parameters), parameters)
            experiment = Experiment.model_validate(dict(written), context=self._files)
            yield Point(parameters=parameters, experiment=experiment, left_out=left_out)

    def as_file_mapping(self) -> dict[str, Any]:
        """Return the normal form: every key, in base units, as JSON-able data.

        A preset stands in it with its values. Of an experiment that varies the preset it holds the
        file's own keys alone, so that the others may follow the preset at each point.
        """
        mapping: dict[str, Any] = plain(self)
        for fault, written in zip(self.faults, mapping["faults"], strict=True):
            # Left out, a consumer comes back as after any other death.
            if fault.target == "consumer" and "lasts" not in fault.model_fields_set:
                del written["lasts"]
        if self.sweep:
            # Written out, acknowledgements would no longer follow the packets at each point.
            for name, link in (
                ("publish", self.network.publish),
                ("deliver", self.network.deliver),
            ):
                for follower in {"ack_delay", "ack_loss"} - link.model_fields_set:
                    del mapping["network"][name][follower]
            mapping = without_defaults(mapping, layered(self._written))
        else:
            mapping.pop("preset", None)
        return only_written(mapping, self._written) if self._varies_preset else mapping

    @property
    def _varies_preset(self) -> bool:
        return any(parse_path(name) == ("preset",) for name in self.sweep.names)

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the normal form without title and question.

        The name of a preset does not count, but the values that come from it.
        """
        mapping = self.as_file_mapping()
        if self.sweep and (self._varies_preset or self.preset is not None):
            mapping["points"] = [point.experiment.as_file_mapping() for point in self.points()]
        return digest(mapping)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Experiment):
            return NotImplemented
        return self.as_file_mapping() == other.as_file_mapping()

    def __hash__(self) -> int:
        return hash(self.hash)


@cache
def is_whole(name: str) -> bool:
    """Return whether the key at the path *name* holds a whole number, and nothing else."""
    return value_types(Experiment, parse_path(name)) == {int}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a sweep: its parameters as written in the file, and its experiment.

    `left_out` are the key paths of the file that speak of parts which this system has not.
    """

    parameters: dict[str, object]
    experiment: Experiment
    left_out: tuple[str, ...] = ()


OF_THE_FILE = ("sweep", "claims")
"""What belongs to all points together, and not to one of them."""


def at_point(written: Mapping[str, Any], parameters: Mapping[str, object]) -> dict[str, Any]:
    """Return the file *written* with *parameters* put in and the sweep left out.

    A law of which one parameter is put in is the file's own, or the preset's, or the default. What
    the system at this point has no place for is left out (`sim.config.fitting`).
    Raises `sim.config.paths.PathError` for a path that leads nowhere.
    """
    return dict(fitted(_put_in(written, parameters), parameters)[0])


def _put_in(written: Mapping[str, Any], parameters: Mapping[str, object]) -> dict[str, Any]:
    """Return the file *written* with *parameters* put in and the sweep left out."""
    point: dict[str, Any] = {
        name: item for name, item in written.items() if name not in OF_THE_FILE
    }
    preset_first = sorted(parameters.items(), key=lambda item: parse_path(item[0]) != ("preset",))
    for name, value in preset_first:
        point = put(point, parse_path(name), value, defaults_of(point))
    return point


def defaults_of(written: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a file like *written* need not write: the values of its preset, and defaults."""
    below = layered({"preset": written.get("preset")})
    defaults: Mapping[str, Any] = merged(written_defaults(Experiment), below)
    return defaults
