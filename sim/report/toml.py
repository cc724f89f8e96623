"""An experiment as the text of a file, from which it can be read again.

Comments of the first file are gone, as they are no part of what was read.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from sim.config.presets import is_table
from sim.config.starting import toml_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONG = 88  # characters; longer lists stand on several lines


def file_text(written: Mapping[str, Any]) -> tuple[str, str]:
    """Return the file *written* as text, and the name of its format: TOML.

    JSON where TOML cannot say the same: it has no "nothing", and a program may have put in what no
    file holds.
    """
    try:
        text = "\n".join(_table((), written)).strip() + "\n"
        if tomllib.loads(text) == written:
            return text, "TOML"
    except ValueError:
        pass  # some value is none of TOML's
    return json.dumps(written, indent=1, ensure_ascii=False, default=str) + "\n", "JSON"


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of *table* at *path*: its own keys, then the tables below it."""
    below = {name: item for name, item in table.items() if is_table(item) or _is_array(item)}
    own = {name: item for name, item in table.items() if name not in below}
    if path and (own or not below):
        yield f"\n[{_dotted(path)}]"
    yield from _keys(own)
    for name, item in below.items():
        if not _is_array(item):
            yield from _table((*path, name), item)
            continue
        for each in item:
            yield f"\n[[{_dotted((*path, name))}]]"
            yield from _keys(each)


def _keys(table: Mapping[str, Any]) -> Iterator[str]:
    for name, item in table.items():
        line = f"{_key(name)} = {toml_value(item)}"
        if len(line) > _LONG and isinstance(item, list | tuple):
            yield f"{_key(name)} = ["
            yield from (f"    {toml_value(each)}," for each in item)
            yield "]"
        else:
            yield line


def _is_array(item: object) -> bool:
    """Return whether *item* is a list of tables, such as that of the faults."""
    return isinstance(item, list | tuple) and bool(item) and all(map(is_table, item))


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(map(_key, path))


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_value(name)
