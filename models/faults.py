"""When a component fails, and for how long.

A fault falls at given times, or again and again with an up-time between the end of one and the next
(so a component that is down cannot fail by the same fault). What it does is the component's own
affair. The luck of a fault depends on nothing that happens in the system.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Protocol

from models.checks import at_least

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    import simpy

    from models.draws import Draws
    from models.laws import Law

    Draw = Callable[[int, int], float]


class Victim(Protocol):
    """A component that can fail."""

    def crash(self, kind: str) -> None:
        """Fail, as *kind* says."""

    def restart(self) -> None:
        """Recover from one failure."""


class Together:
    """Several victims of one fault: it befalls all of them at the same times, with one luck."""

    def __init__(self, victims: Sequence[Victim]) -> None:
        self._victims = victims

    def crash(self, kind: str) -> None:
        """Fail, all of them."""
        for victim in self._victims:
            victim.crash(kind)

    def restart(self) -> None:
        """Recover from one failure, all of them."""
        for victim in self._victims:
            victim.restart()


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultOptions:
    """One fault: `every` is the law of the up-time, or `at_s` are its times; not both.

    `lasts` is the law of the time until the component is back. All in seconds. `factor` is how
    many times slower a slow component is.
    """

    kind: str
    lasts: Law
    every: Law | None = None
    at_s: tuple[float, ...] = ()
    factor: float = 1.0

    def __post_init__(self) -> None:
        at_least(1, factor=self.factor)
        at_least(0, **{f"at_s[{place}]": time for place, time in enumerate(self.at_s)})
        if (self.every is None) == (not self.at_s):
            raise ValueError("exactly one of every and at_s must be given")
        if self.every is not None and not self.every.mean_s > 0:
            raise ValueError(f"every must have a mean > 0, got {self.every.mean_s!r}")


def befall(
    env: simpy.Environment, options: FaultOptions, victim: Victim, draws: Draws, name: str
) -> None:
    """Let the fault befall *victim* from now on; *name* names its luck."""
    lasts_s = draws.law(name, "lasts", options.lasts)
    if options.every is None:
        # One process each, since a fault may come while the one before still lasts.
        for number, time_s in enumerate(options.at_s):
            env.process(_strike(env, options.kind, victim, time_s, lasts_s(number, 0)))
    else:
        every_s = draws.law(name, "every", options.every)
        env.process(_strike_again(env, options.kind, victim, every_s, lasts_s))


def _strike(
    env: simpy.Environment, kind: str, victim: Victim, wait_s: float, lasts_s: float
) -> Generator[simpy.Event, object, None]:
    yield env.timeout(wait_s)
    victim.crash(kind)
    if lasts_s > 0:
        yield env.timeout(lasts_s)
    victim.restart()


def _strike_again(
    env: simpy.Environment, kind: str, victim: Victim, every_s: Draw, lasts_s: Draw
) -> Generator[simpy.Event, object, None]:
    for number in count():
        yield from _strike(env, kind, victim, every_s(number, 0), lasts_s(number, 0))
