"""Overrides: ``key.path=value`` from the command line, on top of the file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from sim.config.experiment import defaults_of
from sim.config.paths import PathError, dotted, parse_path, put
from sim.config.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def overridden(
    mapping: Mapping[str, Any], overrides: Sequence[str], source: str
) -> tuple[Mapping[str, Any], list[Problem]]:
    """Return *mapping* with the *overrides* applied in order, and those that cannot be.

    The preset is set before anything else, so that one parameter of its laws can be set alone.

    A value is read as TOML (``3``, ``true``, ``["a"]``, ``{ law = "none" }``); what is not TOML
    is taken as a text, so ``producer.timeout=2 s`` needs no quotes.
    """
    problems = []
    for text in sorted(overrides, key=lambda text: _key(text) != "preset"):
        value = text.partition("=")[2]
        try:
            path = parse_path(_key(text))
            mapping = put(mapping, path, _value(value.strip()), defaults_of(mapping))
        except PathError as error:
            where = dotted(error.at)
            message = f"{where} {error}, in the override {text}"
            problems.append(Problem(source=source, key=where, value=value, message=message))
        except ValueError:
            message = f"an override must look like key.path=value, got {text}"
            problems.append(Problem(source=source, key="", value=text, message=message))
    return mapping, problems


def _key(text: str) -> str:
    return text.partition("=")[0].strip() if "=" in text else ""


def _value(text: str) -> object:
    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    # More than one key: the text went on with a line of its own.
    return read["value"] if len(read) == 1 else text
