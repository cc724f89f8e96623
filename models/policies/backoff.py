"""How long a producer waits before it sends a message again.

Attempt 1 is the first send, so the pause after attempt *n* precedes attempt *n* + 1. A policy
is a value: it holds no counter and no generator. Its caller hands in a uniform number and the
pause before, so the same object serves every producer, and a redelivery delay just as well.
All times are in seconds. No backoff at all is `Fixed(0.0)`; random pauses stand in
`models.policies.jitter`.
"""

# ruff: noqa: ARG002, D102 (the signatures and what they promise are those of `Backoff`)

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Protocol

from models.checks import at_least, finite, positive

_LONGEST_S = sys.float_info.max  # finite, so that jitter may still multiply it by zero


class Backoff(Protocol):
    """The pause between two attempts of one message."""

    @property
    def needs_draw(self) -> bool:
        """Whether `pause_s` looks at its uniform number."""

    @property
    def cap_s(self) -> float:
        """What no pause exceeds, jitter included, s; infinite where nothing is capped."""

    def pause_s(self, attempt: int, u: float, previous_s: float) -> float:
        """Return the pause (s) after *attempt* (1, 2, ...).

        *u* is a uniform number in [0, 1), *previous_s* the pause before this one, 0 if none.
        """

    def mean_pause_s(self, attempt: int) -> float:
        """Return the expectation (s) of the pause after *attempt*."""

    def bounds_s(self, attempt: int) -> tuple[float, float]:
        """Return the shortest and the longest possible pause (s) after *attempt*."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always wait `value_s`."""

    value_s: float

    def __post_init__(self) -> None:
        at_least(0, value_s=self.value_s)
        finite(value_s=self.value_s)

    @property
    def needs_draw(self) -> bool:
        return False

    @property
    def cap_s(self) -> float:
        return math.inf

    def pause_s(self, attempt: int, u: float, previous_s: float) -> float:
        return self.value_s

    def mean_pause_s(self, attempt: int) -> float:
        return self.value_s

    def bounds_s(self, attempt: int) -> tuple[float, float]:
        return self.value_s, self.value_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """Wait any time between `low_s` and `high_s`, all alike."""

    low_s: float
    high_s: float

    def __post_init__(self) -> None:
        at_least(0, low_s=self.low_s)
        at_least(self.low_s, high_s=self.high_s)
        finite(high_s=self.high_s)

    @property
    def needs_draw(self) -> bool:
        return self.low_s < self.high_s

    @property
    def cap_s(self) -> float:
        return math.inf

    def pause_s(self, attempt: int, u: float, previous_s: float) -> float:
        return self.low_s + u * (self.high_s - self.low_s)

    def mean_pause_s(self, attempt: int) -> float:
        return (self.low_s + self.high_s) / 2

    def bounds_s(self, attempt: int) -> tuple[float, float]:
        return self.low_s, self.high_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """Wait `first_s`, then `first_s` longer after each attempt, up to `cap_s`."""

    first_s: float
    cap_s: float = math.inf

    def __post_init__(self) -> None:
        check_growth(self.first_s, self.cap_s)

    @property
    def needs_draw(self) -> bool:
        return False

    def pause_s(self, attempt: int, u: float, previous_s: float) -> float:
        return min(self.cap_s, self.first_s * attempt)

    def mean_pause_s(self, attempt: int) -> float:
        return self.pause_s(attempt, 0.0, 0.0)

    def bounds_s(self, attempt: int) -> tuple[float, float]:
        pause_s = self.pause_s(attempt, 0.0, 0.0)
        return pause_s, pause_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponential:
    """Wait `first_s`, then `factor` times longer after each attempt, up to `cap_s`."""

    first_s: float
    factor: float = 2.0
    cap_s: float = math.inf

    def __post_init__(self) -> None:
        check_growth(self.first_s, self.cap_s)
        at_least(1, factor=self.factor)
        finite(factor=self.factor)

    @property
    def needs_draw(self) -> bool:
        return False

    def pause_s(self, attempt: int, u: float, previous_s: float) -> float:
        try:
            pause_s = self.first_s * self.factor ** (attempt - 1)
        except OverflowError:  # some 1000 doublings on
            pause_s = _LONGEST_S
        return min(self.cap_s, _LONGEST_S, pause_s)

    def mean_pause_s(self, attempt: int) -> float:
        return self.pause_s(attempt, 0.0, 0.0)

    def bounds_s(self, attempt: int) -> tuple[float, float]:
        pause_s = self.pause_s(attempt, 0.0, 0.0)
        return pause_s, pause_s


def check_growth(first_s: float, cap_s: float) -> None:
    """Raise `ValueError` unless pauses can grow from *first_s* to *cap_s*."""
    positive(first_s=first_s)
    finite(first_s=first_s)
    at_least(first_s, cap_s=cap_s)
