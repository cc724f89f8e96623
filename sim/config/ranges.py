"""What one key may be in a design: any value between two ends, or one of some choices."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, PlainValidator, Strict, model_validator

from sim.config.tables import Table, key, refusal
from sim.config.units import DURATION, FLOW, NUMBER, RATE, SIZE, Kind, UnitError

DIGITS = 3
"""Significant digits of a value, or of the range where that is narrower."""

_KINDS = (DURATION, RATE, SIZE, FLOW)
_TIMES = tuple(f" {unit}" for unit in ("d", "h", "min", "s", "ms", "us", "ns"))
_MOST_DECIMALS = 9
_WHAT = 'must be a number or a quantity with a unit, such as "250 ms"'


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a range: as written, its value in the base unit, and what kind its text is of."""

    written: Any
    value: float
    kind: Kind | None = None


def _checked(written: object) -> object:
    """Return an end as it is written; raise the error that refuses it."""
    if written is not None:  # it is not there; a range of choices has none
        _read(written)
    return written


End: TypeAlias = Annotated[Any, PlainValidator(_checked)]
Choices: TypeAlias = Annotated[tuple[Any, ...], Strict(False), Field(min_length=1)]


class Range(Table):
    """Either `low` and `high`, both as written, or `choices`."""

    low: End = key(None, "One end, written as the key is.", name="from")
    high: End = key(None, "The other end, above it.", name="to")
    scale: Literal["linear", "log"] = key("linear", "What counts alike: steps, or factors.")
    choices: Choices | None = key(None, "Values, each as likely.")

    @property
    def extremes(self) -> tuple[object, ...]:
        """Both ends, or all choices, as written."""
        return (self.low, self.high) if self.choices is None else self.choices

    def at(self, share: float, *, whole: bool) -> object:
        """Return the value below which a *share* in [0, 1) of the range lies, as in a file.

        With *whole* it is a whole number.
        """
        if self.choices is not None:
            return self.choices[int(share * len(self.choices))]
        first, last = _read(self.low), _read(self.high)
        if whole:
            # Each number has a part of the range for itself, up to the next one.
            value = math.floor(self._between(first.value, last.value + 1.0, share))
            return min(max(value, int(first.value)), int(last.value))
        return _as_in_a_file(self._between(first.value, last.value, share), first, last)

    def _between(self, first: float, last: float, share: float) -> float:
        if self.scale == "log":
            return float(first * (last / first) ** share)
        return first + (last - first) * share

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.choices is not None:
            if self.low is not None or self.high is not None or self.scale == "log":
                raise refusal("must have either from and to, or choices")
            return self
        if self.low is None or self.high is None:
            raise refusal("must have from and to, or choices")
        first, last = _read(self.low), _read(self.high)
        if first.kind and last.kind and first.kind is not last.kind:
            raise refusal(f"must be {first.kind.noun}", key="to", beside="from")
        if not last.value > first.value:
            raise refusal("must be > from", key="to", beside="from")
        if self.scale == "log" and not first.value > 0:
            raise refusal('must be > 0 with scale = "log"', key="from")
        return self


def range_schema() -> dict[str, Any]:
    """Return the JSON Schema of a range."""
    fields = Range.model_fields
    end = {"anyOf": [{"type": "number"}, {"type": "string"}]}
    scale = {"enum": ["linear", "log"], "default": "linear"}
    texts = {name: {"description": fields[name].description} for name in fields}
    return {
        "anyOf": [
            {
                "type": "object",
                "properties": {
                    "from": {**texts["low"], **end},
                    "to": {**texts["high"], **end},
                    "scale": {**texts["scale"], **scale},
                },
                "required": ["from", "to"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"choices": {**texts["choices"], "type": "array", "minItems": 1}},
                "required": ["choices"],
                "additionalProperties": False,
            },
        ]
    }


def _read(written: object) -> _End:
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        raise refusal(_WHAT)
    read = _of_text(written) if isinstance(written, str) else _End(written, float(written))
    if not math.isfinite(read.value):
        raise refusal("must be finite")
    return read


def _of_text(written: str) -> _End:
    hints = []
    for kind in _KINDS:
        try:
            return _End(written, kind.parse(written), kind)
        except UnitError as error:
            hints.append(error.suggestion)
    meant = (hint for hint in hints if hint.startswith("did you mean"))
    raise refusal(_WHAT, suggestion=next(meant, ""))


def _as_in_a_file(value: float, first: _End, last: _End) -> object:
    """Return *value* between two ends as a file would have it, in few digits."""
    width = last.value - first.value
    kind = first.kind or last.kind
    if kind is None:
        rounded: object = _rounded(value, width)
        read = float(_rounded(value, width))
    else:
        size, suffix = _unit(value, kind, first, last)
        rounded = f"{_text(value / size, width / size)}{suffix}"
        read = kind.parse(rounded)
    # Rounding is not to lead out of the range.
    if read <= first.value:
        return first.written
    return last.written if read >= last.value else rounded


def _unit(value: float, kind: Kind, first: _End, last: _End) -> tuple[float, str]:
    """Return the largest unit in which *value* is at least 1, or the smallest, and its suffix.

    Times may be told in all units, others in those of the ends.
    """
    suffixes = _TIMES if kind is DURATION else tuple(_suffixes(first, last))
    sizes = sorted({kind.parse(f"1{suffix}"): suffix for suffix in suffixes}.items(), reverse=True)
    known = float(f"{value:.{DIGITS - 1}e}")
    return next((unit for unit in sizes if known >= unit[0]), sizes[-1])


def _suffixes(*ends: _End) -> Iterator[str]:
    for end in ends:
        if end.kind is not None:
            yield re.sub(rf"^\s*{NUMBER}", "", end.written)


def _text(number: float, width: float) -> str:
    rounded = _rounded(number, width)
    shown = Decimal(repr(rounded))
    if _decimals(number, width) > _MOST_DECIMALS:
        return f"{shown:e}"
    text = f"{shown:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rounded(number: float, width: float) -> float:
    return round(number, _decimals(number, width))


def _decimals(number: float, width: float) -> int:
    size = min(abs(number), width) or width
    return DIGITS - 1 - int(f"{size:.{DIGITS - 1}e}".partition("e")[2])
