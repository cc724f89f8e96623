"""Luck that forks: up to some event it is that of the run before, from there on it is fresh.

A run is played again from its start to where it forks. The same numbers give the same run, so that
nothing of a running simulation has to be copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.draws import Draws

if TYPE_CHECKING:
    from models.draws import Draw, Trial
    from models.laws import Law

READ_AFTERWARDS = frozenset({"order_key", "priority"})
"""These numbers are asked for again when the run is over; they do not fork."""


class Forking(Draws):
    """The luck of replication *replication*, which `fork` replaces from then on by other luck.

    Who has asked for a number keeps it.
    """

    in_time = True

    def __init__(self, seed: int, replication: int) -> None:
        super().__init__(seed, replication)
        self._branch = ""
        self._kept: dict[tuple[str, str], Draw[float]] = {}

    def fork(self, name: str) -> None:
        """Have the luck of the branch *name* of this branch from now on."""
        self._branch += name

    def uniform(self, component: str, purpose: str) -> Draw[float]:
        """Return the uniform numbers in [0, 1) of that name, one by one."""
        if purpose in READ_AFTERWARDS:
            return super().uniform(component, purpose)
        # Several components may ask for one number, by one name, and are told the same.
        if (component, purpose) not in self._kept:
            self._kept[component, purpose] = self._forking(component, purpose)
        return self._kept[component, purpose]

    def _forking(self, component: str, purpose: str) -> Draw[float]:
        plain = super().uniform
        by_branch: dict[str, Draw[float]] = {}
        known: dict[tuple[int, int], float] = {}

        def draw(message: int, attempt: int) -> float:
            name = message, attempt
            value = known.get(name)
            if value is None:
                source = by_branch.get(self._branch)
                if source is None:
                    source = by_branch[self._branch] = plain(component + self._branch, purpose)
                value = known[name] = source(message, attempt)
            return value

        return draw

    def coin(self, component: str, purpose: str, probability: float) -> Draw[bool] | None:
        """Return coins that are true with *probability*; None if they never are."""
        if probability <= 0.0:
            return None
        luck = self.uniform(component, purpose)
        return lambda message, attempt: luck(message, attempt) < probability

    def law(self, component: str, purpose: str, law: Law) -> Draw[float]:
        """Return times in seconds that follow *law*."""
        if law.is_constant:
            return super().law(component, purpose, law)
        luck = self.uniform(component, purpose)
        return lambda message, attempt: float(law.quantile(luck(message, attempt)))

    def trial(self, component: str, purpose: str, *, lasting: bool = False) -> Trial:
        """Return coins whose chance is known only when they are tossed."""
        del lasting
        luck = self.uniform(component, purpose)
        return lambda number, attempt, _message, chance: luck(number, attempt) < chance
