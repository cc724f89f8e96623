"""The luck of many messages at once: the named draws of a producer's exchange, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from models.draws import look_up

if TYPE_CHECKING:
    from models.draws import Draws, Rows
    from models.laws import Law
    from models.network.link import Link
    from models.policies.backoff import Backoff

Keys: TypeAlias = npt.NDArray[np.int64]
Times: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


class Delays:
    """Times of one purpose, in seconds."""

    def __init__(self, draws: Draws, link: Link, purpose: str, law: Law) -> None:
        self._constant_s = law.bounds_s[0]
        self._rows = None if law.is_constant else draws.law_rows(link.name, purpose, law)

    def of(self, attempt: int, keys: Keys) -> Times | float:
        """Return the times of *keys*, ascending, in their shape; one number if all are equal."""
        if self._rows is None:
            return self._constant_s
        return look_up(self._rows, attempt, keys)


class LinkLuck:
    """What becomes of packets and acknowledgements on *link*; coins are None if they never fall."""

    def __init__(self, link: Link, draws: Draws) -> None:
        name, options = link.name, link.options
        self.lost = draws.coin_rows(name, "loss", options.loss)
        self.ack_lost = draws.coin_rows(name, "ack_loss", options.ack_loss)
        self.doubled = draws.coin_rows(name, "duplication", options.duplication)
        self.delay = Delays(draws, link, "delay", options.delay)
        self.ack_delay = Delays(draws, link, "ack_delay", options.ack_delay)
        self.twin_delay = Delays(draws, link, "duplicate_delay", options.delay)


class Pauses:
    """The pauses of one producer between the attempts of its messages."""

    def __init__(self, backoff: Backoff, jitter: Rows) -> None:
        self._backoff = backoff
        self._jitter = jitter

    def after(self, attempt: int, keys: Keys, previous_s: Times) -> Times:
        """Return the pauses (s) of *keys* after *attempt*, given those before; in their shape."""
        pause_s = self._backoff.pause_s
        if not self._backoff.needs_draw:  # then all that came so far have been equal, too
            return np.full(len(keys), pause_s(attempt, 0.0, float(previous_s.max(initial=0.0))))
        numbers = look_up(self._jitter, attempt, keys).tolist()
        pairs = zip(numbers, previous_s.tolist(), strict=True)
        return np.array([pause_s(attempt, u, previous) for u, previous in pairs])
