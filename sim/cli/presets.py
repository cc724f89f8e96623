"""Carries out `msgfate presets`: all of them, one, several side by side, or one as a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.text import Text

from sim.cli.screen import Screen
from sim.config.presets import NAMES, preset
from sim.config.starting import starting_file
from sim.config.suggestions import did_you_mean, quoted
from sim.tables.presets import preset_list, preset_table, presets_beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.config.presets import Preset


class UnknownPresetError(Exception):
    """A name that no preset has; the text says which was meant."""


def show_presets(names: Sequence[str], *, as_toml: bool, as_json: bool) -> None:
    """Print the presets *names*, or all if none is named; raise an `UnknownPresetError`."""
    problems = [_refused(name) for name in names if name not in NAMES]
    if problems:
        raise UnknownPresetError("\n".join(problems))
    presets = [preset(name) for name in names or NAMES]
    screen = Screen()
    if as_toml:
        screen.write(starting_file(names[0]))
    elif as_json:
        screen.write(json.dumps([_plain(one) for one in presets], indent=2) + "\n")
    elif not names:
        screen.print(preset_list(presets))
    elif len(names) == 1:
        _print_one(presets[0], screen)
    else:
        screen.print(presets_beside(presets))


def _refused(name: str) -> str:
    meant = did_you_mean(name, NAMES) or "`msgfate presets` lists them"
    return f"there is no preset {quoted(name)}; {meant}"


def _plain(one: Preset) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "system": one.system,
        "version": one.version,
        "means": one.means,
        "cannot": list(one.cannot),
        "values": {
            key: {"value": value, "source": one.sources[key]} for key, value in one.by_key().items()
        },
    }


def _print_one(one: Preset, screen: Screen) -> None:
    screen.print(Text(one.title, style="bold"))
    screen.print(Text(f"{one.system}, {one.version}"))
    screen.print(Text(f"An acknowledgement means: {one.means}", style="italic"))
    screen.print()
    screen.print(preset_table(one))
    screen.print()
    screen.print("inferred: concluded from what was read; ours: our choice")
    screen.print()
    screen.print("It does not express:")
    for sentence in one.cannot:
        screen.print(Padding(Text(f"- {sentence}"), (0, 0, 0, 2)))
