"""Plans made of what a pilot has seen: a broad one to begin with, and one that fits.

A fitted plan keeps a share of the broad one, for causes that the pilot has overlooked. The events
of all rounds are weighed as if each had been drawn from the mixture of all rounds' plans, in
proportion to their sizes, and not by the one it happened to come from: what one plan hardly ever
draws would have a large weight, and decide too much (J.-M. Cornuet, J.-M. Marin, A. Mira &
C. P. Robert, "Adaptive multiple importance sampling", Scand. J. Statist. 39, 2012).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.rare.mixture import Events, Fit, density, fit
from sim.rare.plan import MEMORY, Coin, Mixture, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.rare.luck import RareDraws
    from sim.rare.plan import Floats, Tilt, Wait

    Tosses = tuple[int, int]

UNTILTED = 0.1
"""The least share of the luck as it is."""

BROAD = 0.15
"""The share of the broad plan in one that fits."""

COMMON = 0.3
"""A coin that comes true more often is no rare cause of its own."""

TOGETHER = 0.1
"""The part of what needs coins and faults at once, where each alone has 1."""

SINGLE = 8
"""Of more coins or faults than that, none is tried alone."""


@dataclass(slots=True)
class Seen:
    """What a pilot has met and seen.

    `chances` are the pieces of time of each fault, and `met` all coins. Of each event, `scores`
    what it counts, `coins` how often each coin of its message came true and did not, `waits` the
    piece of each fault, and `together` how many events there were in the same replication.
    """

    met: set[Coin] = field(default_factory=set)
    chances: dict[str, Floats] = field(default_factory=dict)
    scores: list[float] = field(default_factory=list)
    coins: list[dict[Coin, Tosses]] = field(default_factory=list)
    waits: list[dict[str, int]] = field(default_factory=list)
    together: list[int] = field(default_factory=list)

    def meet(self, luck: RareDraws) -> None:
        """Take in the coins and faults of *luck*."""
        self.met |= luck.tossed.keys()
        self.met |= {
            coin._replace(before=before) for coin in luck.lasting for before in range(1, MEMORY + 1)
        }
        self.chances |= luck.pieces

    def add(self, more: Seen) -> None:
        """Take in what another replication has *seen*."""
        self.met |= more.met
        self.chances |= more.chances
        self.scores += more.scores
        self.coins += more.coins
        self.waits += more.waits
        self.together += more.together


def broad(plan: Plan, seen: Seen) -> Plan:
    """Return the plan that tries everything, all at once and each alone."""
    coins, waits = list(_broad_coins(sorted(seen.met))), list(_broad_waits(seen.chances))
    # Most rare things need one kind of cause, so that each is tried while the other is at rest.
    groups: list[list[tuple[Tilt, Wait]]] = [
        [(coin, {}) for coin in coins],
        [({}, wait) for wait in waits],
        [(coin, wait) for coin in coins[:1] for wait in waits[:1]],
    ]
    # A small share to begin with: else it would be fitted to what needs one of the two only.
    parts = [part for part, group in zip((1.0, 1.0, TOGETHER), groups, strict=True) if group]
    groups = [group for group in groups if group]
    tilts = [tilt for group in groups for tilt in group]
    shares = [
        0.7 * part / sum(parts) / len(group)
        for part, group in zip(parts, groups, strict=True)
        for _ in group
    ]
    mixture = Mixture(
        (0.3, *shares) if tilts else (1.0,),
        ({}, *(coin for coin, _ in tilts)),
        ({}, *(wait for _, wait in tilts)),
        plan.mixture.edges_s,
    )
    return replace(plan, mixture=mixture)


def _broad_coins(coins: list[Coin]) -> Iterator[Tilt]:
    rare = [coin for coin in coins if coin.chance < COMMON and not coin.before]
    for chance in (0.5, 0.9) if rare else ():
        yield {coin: max(chance, coin.chance) for coin in coins}
        if len(coins) > 1 and len(rare) <= SINGLE:
            yield from ({coin: chance} for coin in rare)


def _broad_waits(known: dict[str, Floats]) -> Iterator[Wait]:
    def within(name: str, chance: float) -> tuple[float, ...]:
        pieces = len(known[name]) - 1
        return (*[chance / pieces] * pieces, 1.0 - chance)

    def at(name: str, piece: int) -> tuple[float, ...]:
        chances = 0.1 * known[name]
        chances[piece] += 0.9
        return tuple(chances.tolist())

    names = sorted(known)
    if names:
        yield {name: within(name, min(0.9, 2.0 / len(names))) for name in names}
    if 1 < len(names) <= SINGLE:
        yield from ({name: within(name, 0.9)} for name in names)
    if len(names) > 1:
        # What needs two at once needs them at the same time, which they seldom hit upon alone.
        pieces = len(known[names[0]]) - 1
        yield from ({name: at(name, piece) for name in names} for piece in range(pieces))


def fitted(start: Plan, seen: Seen, rounds: Sequence[tuple[Plan, int]]) -> Plan:
    """Return the plan nearest to what was *seen*, from the broad plan *start* on.

    It was seen in *rounds* of so many replications under a plan each.
    """
    begin = start.mixture
    coins, waits = sorted(begin.coins_tilted), sorted(begin.waits_tilted)
    if not coins and not waits:
        return start
    events = Events(
        np.ones(len(seen.scores)),
        [*_coin_counts(coins, seen), *_wait_counts(waits, seen)],
        [*(np.array([c.chance, 1.0 - c.chance]) for c in coins), *(seen.chances[w] for w in waits)],
        start.candidates.of(start.scope),
        len(coins),
        np.array(seen.together, dtype=np.float64),
    )
    total = sum(size for _, size in rounds)
    drawn = sum(
        size / total * density(_as_fit(plan.mixture, coins, waits, seen), events)
        for plan, size in rounds
    )
    events = replace(events, weights=np.array(seen.scores) / drawn)
    found = fit(_as_fit(begin, coins, waits, seen), events, UNTILTED)
    return replace(start, mixture=_blended(found, begin, coins, waits))


def _as_fit(mixture: Mixture, coins: Sequence[Coin], waits: Sequence[str], seen: Seen) -> Fit:
    """Return *mixture* by the chances of the pieces of *coins* and *waits*."""
    chances = [
        np.array([[p, 1.0 - p] for p in mixture.chances(coin)[1:]]).reshape(-1, 2) for coin in coins
    ]
    for name in waits:
        nominal = seen.chances[name]
        tilted = [tilt.get(name, tuple(nominal)) for tilt in mixture.waits[1:]]
        chances.append(np.array(tilted).reshape(-1, len(nominal)))
    return Fit(np.array(mixture.shares), chances)


def _coin_counts(coins: Sequence[Coin], seen: Seen) -> Iterator[Floats]:
    for coin in coins:
        yield np.array([tosses.get(coin, (0, 0)) for tosses in seen.coins], dtype=np.float64)


def _wait_counts(waits: Sequence[str], seen: Seen) -> Iterator[Floats]:
    for name in waits:
        pieces = np.array([waited[name] for waited in seen.waits])
        yield np.eye(len(seen.chances[name]))[pieces]


def _blended(found: Fit, begin: Mixture, coins: Sequence[Coin], waits: Sequence[str]) -> Mixture:
    """Return the mixture that was *found*, with some of the one from which it *began*."""
    tilts = range(len(found.shares) - 1)
    by_coin, by_wait = found.chances[: len(coins)], found.chances[len(coins) :]
    first = (1.0 - BROAD) * float(found.shares[0]) + BROAD * begin.shares[0]
    return Mixture(
        (
            first,
            *((1.0 - BROAD) * float(share) for share in found.shares[1:]),
            *(BROAD * share for share in begin.shares[1:]),
        ),
        (
            {},
            *({coin: float(by_coin[j][k, 0]) for j, coin in enumerate(coins)} for k in tilts),
            *begin.coins[1:],
        ),
        (
            {},
            *({name: tuple(by_wait[j][k].tolist()) for j, name in enumerate(waits)} for k in tilts),
            *begin.waits[1:],
        ),
        begin.edges_s,
    )
