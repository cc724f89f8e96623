"""How a single number is told: its unit, and as many digits as it is worth.

Small probabilities are powers of ten, others per cent; seconds come with the prefix that fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.measures import MEASURES, Kind, Measure

PERCENT_FROM = 1e-3
"""Probabilities from here on are told in per cent, smaller ones as powers of ten."""

NOT_DEFINED = "not defined"
UNKNOWN = "unknown"

_MOST_DECIMALS = 9
_LEAST_EXPONENT = -300  # of a power of ten that is still a float with all its digits
_NEAREST = 1e-9  # closer to 1, nobody counts the nines
_TIMES = (
    (86400.0, "d", 2 * 86400.0),
    (3600.0, "h", 2 * 3600.0),
    (60.0, "min", 120.0),
    (1.0, "s", 1.0),
    (1e-3, "ms", 1e-3),
    (1e-6, "µs", 1e-6),
    (1e-9, "ns", 0.0),
)
"""Size and name of each unit of time, and the time from which on it is used."""

# Of the many values of a curve or a distribution a check tells one that is no estimate of its own,
# such as "confirmed within 0.3 s": a probability.
_OTHER = Measure(Kind.PROBABILITY, lambda _outcomes, _load: (0.0, 0.0), "")


@dataclass(frozen=True, slots=True)
class Scale:
    """What a number is told in: divided by `size`, with `unit` behind it.

    With a `power` of ten every number has its own, and `unit` is empty; so 8e-5 lies between 0 and
    2.2e-4.
    """

    size: float
    unit: str
    power: bool = False

    def number(self, value: float, places: int) -> str:
        """Return *value* without its unit, to *places* digits behind the point of `size`."""
        if not self.power:
            return f"{value / self.size:,.{places}f}"
        if value == 0:
            return "0"
        shift = math.floor(math.log10(abs(value))) - math.floor(math.log10(self.size))
        mantissa, exponent = f"{value:.{max(0, places + shift)}e}".split("e")
        return f"{mantissa}e{int(exponent)}"

    def text(self, value: float, places: int) -> str:
        """Return *value* with its unit."""
        return self.number(value, places) + self.unit


def scale(name: str, size: float) -> Scale:
    """Return what the estimate *name* is told in, where *size* is a typical value of it."""
    measure = measure_of(name)
    rounded = float(f"{abs(size):.1e}")
    if measure.kind is Kind.PROBABILITY:
        return Scale(0.01, " %") if rounded >= PERCENT_FROM or rounded == 0 else _power(rounded)
    if measure.unit == "s":
        return time_scale(rounded)
    if 0 < rounded < PERCENT_FROM:
        return _power(rounded)
    # "per second" is part of the number; "messages" is what the name says already.
    return Scale(1.0, " /s" if measure.unit == "/s" else "")


def time_scale(seconds: float) -> Scale:
    """Return the unit of time that fits *seconds*."""
    if seconds == 0:
        return Scale(1.0, " s")
    size, unit = next((size, unit) for size, unit, least in _TIMES if seconds >= least)
    return Scale(size, f" {unit}")


def _power(size: float) -> Scale:
    exponent = max(math.floor(math.log10(size)), _LEAST_EXPONENT)
    return Scale(10.0**exponent, "", power=True)


def count(number: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,}"


def probability(value: float) -> str:
    """Return a probability with two digits of what it is short of 0 or of 1."""
    if value in (0.0, 1.0):
        return f"{value:.0f}"
    known = scale("lost", value)
    short = min(value, 1.0 - value)
    if 1.0 - value < _NEAREST:
        return f"1 - {short:.1e}"
    return known.text(value, max(1, decimals(short / known.size, 2)))


def seconds(value: float) -> str:
    """Return a time with three digits and the unit that fits."""
    known = time_scale(float(f"{abs(value):.2e}"))
    return known.text(value, decimals(value / known.size, 3))


def quantity(name: str, value: float) -> str:
    """Return a *value* of the estimate *name* where no interval says how well it is known."""
    if math.isnan(value):
        return NOT_DEFINED
    if math.isinf(value):
        return UNKNOWN  # the end of an interval that the data do not give
    measure = measure_of(name)
    if measure.kind is Kind.PROBABILITY:
        return probability(value)
    if measure.unit == "s":
        return seconds(value)
    known = scale(name, value)
    return known.text(value, decimals(value / known.size, 3))


def times(number: int, noun: str) -> str:
    """Return "1 message", "2,000 messages"."""
    return f"{count(number)} {noun}" + ("" if number == 1 else "s")


def measure_of(name: str) -> Measure:
    """Return what the estimate *name* measures."""
    return MEASURES.get(name, _OTHER)


def decimals(size: float, digits: int) -> int:
    """Return the decimals that show *digits* significant digits of *size*."""
    if size == 0 or not math.isfinite(size):
        return 0
    leading = math.floor(math.log10(float(f"{abs(size):.{digits - 1}e}")))
    return min(max(0, digits - 1 - leading), _MOST_DECIMALS)
