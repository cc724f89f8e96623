"""Files of measured times: a law's sample, or the creation times of messages.

One number of seconds per line; empty lines and lines that begin with ``#`` are skipped, and the
first other line may be a heading. Nothing else may stand in the file.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from sim.config.suggestions import quoted
from sim.config.units import NUMBER


class SampleError(ValueError):
    """A file of times that cannot be used; the text follows the key that names it."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files that an experiment names, relative to the folder it stands in.

    Each is read once, so that all points of a sweep see the same content.
    """

    base_dir: Path = Path()
    _seconds: dict[str, tuple[float, ...]] = field(default_factory=dict, compare=False)

    @property
    def known(self) -> dict[str, tuple[float, ...]]:
        """The times in the files that were read so far, by name."""
        return dict(self._seconds)

    def seconds(self, name: str) -> tuple[float, ...]:
        """Return the times (s) in the file *name*, in the file's order.

        Raises `SampleError` if it cannot be read, is empty, or holds anything but finite
        numbers >= 0.
        """
        if name not in self._seconds:
            self._seconds[name] = _read_seconds(self.base_dir / name, name)
        return self._seconds[name]


def _read_seconds(path: Path, name: str) -> tuple[float, ...]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise SampleError(f"cannot be read: {name}: {reason}") from None
    except ValueError:
        raise SampleError(f"cannot be read: {name}: not a text file in UTF-8") from None
    cells = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
    cells = [(number, cell) for number, cell in cells if cell and not cell.startswith("#")]
    if cells and re.match(r"[^\W\d]", cells[0][1]) and not _is_special(cells[0][1]):
        del cells[0]  # the heading
    if not cells:
        raise SampleError(f"must hold at least one time, got none in {name}")
    return tuple(_time_s(cell, f"line {number} of {name}") for number, cell in cells)


def _is_special(cell: str) -> bool:
    return cell.lower() in {"inf", "infinity", "nan"}


def _time_s(cell: str, place: str) -> float:
    if re.fullmatch(NUMBER, cell) is None and not _is_special(cell.lstrip("+-")):
        raise SampleError(
            f"must hold one number of seconds per line, got {quoted(cell)} in {place}"
        )
    time_s = float(cell)
    if not (math.isfinite(time_s) and time_s >= 0):
        raise SampleError(f"must hold finite times >= 0, got {cell} in {place}")
    return time_s
