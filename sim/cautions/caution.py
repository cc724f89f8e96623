"""One thing that speaks against a result."""

from __future__ import annotations

from typing import NamedTuple


class Caution(NamedTuple):
    """A `text` with its numbers, and what it is `about`: the same thing is not told twice."""

    about: str
    text: str
