"""Tilted luck: the draws of a replication in which rare things are common, and what was tossed.

Every number keeps its name, so what is not tilted is drawn as ever. What was asked for is noted,
and nothing else: a coin that nobody tossed cannot have decided anything, and has no place in the
likelihood ratio.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from models.draws import Draws
from sim.rare.plan import MEMORY, Coin, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.draws import Draw, Trial
    from models.laws import Law
    from sim.rare.plan import Floats, Plan

    Note = tuple[int, int, int, bool]

UNTOUCHED = (0, 0)

SHORTEST = 1e-9
"""A fault that comes within the run with less than this chance is not tilted: it never comes."""


class RareDraws(Draws):
    """The luck of replication *replication*, tilted as *plan* says.

    `tossed` are the notes of each coin, (message, number, attempt, came true); `waited` the piece
    of time of each fault's first up-time, and `pieces` the chances that its law gives them.
    `lasting` are the coins that later messages meet, too.
    """

    def __init__(self, seed: int, replication: int, plan: Plan) -> None:
        super().__init__(seed, replication)
        self._plan = plan
        self.tossed: dict[Coin, list[Note]] = {}
        self.lasting: set[Coin] = set()
        self.waited: dict[str, int] = {}
        self.pieces: dict[str, Floats] = {}
        self._tilt_of = self._tilts()

    def coin(self, component: str, purpose: str, probability: float) -> Draw[bool] | None:
        """Return coins that are true with *probability*, or as often as the plan says."""
        if not 0.0 < probability < 1.0:
            return super().coin(component, purpose, probability)
        name = Coin(component, purpose, probability)
        if not self._plan.watch and name not in self._plan.mixture.coins_tilted:
            return super().coin(component, purpose, probability)
        luck = self.uniform(component, purpose)
        chances, tilt_of = self._plan.mixture.chances(name), self._tilt_of
        note = self.tossed.setdefault(name, []).append

        def toss(message: int, attempt: int) -> bool:
            component, before = tilt_of(message)
            hit = luck(message, attempt) < chances[0 if before else component]
            note((message, message, attempt, hit))
            return hit

        return toss

    def trial(self, component: str, purpose: str, *, lasting: bool = False) -> Trial:
        """Return coins whose chance is known only when they are tossed."""
        luck, tilt_of, reach = self.uniform(component, purpose), self._tilt_of, MEMORY * lasting
        known: dict[float, tuple[list[list[float]], Callable[[Note], None]]] = {}

        def meet(chance: float) -> tuple[list[list[float]], Callable[[Note], None]]:
            name = Coin(component, purpose, chance)
            note = self.tossed.setdefault(name, []).append
            if lasting:
                self.lasting.add(name)
            named = [name._replace(before=before) for before in range(reach + 1)]
            known[chance] = [self._plan.mixture.chances(one) for one in named], note
            return known[chance]

        def toss(number: int, attempt: int, message: int, chance: float) -> bool:
            if not 0.0 < chance < 1.0:
                return luck(number, attempt) < chance
            chances, note = known.get(chance) or meet(chance)
            tilt, before = tilt_of(message)
            chosen = chances[before][tilt] if before <= reach else chance
            hit = luck(number, attempt) < chosen
            note((message, number, attempt, hit))
            return hit

        return toss

    def law(self, component: str, purpose: str, law: Law) -> Draw[float]:
        """Return times in seconds that follow *law*; the first up-time of a fault is tilted."""
        times_s = super().law(component, purpose, law)
        edges_s = self._plan.mixture.edges_s
        if purpose != "every" or not edges_s or law.is_constant:
            return times_s
        nominal = self._plan.mixture.nominal(law)
        if not SHORTEST < 1.0 - nominal[-1] < 0.5:
            return times_s
        self.pieces[component] = nominal
        chances = self._plan.mixture.waits[self._of_run()].get(component)
        first_s = self._first_s(component, purpose, law, chances)
        return lambda number, attempt: times_s(number, attempt) if number else first_s

    def _first_s(
        self, component: str, purpose: str, law: Law, tilted: Sequence[float] | None
    ) -> float:
        nominal = self.pieces[component]
        chances = nominal if tilted is None else np.array(tilted)
        u = self.uniform(component, purpose)(0, 0)
        ends = np.cumsum(chances)
        # Among rounding errors the last piece with any chance is the last.
        piece = min(int(np.searchsorted(ends, u, side="right")), int(np.flatnonzero(chances)[-1]))
        self.waited[component] = piece
        into = (u - (ends[piece] - chances[piece])) / chances[piece]
        below = float(nominal[:piece].sum())
        inside = below + min(max(into, 0.0), 1.0 - 1e-12) * float(nominal[piece])
        return float(law.quantile(min(inside, np.nextafter(1.0, 0.0))))

    def _tilts(self) -> Callable[[int], tuple[int, int]]:
        """Return what tells of a message which component of the mixture tilts its coins.

        It tells also how many messages it is before the one that is tilted.
        """
        plan, shares = self._plan, self._plan.mixture.shares
        if len(shares) == 1:
            return lambda _message: UNTOUCHED
        which = self._plain("component")
        if plan.scope is Scope.MESSAGE:
            return _remembering(lambda message: (_pick(shares, which(message, 0)), 0))
        if plan.scope is Scope.PRODUCER:
            tagged: dict[int, tuple[int, int]] = {}

            def of_producer(message: int) -> tuple[int, int]:
                producer = message >> 32
                if producer not in tagged:
                    tagged[producer] = self._tagged(producer), _pick(shares, which(producer, 0))
                name, component = tagged[producer]
                return _before(message, name, component)

            return of_producer
        name = self._tagged(int(self._plain("producer")(0, 0) * plan.candidates.producers))
        component = self._of_run()
        return lambda message: _before(message, name, component)

    def _of_run(self) -> int:
        """Return the tilt that is in force for all of the run."""
        return _pick(self._plan.mixture.shares, self._plain("component")(0, 0))

    def _tagged(self, producer: int) -> int:
        """Return the name of the message of *producer* that is tilted."""
        candidates = self._plan.candidates
        place = _pick(candidates.chances, self._plain("number")(producer, 0))
        return producer << 32 | (candidates.first + place)

    def _plain(self, purpose: str) -> Draw[float]:
        return super().uniform("rare", purpose)


def _before(message: int, tilted: int, component: int) -> tuple[int, int]:
    """Return the component that tilts *message*, and how many messages it is before *tilted*."""
    before = tilted - message  # large if they are of different producers
    return (component, before) if 0 <= before <= MEMORY else UNTOUCHED


def _remembering(tilt_of: Callable[[int], tuple[int, int]]) -> Callable[[int], tuple[int, int]]:
    known: dict[int, tuple[int, int]] = {}

    def remembered(message: int) -> tuple[int, int]:
        tilt = known.get(message)
        if tilt is None:
            tilt = known[message] = tilt_of(message)
        return tilt

    return remembered


def _pick(shares: Sequence[float], u: float) -> int:
    """Return the component that *u* falls to."""
    return min(bisect_right(list(accumulate(shares)), u), len(shares) - 1)
