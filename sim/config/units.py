"""Quantities as people write them: durations, rates and sizes with a unit.

A plain number is already in the base unit: seconds, per second, bytes. A month is 30 days and
a year 365 days; ``kB`` counts in thousands, ``KiB`` in 1024. Numbers are scaled in decimal
arithmetic, so ``"35 ms"`` is the float ``0.035`` exactly, and so hashes do not depend on the unit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from sim.config.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = {
    "ns": "1e-9",
    "us": "1e-6",
    "\N{MICRO SIGN}s": "1e-6",
    "\N{GREEK SMALL LETTER MU}s": "1e-6",
    "ms": "1e-3",
    "s": "1",
    "min": "60",
    "h": "3600",
    "d": "86400",
    "w": "604800",
    "month": "2592000",
    "year": "31536000",
}
_WORDS = {"second": "s", "minute": "min", "hour": "h", "day": "d", "week": "w"}
_PLURALS = ("second", "minute", "hour", "day", "week", "month", "year")
_DECIMAL = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}

# At most three digits of exponent: the number stays within what Decimal multiplies safely.
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_OFTEN_MEANT = {"m": "min", "sec": "s", "secs": "s", "hr": "h", "hrs": "h", "KB": "kB"}
_INFINITE = "inf"
_FLOAT_DIGITS = 17  # tell any two floats apart


class UnitError(ValueError):
    """A text that is no such quantity; `suggestion` may say what was meant."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of quantity and its units, as multiples of the base unit.

    `listed` names the units for people. `separator` stands between number and unit (``200/s``),
    `divides` says that it divides. `ending` stands behind the unit (``10 MiB/s``)
    in every text, as a regular expression.
    """

    noun: str
    example: str
    base: str
    units: Mapping[str, Decimal] = field(hash=False)
    listed: str
    separator: str = ""
    divides: bool = False
    ending: str = ""

    def parse(self, written: object) -> float:
        """Return *written*, a number or a text with a unit, in the base unit.

        ``"inf"`` gives infinity. Raises `UnitError` for anything that is no such quantity.
        """
        if isinstance(written, str):
            return self._parse_text(written)
        if isinstance(written, bool) or not isinstance(written, int | float):
            raise UnitError(f"must be {self.noun}")
        try:
            number = float(written)
        except OverflowError:
            raise UnitError("must be finite") from None
        if math.isnan(number):
            raise UnitError(f"must be {self.noun}")
        return number + 0.0  # minus zero is zero

    def _parse_text(self, text: str) -> float:
        if text.strip().removeprefix("-") == _INFINITE:
            return float(text)
        match = re.fullmatch(rf"({NUMBER}){self._gap}([^\W\d_]*){self._end}", text.strip())
        if match is None:
            raise UnitError(f"must be {self.noun}")
        number, unit = match.groups()
        if not unit:
            raise UnitError(f'must have a unit, as in "{self.example}"')
        if unit not in self.units:
            raise UnitError(
                f'has an unknown unit "{unit}"',
                did_you_mean(_OFTEN_MEANT.get(unit, unit), self.units)
                or f"known units: {self.listed}",
            )
        return _scaled(Decimal(number), self.units[unit], divides=self.divides)

    @property
    def _gap(self) -> str:
        return rf"\s*{self.separator}\s*" if self.separator else r"\s*"

    @property
    def _end(self) -> str:
        return rf"\s*{self.ending}" if self.ending else ""

    def pattern(self, *, infinite: bool = False) -> str:
        """Return a regular expression (ECMA 262) of the texts accepted, for the JSON Schema."""
        text = rf"{NUMBER.removeprefix('[+-]?')}{self._gap}(?:{'|'.join(self.units)}){self._end}"
        return rf"^\s*(?:{text}{'|inf' if infinite else ''})\s*$"


def _scaled(number: Decimal, unit: Decimal, *, divides: bool) -> float:
    with localcontext() as context:
        context.prec = 60
        value = float(number / unit if divides else number * unit)
    if math.isinf(value):
        raise UnitError("must be finite")
    return value + 0.0  # minus zero is zero


def _seconds_by_unit() -> dict[str, Decimal]:
    units = {unit: Decimal(seconds) for unit, seconds in _SECONDS.items()}
    units |= {word: units[unit] for word, unit in _WORDS.items()}
    return units | {f"{word}s": units[word] for word in _PLURALS}


_TIMES = "ns, us, ms, s, min, h, d, w, month, year"
DURATION = Kind(
    noun='a duration such as "250 ms", or plain seconds',
    example="5 s",
    base="s",
    units=_seconds_by_unit(),
    listed=_TIMES,
)
RATE = Kind(
    noun='a rate such as "200/s", or a plain number per second',
    example="200/s",
    base="/s",
    units=_seconds_by_unit(),
    listed=_TIMES,
    separator="/",
    divides=True,
)
SIZE = Kind(
    noun='a size such as "1 KiB", or plain bytes',
    example="1 KiB",
    base="B",
    units={unit: Decimal(count) for unit, count in (_DECIMAL | _BINARY).items()},
    listed=", ".join(_DECIMAL | _BINARY),
)
FLOW = Kind(
    noun='a flow such as "10 MiB/s", or plain bytes per second',
    example="10 MiB/s",
    base="B/s",
    units=SIZE.units,
    listed=SIZE.listed,
    ending=r"/\s*s",
)


def format_duration(seconds: float) -> str:
    """Return *seconds* (s) as text that `DURATION` reads back as the very same float.

    The unit is the largest one, from ``ns`` to ``d``, in which the number is at least 1 and
    needs no more digits than a float has. Raises `ValueError` for nan.
    """
    if math.isnan(seconds):
        raise ValueError("seconds must be a number, got nan")
    if math.isinf(seconds):
        return _INFINITE if seconds > 0 else f"-{_INFINITE}"
    exact = Decimal(repr(seconds))
    for unit in ("d", "h", "min", "s", "ms", "us"):
        number = (exact / Decimal(_SECONDS[unit])).normalize()
        if abs(number) >= 1 and len(number.as_tuple().digits) <= _FLOAT_DIGITS:
            return f"{_plain(number)} {unit}"
    return f"{_plain(exact)} s" if seconds == 0 else f"{_plain(exact * 10**9)} ns"


def _plain(number: Decimal) -> str:
    text = f"{number:f}" if -7 < number.adjusted() < 16 else f"{number:e}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
