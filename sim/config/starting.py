"""A preset written out as a whole experiment file to start from.

Every key is there: a value of the preset below a comment with its source, any other with its
default. Read back, the file is the same experiment as one that names the preset.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sim.config.experiment import Experiment
from sim.config.known import written_defaults
from sim.config.paths import Path, dotted
from sim.config.presets import is_table, merged, preset
from sim.config.shapes import with_defaults

if TYPE_CHECKING:
    from sim.config.presets import Preset

_TABLES = ("run", "producer", "network", "broker", "disk", "consumer")
_FAULT = """
# What breaks; without any, nothing does:
# [[faults]]
# target = "broker"
# kind = "power_loss"
# at = ["60 s"]
# lasts = "5 s"
"""


def starting_file(name: str) -> str:
    """Return an experiment file (TOML) with all values of the preset *name* and the defaults."""
    shown = preset(name)
    defaults = {key: written_defaults(Experiment)[key] for key in _TABLES}
    lines = [
        f"title = {toml_value(shown.title)}",
        f"# {shown.system}, {shown.version}",
        f"# An acknowledgement means: {shown.means}",
        *(f"# Not expressed: {sentence}" for sentence in shown.cannot),
        *_table((), merged(defaults, with_defaults(shown.values)), shown),
        "",
    ]
    return "\n".join(lines) + _FAULT


def toml_value(value: object) -> str:
    """Return *value* (text, number, switch, list or table of such) as TOML writes it."""
    if isinstance(value, Mapping):
        items = ", ".join(f"{_key(name)} = {toml_value(item)}" for name, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, str):
        # JSON's texts are TOML's, but for one sign that TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def _table(path: Path, table: Mapping[str, Any], shown: Preset) -> Iterator[str]:
    """Yield the lines of *table* at *path*: its own keys, then the tables below it."""
    own = {name: value for name, value in table.items() if not is_table(value)}
    if own:
        yield ""
        yield f"[{'.'.join(map(_key, map(str, path)))}]"
    for name, value in own.items():
        source = shown.sources.get(dotted((*path, name)))
        if source is not None:
            yield f"# {source}"
        line = f"{_key(name)} = {toml_value(value)}"
        yield line if source is not None else f"{line}  # default"
    for name, value in table.items():
        if is_table(value):
            yield from _table((*path, name), value, shown)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_value(name)
