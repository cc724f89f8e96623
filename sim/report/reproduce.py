"""What it takes to make a result again: the file, its hash, the seed, versions, a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.numerals import count
from sim.report.toml import file_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.config import Experiment
    from sim.runner import Result

LARGEST = 200_000
"""Characters of a file of measured times; a larger one is left out."""

LONGEST = 50
"""Values in a list of the settings; of a longer one only their number is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file of measured times (s) that an experiment names: how many, and all as `text`.

    The text is empty where it is too long.
    """

    name: str
    size: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to make a result again.

    `text` is the experiment file in its `format`, to be saved as `file`; it names the `recordings`.
    `settings` is for reading: the file with all that it leaves to defaults and presets.
    """

    file: str
    format: str
    text: str
    command: str
    recordings: tuple[Recording, ...]
    settings: str


def recipe(result: Result) -> Recipe:
    """Return how to make *result* again."""
    experiment = result.experiment
    text, form = file_text(experiment.written)
    file = f"experiment.{form.lower()}"
    return Recipe(
        file=file,
        format=form,
        text=text,
        command=f"msgfate run {file}" if form == "TOML" else "",
        recordings=tuple(_recording(*item) for item in experiment.files_read.items()),
        settings=settings_of(experiment),
    )


def settings_of(experiment: Experiment) -> str:
    """Return every setting of *experiment* for reading, without what is in long lists."""
    return file_text(_shortened(experiment.as_file_mapping()))[0]


def _shortened(written: Any) -> Any:
    if isinstance(written, Mapping):
        return {name: _shortened(item) for name, item in written.items()}
    if isinstance(written, list | tuple):
        if len(written) > LONGEST:
            return f"{count(len(written))} values, left out here"
        return [_shortened(item) for item in written]
    return written


def _recording(name: str, times_s: Sequence[float]) -> Recording:
    text = "".join(f"{time_s!r}\n" for time_s in times_s)
    return Recording(name=name, size=len(times_s), text=text if len(text) <= LARGEST else "")
