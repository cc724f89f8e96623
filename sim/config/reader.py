"""From a file to an experiment, or to everything that is wrong with it."""

from __future__ import annotations

import copy
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.config import paths
from sim.config.claims import misplaced
from sim.config.cross_checks import cross_check
from sim.config.errors import explain, path_of
from sim.config.experiment import Experiment, at_point
from sim.config.not_yet import not_simulated
from sim.config.overrides import overridden
from sim.config.presets import layered
from sim.config.problems import ConfigError, Problem
from sim.config.samples import Files
from sim.config.shapes import check_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from os import PathLike

    from pydantic_core import ErrorDetails


def load(path: str | PathLike[str], overrides: Sequence[str] = ()) -> Experiment:
    """Return the experiment in the file at *path*, with *overrides* on top.

    An override is ``key.path=value``; its value is read as TOML, and as a text if it is none.
    The title defaults to the file's name. Raises `ConfigError` with everything that is wrong.
    """
    source = str(path)
    mapping, problems = overridden(_parsed(Path(path), source), overrides, source)
    mapping = {"title": Path(path).stem, **mapping}
    return _read(mapping, source, Files(Path(path).parent), problems)


def from_mapping(
    mapping: Mapping[str, Any],
    source: str = "<mapping>",
    base_dir: str | PathLike[str] | None = None,
    files: Mapping[str, Sequence[float]] | None = None,
) -> Experiment:
    """Return the experiment that *mapping*, laid out like a file, describes.

    *source* names it in messages. Files it names are relative to *base_dir*, by default the
    current folder; the times in *files*, by name, are taken as read. Raises `ConfigError` with
    everything that is wrong.
    """
    known = {name: tuple(seconds) for name, seconds in (files or {}).items()}
    return _read(copy.deepcopy(dict(mapping)), source, Files(Path(base_dir or ""), known), [])


def _parsed(path: Path, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        message = f"the file cannot be read: {(error.strerror or 'unreadable').lower()}"
    except UnicodeDecodeError:
        message = "the file is not a text in UTF-8"
    except RecursionError:
        message = "the file is not TOML: nested too deeply"
    except ValueError as error:
        message = f"the file is not TOML: {error}"
    raise ConfigError([Problem(source=source, key="", value=None, message=message)])


_SOME_FAULT = {"target": "broker", "kind": "power_loss", "at": [0]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What reading one mapping gave: an experiment only if nothing is wrong."""

    experiment: Experiment | None
    problems: list[Problem]


def _read(
    mapping: dict[str, Any], source: str, files: Files, problems: list[Problem]
) -> Experiment:
    base = _read_one(mapping, source, files)
    problems = [*problems, *base.problems]
    if "sweep" in mapping:
        told = {problem.message for problem in problems}
        problems.extend(_sweep_problems(mapping, base.experiment, source, files, told))
    if base.experiment is not None and not problems:
        problems.extend(misplaced(base.experiment, source))
    if problems or base.experiment is None:
        raise ConfigError(problems)
    return base.experiment


def _read_one(mapping: dict[str, Any], source: str, files: Files) -> _Reading:
    """Read *mapping*, its sweep unexpanded, and go on reading beyond what is refused."""
    problems: list[Problem] = []
    refused: list[paths.Path] = []
    kept, whole = mapping, layered(mapping)
    while True:
        try:
            experiment = Experiment.model_validate(kept, context=files)
            break
        except ValidationError as error:
            details = error.errors(include_url=False)
        # What was taken out may be missed now: that is no mistake of the file's.
        new = [detail for detail in details if not _follows(detail, refused)]
        problems.extend(explain(detail, whole, source) for detail in new)
        for detail in reversed(details):
            path = _mended_at(detail, kept)
            kept = _without(kept, path)
            if detail["type"] != "extra_forbidden":
                refused.append(path)
    problems.extend(not_simulated(experiment, whole, source))
    problems.extend(check_shape(experiment, mapping, source))
    problems.extend(cross_check(experiment, whole, source, refused))
    problems = [_with_origin(problem, mapping, whole) for problem in problems]
    return _Reading(experiment=None if problems else experiment, problems=problems)


def _without(kept: Mapping[str, Any], path: paths.Path) -> dict[str, Any]:
    """Return *kept* with nothing refused at *path*; the other faults keep their numbers."""
    is_fault = path[:1] == ("faults",) and len(path) == 2
    mended: dict[str, Any] = (
        paths.put(kept, path, _SOME_FAULT) if is_fault else paths.remove(kept, path)
    )
    return mended if path else {}


def _with_origin(problem: Problem, mapping: Mapping[str, Any], whole: Mapping[str, Any]) -> Problem:
    """Return *problem*, saying so if its value does not stand in the file but in its preset."""
    path = tuple(problem.key.split("."))
    if paths.get(mapping, path) is not paths.NOTHING or paths.get(whole, path) is paths.NOTHING:
        return problem
    return replace(problem, source=f'{problem.source}, preset "{mapping["preset"]}"')


def _follows(detail: ErrorDetails, refused: list[paths.Path]) -> bool:
    path = path_of(detail)
    return any(path in (taken, taken[:-1]) for taken in refused)


def _mended_at(detail: ErrorDetails, kept: Mapping[str, Any]) -> paths.Path:
    """Return what to take out of *kept* so that the rest can be read."""
    path = path_of(detail)
    # What is missing, or not a key of its own, takes its table with it.
    while paths.get(kept, path) is paths.NOTHING:
        path = path[:-1]
    return path


def _sweep_problems(
    mapping: dict[str, Any],
    experiment: Experiment | None,
    source: str,
    files: Files,
    told: set[str],
) -> Iterator[Problem]:
    """Yield what is wrong at the points and not *told* of the file itself.

    *experiment* is the file's, None if something is wrong with it.
    """
    try:
        sweep = Experiment.model_validate({"sweep": mapping["sweep"]}).sweep
    except ValidationError:
        return  # told already
    found = list(_problems_at(sweep.corners(), mapping, source, files, told))
    yield from found
    # Where an end of a range is wrong, what lies between would only say so again and again.
    if sweep.sample and experiment is not None and not found:
        yield from _problems_at(experiment.rows(), mapping, source, files, told)


def _problems_at(
    rows: Iterable[Mapping[str, object]],
    mapping: dict[str, Any],
    source: str,
    files: Files,
    told: set[str],
) -> Iterator[Problem]:
    for parameters in rows:
        try:
            point = at_point(mapping, parameters)
        except paths.PathError as error:
            where = paths.dotted(error.at)
            problem = Problem(source=source, key=where, value=None, message=f"{where} {error}")
            problems = [problem]
        else:
            problems = _read_one(point, source, files).problems
        for problem in problems:
            if problem.message not in told:
                told.add(problem.message)
                yield replace(problem, message=f"sweep: {problem.message}")
