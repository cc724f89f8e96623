"""What a person who misspelt something probably meant, and how values are shown to them."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LONGEST = 60


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the word of *known* that is most like *word*, or None if none is near.

    Capitals do not count. Near is what `difflib.get_close_matches` calls so by default, or the
    only word that begins like it.
    """
    by_lower = {candidate.lower(): candidate for candidate in known}
    word = word.lower()
    begun = [candidate for candidate in by_lower if candidate.startswith(word) and len(word) > 1]
    found = get_close_matches(word, by_lower, n=1) or begun
    return by_lower[found[0]] if len(found) == 1 else None


def did_you_mean(word: str, known: Iterable[str], show: Callable[[str], str] | None = None) -> str:
    """Return "did you mean ..." for the nearest known word, or "" if none is near.

    *show* makes of the word what is to be written; by default its text in quotes.
    """
    found = nearest(word, known)
    return "" if found is None else f"did you mean {(show or quoted)(found)}?"


def quoted(value: object) -> str:
    """Return *value* as it would stand in the experiment file, cut short if it is long."""
    if isinstance(value, dict):
        items = ", ".join(f"{name} = {quoted(item)}" for name, item in value.items())
        text = f"{{ {items} }}" if items else "{}"
    elif isinstance(value, list | tuple):
        text = f"[{', '.join(quoted(item) for item in value[:_LONGEST])}]"
    elif isinstance(value, str | bool):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = _number(value) if isinstance(value, int) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def either(values: Iterable[object]) -> str:
    """Return *values* as a list to choose from: ``"queue", "log" or 3``."""
    shown = [quoted(value) for value in values]
    return " or ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _number(value: int) -> str:
    # Python refuses to write out integers of thousands of digits.
    return str(value) if value.bit_length() < 4 * _LONGEST else f"{value:#x}"
