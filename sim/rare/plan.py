"""How luck is tilted: which coins come true more often, and which faults come sooner.

All tilts are mixtures. One tilt is in force with its share, and the first, always there, is the
luck as it is. So no likelihood ratio is above 1 / share of the first (a defensive mixture;
T. Hesterberg, "Weighted average importance sampling and defensive mixture distributions",
Technometrics 37, 1995), whatever cause the others have overlooked; and several causes can be rare
at once, each with a tilt of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from models.laws import Law

Floats: TypeAlias = npt.NDArray[np.float64]


class Scope(StrEnum):
    """What the luck of one message can influence, and so what is weighed together."""

    MESSAGE = "message"
    PRODUCER = "producer"
    RUN = "run"


MEMORY = 2
"""Of so many messages before it the lasting coins are tilted, too."""


class Coin(NamedTuple):
    """Coins of one name and one chance: what is tilted together.

    They are those of the tilted message itself, or of the one so many `before` it.
    """

    component: str
    purpose: str
    chance: float
    before: int = 0

    @property
    def tossed(self) -> Coin:
        """The same coins, whosesoever."""
        return self._replace(before=0)


Tilt: TypeAlias = dict[Coin, float]
"""The chance of each coin that is tilted; the others keep theirs."""

Wait: TypeAlias = dict[str, tuple[float, ...]]
"""The chances of the pieces of time of each fault that is tilted."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The messages of which one, nobody is told which, is tilted.

    It is number `first` + i of its producer with the chance `chances[i]`.
    """

    producers: int
    first: int
    chances: tuple[float, ...]

    def of(self, scope: Scope) -> int:
        """Return how many share one tilt, as if all were equally likely."""
        each = max(1, round(1.0 / sum(chance**2 for chance in self.chances)))
        match scope:
            case Scope.MESSAGE:
                return 1
            case Scope.PRODUCER:
                return each
            case Scope.RUN:
                return self.producers * each


@dataclass(frozen=True, slots=True)
class Mixture:
    """Tilts of which one is in force, the first of them none: each array has shape (tilts,).

    `coins[k]` are the chances of a message's coins under tilt k. `waits[k]` are, of the first
    up-time of each fault, the chances of the pieces into which `edges_s` cut time, the last without
    end. What has no entry stays as it is.
    """

    shares: tuple[float, ...] = (1.0,)
    coins: tuple[Tilt, ...] = field(default_factory=lambda: ({},))
    waits: tuple[Wait, ...] = field(default_factory=lambda: ({},))
    edges_s: tuple[float, ...] = ()

    @classmethod
    def of_coins(cls, shares: tuple[float, ...], coins: tuple[Tilt, ...]) -> Mixture:
        """Return a mixture that tilts coins only."""
        return cls(shares, coins, ({},) * len(shares))

    @classmethod
    def of_waits(
        cls, edges_s: tuple[float, ...], shares: tuple[float, ...], waits: tuple[Wait, ...]
    ) -> Mixture:
        """Return a mixture that tilts the first up-times of faults only."""
        return cls(shares, ({},) * len(shares), waits, edges_s)

    def chances(self, coin: Coin) -> list[float]:
        """Return the chance of *coin* under each tilt."""
        return [tilt.get(coin, coin.chance) for tilt in self.coins]

    @property
    def coins_tilted(self) -> frozenset[Coin]:
        """All coins that some tilt changes."""
        return frozenset(coin for tilt in self.coins for coin in tilt)

    @property
    def waits_tilted(self) -> frozenset[str]:
        """The names of all faults that some tilt changes."""
        return frozenset(name for tilt in self.waits for name in tilt)

    def nominal(self, law: Law) -> Floats:
        """Return the chances of the pieces of time under *law*, shape (pieces,)."""
        below = law.cdf(np.array(self.edges_s))
        return np.diff(np.concatenate(([0.0], below, [1.0])))


@dataclass(frozen=True, slots=True)
class Plan:
    """How the luck of a replication is tilted."""

    scope: Scope
    candidates: Candidates
    mixture: Mixture = field(default_factory=Mixture)
    watch: bool = False  # note the coins that are not tilted, too

    @property
    def largest_weight(self) -> float:
        """No likelihood ratio is above this."""
        return 1.0 / self.mixture.shares[0]
