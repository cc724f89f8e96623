"""Likelihood ratios: how much more often than here that would have happened which did happen.

A message is weighed by what can influence it and nothing else, since the ratio of a whole run
collapses with its length. Where nothing couples messages that is their own luck. Where their
producer does (bursts on its way to the broker), one message of each producer is tilted, and nobody
is told which: the ratio is that of the mixture over all that it could have been. Where all of a run
is coupled, one message of the run is, and the faults of the run with it. So every message of a
replication counts, tilted or not, and the ratio is exact whatever the coupling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.rare.plan import Scope

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.ledger import Ledger
    from sim.rare.luck import RareDraws
    from sim.rare.plan import Coin, Floats, Plan

    Keys = npt.NDArray[np.int64]


LARGEST_LOG = 600.0
"""Beyond that a ratio is no number any more."""


def names(ledger: Ledger, measured: range) -> Keys:
    """Return the names in the draws of the *measured* messages, shape (messages,)."""
    producers = ledger.created.column("producer").astype(np.int64)
    order = np.argsort(producers, kind="stable")
    by_producer = producers[order]
    starts = np.searchsorted(by_producer, by_producer, side="left")
    numbers = np.empty(len(producers), dtype=np.int64)
    numbers[order] = np.arange(len(producers)) - starts
    return (producers << 32 | numbers)[measured.start : measured.stop]


def of_messages(plan: Plan, luck: RareDraws, keys: Keys) -> Floats:
    """Return the weight of each of the messages *keys*, shape (messages,)."""
    shares = np.array(plan.mixture.shares)
    if len(shares) == 1:
        return np.ones(len(keys))
    tossed, ratios = _ratios(plan, luck)
    if plan.scope is Scope.RUN:
        # Who has tossed nothing has the ratio 1; the chances of a producer's messages sum to 1.
        excess = _chosen(plan, tossed) @ (ratios - 1.0) / plan.candidates.producers
        density = shares[0] + shares[1:] @ ((1.0 + excess) * _of_waits(plan, luck))
        return np.full(len(keys), 1.0 / density)
    mixed: Floats = shares[0] + ratios @ shares[1:]
    if plan.scope is Scope.MESSAGE:
        return _looked_up(tossed, 1.0 / mixed, keys)
    producers, places = np.unique(tossed >> 32, return_inverse=True)
    excess = (mixed - 1.0) * _chosen(plan, tossed)
    sums = np.bincount(places, weights=excess, minlength=len(producers))
    by_producer: Floats = 1.0 / (1.0 + sums.astype(np.float64))
    return _looked_up(producers, by_producer, keys >> 32)


def _chosen(plan: Plan, keys: Keys) -> Floats:
    """Return the chance of each of *keys* to be the one of its producer that is tilted."""
    chances = np.array(plan.candidates.chances)
    places = (keys & (2**32 - 1)) - plan.candidates.first
    inside = (places >= 0) & (places < len(chances))
    return np.where(inside, chances[np.where(inside, places, 0)], 0.0)


def _of_waits(plan: Plan, luck: RareDraws) -> Floats:
    """Return the ratio of each tilt after the first by the faults alone, shape (tilts - 1,)."""
    ratios = np.ones(len(plan.mixture.shares) - 1)
    for place, tilt in enumerate(plan.mixture.waits[1:]):
        for name, chances in tilt.items():
            if name in luck.waited:
                piece = luck.waited[name]
                ratios[place] *= chances[piece] / luck.pieces[name][piece]
    return ratios


def _ratios(plan: Plan, luck: RareDraws) -> tuple[Keys, Floats]:
    """Return who tossed coins, and the ratio of each component after the first: (who, k)."""
    components = len(plan.mixture.shares) - 1
    notes = {
        coin: _notes(luck, coin)
        for coin in plan.mixture.coins_tilted
        if luck.tossed.get(coin.tossed)
    }
    if not notes:
        return np.zeros(0, dtype=np.int64), np.ones((0, components))
    tossed = np.unique(np.concatenate([note[:, 0] for note in notes.values()]))
    logs = np.zeros((len(tossed), components))
    for coin, note in notes.items():
        places, hit = np.searchsorted(tossed, note[:, 0]), note[:, 3] > 0
        for place, chance in enumerate(plan.mixture.chances(coin)[1:]):
            if chance == coin.chance:
                continue
            yes, no = np.log(chance / coin.chance), np.log((1 - chance) / (1 - coin.chance))
            logs[:, place] += np.bincount(
                places, weights=np.where(hit, yes, no), minlength=len(tossed)
            )
    return tossed, np.exp(np.minimum(logs, LARGEST_LOG))


def _notes(luck: RareDraws, coin: Coin) -> Keys:
    """Return the notes of *coin*, by the message whose tilt it is."""
    notes = once(luck.tossed[coin.tossed])
    notes[:, 0] += coin.before
    return notes


def once(notes: list[tuple[int, int, int, bool]]) -> Keys:
    """Return *notes*, shape (notes, 4), each coin once: who asks again is told the same again."""
    table = np.array(notes, dtype=np.int64)
    return np.unique(table, axis=0) if len(table) else table.reshape(0, 4)


def _looked_up(known: Keys, values: Floats, wanted: Keys) -> Floats:
    """Return the *values* of the *wanted*; 1 for who is not *known*."""
    if not len(known):
        return np.ones(len(wanted))
    places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[places] == wanted, values[places], 1.0)
