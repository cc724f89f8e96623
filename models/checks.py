"""Checks of parameters, shared so that every refusal reads the same way.

Each check takes the values by name and raises `ValueError` with the name, the bound and
the value: ``retries must be >= 0, got -1``. Not-a-number is refused by every one of them.
"""

from __future__ import annotations

import math


def at_least(bound: float, **values: float) -> None:
    """Raise `ValueError` unless every named value is at least *bound*."""
    for name, value in values.items():
        if not value >= bound:
            raise ValueError(f"{name} must be >= {_plain(bound)}, got {value}")


def at_most(bound: float, **values: float) -> None:
    """Raise `ValueError` unless every named value is at most *bound*."""
    for name, value in values.items():
        if not value <= bound:
            raise ValueError(f"{name} must be <= {_plain(bound)}, got {value}")


def positive(**values: float) -> None:
    """Raise `ValueError` unless every named value is greater than zero."""
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be > 0, got {value}")


def finite(**values: float) -> None:
    """Raise `ValueError` unless every named value is a finite number."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite, got {value}")


def probability(**values: float) -> None:
    """Raise `ValueError` unless every named value lies in [0, 1]."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be in [0, 1], got {value}")


def whole_at_least(bound: int, **values: float) -> None:
    """Raise `ValueError` unless every named value is a whole number, at least *bound*.

    Infinity passes: it stands for "unlimited" wherever a count may be unlimited. A count
    that must end is checked with `finite` too.
    """
    at_least(bound, **values)
    for name, value in values.items():
        if not (math.isinf(value) or value == math.floor(value)):
            raise ValueError(f"{name} must be a whole number, got {value}")


def _plain(bound: float) -> str:
    return str(bound).removesuffix(".0")
