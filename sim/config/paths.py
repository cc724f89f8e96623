"""Key paths into an experiment file: ``producer.backoff.first``, ``faults.0.every``.

A path is a tuple of keys; an array is entered by number, from 0. A mapping is never changed in
place: setting a value gives a new mapping that shares what is not on the path.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
NOTHING = object()
"""Stands for a value that is not there (None could be written in a mapping)."""


class PathError(ValueError):
    """A path that leads nowhere; `at` is how far it leads."""

    def __init__(self, at: Path, message: str) -> None:
        super().__init__(message)
        self.at = at


def parse_path(text: str) -> tuple[str, ...]:
    """Return the keys of a dotted path, as TOML writes them (quotes allowed).

    Raises `ValueError` if *text* is no such path.
    """
    if any(sign in text for sign in "\r\n=#"):
        raise ValueError(f"{text!r} is not a key path")
    table: Any = tomllib.loads(f"{text} = 0")
    keys = []
    while isinstance(table, dict):
        [(key, table)] = table.items()
        keys.append(key)
    return tuple(keys)


def dotted(path: Path) -> str:
    """Return *path* with dots between its keys."""
    return ".".join(str(key) for key in path)


def get(written: object, path: Path) -> Any:
    """Return what stands at *path*, or `NOTHING`."""
    for key in path:
        if isinstance(written, Mapping):
            written = written.get(key, NOTHING)
        elif isinstance(written, list | tuple) and _is_index(key) and int(key) < len(written):
            written = written[int(key)]
        else:
            return NOTHING
    return written


def put(
    written: object, path: Path, value: object, defaults: object = NOTHING, *, at: Path = ()
) -> Any:
    """Return *written* with *value* at *path*.

    Tables that are not there are made. A law or a list that is not there is taken from
    *defaults*, so that one parameter of a law can be set alone. Raises `PathError` if the path
    leads through a plain value or beyond the end of a list; *at* is how *written* is reached.
    """
    if not path:
        return value
    if written is NOTHING:
        written = _begun(defaults)
    key, rest = path[0], path[1:]
    below = get(written, (key,))
    if isinstance(written, Mapping):
        default = get(defaults, (key,))
        return {**written, key: put(below, rest, value, default, at=(*at, key))}
    if not isinstance(written, list | tuple):
        raise PathError(at, "is a plain value, not a table")
    if below is NOTHING:
        raise PathError((*at, key), f"is not there: {dotted(at)} has {len(written)}, from 0")
    items = list(written)
    items[int(key)] = put(below, rest, value, at=(*at, key))
    return items


def _begun(defaults: object) -> object:
    if isinstance(defaults, list | tuple) or (isinstance(defaults, Mapping) and "law" in defaults):
        return defaults
    return {}


def remove(written: object, path: Path) -> Any:
    """Return *written* without what stands at *path*, if anything does."""
    if not path or get(written, path) is NOTHING:
        return written
    key, rest = path[0], path[1:]
    if isinstance(written, Mapping):
        if rest:
            return {**written, key: remove(written[key], rest)}
        return {name: item for name, item in written.items() if name != key}
    items = list(written)  # type: ignore[call-overload]  # an array, else `get` had found nothing
    if rest:
        items[int(key)] = remove(items[int(key)], rest)
    else:
        del items[int(key)]
    return items


def _is_index(key: str | int) -> bool:
    return isinstance(key, int) or (key.isascii() and key.isdigit())
