"""Finds a stored result by what a person types: its folder, its name, or the beginning of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sim.config.suggestions import did_you_mean
from sim.store.errors import StoreError
from sim.store.listing import listed

if TYPE_CHECKING:
    from sim.store.listing import Listed


def find(text: str, results: Path) -> Path:
    """Return the folder of the result that *text* names: a path, or a name in *results*.

    The key behind the name may be left out. Where several are meant, it is the one that this
    program would make; raise a `StoreError` if that is still not one.
    """
    path = Path(text)
    with suppress(OSError):  # a text that is too long for a path may still be part of a name
        if path.is_dir():
            return path
    known = listed(results)
    meant = [one for one in known if one.path.name == text]
    meant = meant or [one for one in known if one.path.name.rpartition("-")[0] == text]
    meant = meant or [one for one in known if one.path.name.startswith(text)]
    for narrower in (_complete, _current):
        meant = [one for one in meant if narrower(one)] or meant
    if len(meant) == 1:
        return meant[0].path
    if meant:
        several = ", ".join(one.path.name for one in meant)
        raise StoreError(f"{text} may be any of {several}: name one of them")
    names = [one.path.name for one in known]
    hint = did_you_mean(text, names) or (
        f"there are {', '.join(names)}" if names else "there is none: msgfate run makes one"
    )
    raise StoreError(f"no result in {results} is called {text}; {hint}")


def _complete(one: Listed) -> bool:
    return one.complete


def _current(one: Listed) -> bool:
    return one.current
