"""Presets: a real system's documented defaults, below the keys of an experiment file.

Tables are merged key by key, and the file's own keys win. A law or a backoff is one value, replaced
whole. The presets themselves are data, in `models.presets`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, TypeAlias, TypeGuard

from pydantic import AfterValidator, WithJsonSchema

from sim.config.paths import Path, dotted
from sim.config.suggestions import did_you_mean
from sim.config.tables import refusal

_FOLDER = files("models.presets")
_ENDING = ".toml"
NAMES = tuple(
    sorted(
        item.name.removesuffix(_ENDING) for item in _FOLDER.iterdir() if item.name.endswith(_ENDING)
    )
)
"""The presets there are."""
_ABOUT = ("title", "system", "version", "means", "cannot", "sources")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One system: what an acknowledgement `means` there, its `values` and where they were read.

    `values` is laid out like an experiment file. `sources` has an entry for every key path in it.
    `cannot` holds what the preset does not express, one sentence each.
    """

    name: str
    title: str
    system: str
    version: str
    means: str
    cannot: tuple[str, ...]
    values: Mapping[str, Any]
    sources: Mapping[str, str]

    def by_key(self) -> dict[str, Any]:
        """Return the values by dotted key path, in the order of the file."""
        return {dotted(path): value for path, value in leaves(self.values)}


@cache
def preset(name: str) -> Preset:
    """Return the preset *name*, one of `NAMES`."""
    text = (_FOLDER / f"{name}{_ENDING}").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    about = {key: read.pop(key) for key in _ABOUT}
    return Preset(name=name, values=read, **about | {"cannot": tuple(about["cannot"])})


def leaves(values: Mapping[str, Any], below: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value under *values* with its key path; a law is one value."""
    for key, value in values.items():
        if is_table(value):
            yield from leaves(value, (*below, key))
        else:
            yield (*below, key), value


def layered(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the file *written* with the values of the preset that it names, where it has none."""
    name = written.get("preset")
    if not (isinstance(name, str) and name in NAMES):
        return dict(written)
    below: dict[str, Any] = merged(preset(name).values, written)
    return below


def merged(below: object, above: object) -> Any:
    """Return *above* over *below*: tables key by key, anything else from *above*."""
    if not (is_table(below) and is_table(above)):
        return above
    return {
        **below,
        **{
            key: merged(below[key], value) if key in below else value
            for key, value in above.items()
        },
    }


def is_table(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether *value* is a table of keys of its own: a law is one value."""
    return isinstance(value, Mapping) and "law" not in value


def _known(name: str) -> str:
    if name not in NAMES:
        suggestion = did_you_mean(name, NAMES) or f"presets: {', '.join(NAMES)}"
        raise refusal("must name a preset", suggestion=suggestion)
    return name


PresetName: TypeAlias = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"enum": list(NAMES)})
]
