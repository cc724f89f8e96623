"""Luck as a test wants it: coins that fall where they are told to, times as they are written."""

from __future__ import annotations

import numpy as np

from models.draws import BLOCK, Draws


class GivenRows:
    """`Rows` of what *draw* gives one by one."""

    def __init__(self, draw):
        self._draw = draw

    def span(self, attempt, block, blocks=1):
        messages = range(block * BLOCK, (block + blocks) * BLOCK)
        return np.array([self._draw(message, attempt) for message in messages])


class FixedLuck(Draws):
    """Draws of which some are given, by "component.purpose" and (message, attempt).

    `coins` holds the names on which a coin is true; the coin is false on all others. `times` holds
    times in seconds; where a law has a name there but no time, it gives its mean. What is not
    named is drawn as always.
    """

    def __init__(self, coins=None, times=None, uniforms=None):
        super().__init__(1, 0)
        self._coins = coins or {}
        self._times = times or {}
        self._uniforms = uniforms or {}

    def coin(self, component, purpose, probability):
        true = self._coins.get(f"{component}.{purpose}")
        if true is None:
            return super().coin(component, purpose, probability)
        return lambda message, attempt: (message, attempt) in true

    def law(self, component, purpose, law):
        times_s = self._times.get(f"{component}.{purpose}")
        if times_s is None:
            return super().law(component, purpose, law)
        return lambda message, attempt: times_s.get((message, attempt), law.mean_s)

    def coin_rows(self, component, purpose, probability):
        if f"{component}.{purpose}" not in self._coins:
            return super().coin_rows(component, purpose, probability)
        return GivenRows(self.coin(component, purpose, probability))

    def law_rows(self, component, purpose, law):
        if f"{component}.{purpose}" not in self._times:
            return super().law_rows(component, purpose, law)
        return GivenRows(self.law(component, purpose, law))

    def uniform(self, component, purpose):
        given = self._uniforms.get(f"{component}.{purpose}")
        if given is None:
            return super().uniform(component, purpose)
        return lambda message, attempt: given[message, attempt]

    def uniform_rows(self, component, purpose):
        if f"{component}.{purpose}" not in self._uniforms:
            return super().uniform_rows(component, purpose)
        given = self._uniforms[f"{component}.{purpose}"]
        return GivenRows(lambda message, attempt: given.get((message, attempt), 0.0))
