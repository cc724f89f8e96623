"""What is wrong with an experiment file, said so that a person can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake.

    `message` is a sentence that begins with the key path: name, bound, value. `source` is the
    file it stands in, `key` the key path (empty if the whole file is meant), `value` what was
    written there (None if nothing was), `suggestion` how to mend it (empty if unknown).
    """

    source: str
    key: str
    value: object
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        suggestion = f"; {self.suggestion}" if self.suggestion else ""
        return f"{self.message} ({self.source}){suggestion}"


class ConfigError(Exception):
    """An experiment that cannot be run as written.

    `problems` holds every mistake that was found, each once; the text has one line for each.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        # The same mistake met at several points of a sweep is told once.
        self.problems = tuple({str(problem): problem for problem in problems}.values())
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
