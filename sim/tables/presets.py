"""Presets for people: all of them, one with its sources, several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from sim.config.experiment import Experiment
from sim.config.known import written_defaults
from sim.config.paths import NOTHING, get
from sim.config.starting import toml_value
from sim.tables.style import QUIET, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sim.config.presets import Preset

DIFFERS = "*"
_MEANS = "an acknowledgement means"


def preset_list(presets: Sequence[Preset]) -> Table:
    """Return one row per preset: its name, whose it is, what an acknowledgement means there."""
    shown = table(None)
    shown.add_column("preset", no_wrap=True)
    shown.add_column(f"system, and what {_MEANS}")
    for one in presets:
        about = Text(f"{one.system}, {one.version}\n", style=QUIET).append(one.means, style="none")
        shown.add_row(Text(one.name, style="bold"), about)
    return shown


def preset_table(one: Preset) -> Table:
    """Return the values of one preset and where they were read."""
    shown = table(None)
    shown.add_column("key", no_wrap=True)
    shown.add_column("value", ratio=2, overflow="fold")
    shown.add_column("source", ratio=3, overflow="fold")
    for key, value in one.by_key().items():
        shown.add_row(key, toml_value(value), Text(one.sources[key], style=QUIET))
    return shown


def presets_beside(presets: Sequence[Preset]) -> Table:
    """Return the values of several presets side by side, with `DIFFERS` where they differ.

    Where only some of them set a key, the others have the experiment's default in brackets.
    """
    shown = table(f"{DIFFERS} differs; (default) where a preset sets nothing")
    shown.add_column("")
    shown.add_column("key", no_wrap=True)
    for one in presets:
        shown.add_column(one.name, ratio=1, overflow="fold")
    _add(shown, "version", [f"{one.system}, {one.version}" for one in presets])
    _add(shown, _MEANS, [one.means for one in presets])
    values = [one.by_key() for one in presets]
    for key in dict.fromkeys(key for own in values for key in own):
        default = get(written_defaults(Experiment), tuple(key.split(".")))
        _add(shown, key, [own.get(key, default) for own in values], [key in own for own in values])
    return shown


def _add(shown: Table, key: str, values: Sequence[Any], own: Sequence[bool] = ()) -> None:
    differs = any(value != values[0] for value in values)
    cells = [_cell(value, own=own[place]) if own else value for place, value in enumerate(values)]
    style = "bold" if differs else ""
    shown.add_row(DIFFERS if differs else "", Text(key, style=style), *cells)


def _cell(value: object, *, own: bool) -> Text:
    if own:
        return Text(toml_value(value))
    # A key may follow another one where nothing is written.
    return Text("-" if value is NOTHING else f"({toml_value(value)})", style=QUIET)
