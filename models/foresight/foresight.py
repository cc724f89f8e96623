"""All producers at once, a block of messages ahead of the clock."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from models.calls import NORMAL, Call, at, put
from models.foresight.coming import Coming
from models.foresight.creations import Creations
from models.foresight.exchanges import foretell
from models.foresight.luck import LinkLuck, Pauses
from models.foresight.strands import Strands
from models.shortcuts import ShortcutFailed

if TYPE_CHECKING:
    import simpy

    from models.broker import Broker
    from models.census import Census
    from models.draws import Draws
    from models.foresight.luck import Keys, Times
    from models.ledger import Ledger
    from models.network.link import Link
    from models.producer import ProducerOptions


class WindowBinds(ShortcutFailed):
    """A message may have to wait for room in the in-flight window."""


class Window:
    """The in-flight window of one producer, watched."""

    def __init__(self, size: float) -> None:
        self._size = size
        self._open_until_s = np.empty(0)  # of messages created earlier and perhaps still in flight

    def check(self, created_s: Times, decided_s: Times) -> None:
        """Raise `WindowBinds` if one of these messages may find the window full."""
        ends_s = np.sort(np.concatenate((self._open_until_s, decided_s)))
        # What is decided at the very instant of a creation may or may not be decided before it.
        decided = np.searchsorted(ends_s, created_s)
        in_flight = len(self._open_until_s) + np.arange(len(created_s)) - decided
        if in_flight.max(initial=0) >= self._size:
            raise WindowBinds
        self._open_until_s = ends_s[decided.max(initial=0) :]


class Foresight:
    """Stands in for *producers* producers with the same options, sending over *link* to *broker*.

    `applies` says whether it may. It looks about *block* messages ahead.
    """

    def __init__(
        self,
        env: simpy.Environment,
        options: ProducerOptions,
        *,
        producers: int,
        link: Link,
        broker: Broker,
        ledger: Ledger,
        census: Census,
        draws: Draws,
        block: int = 4096,
    ) -> None:
        self._env = env
        self._options = options
        self._census = census
        names = [f"producer {index}" for index in range(producers)]
        self._creations = Creations([options.arrivals.times_s(draws, n) for n in names], block)
        self._luck = LinkLuck(link, draws)
        self._pauses = [Pauses(options.backoff, draws.uniform_rows(n, "jitter")) for n in names]
        self._windows = [Window(options.in_flight) for _ in names]
        self._strands = Strands(ledger)
        self._coming = Coming(ledger)
        self._foreseen = broker.foresee()
        self._decided_s = 0.0  # when the last of the measured messages known so far is
        self._last_s = 0.0  # of anything that is known so far
        self._knows_end = False
        census.expect()  # the last of those decisions
        env.schedule(Call(self._look_ahead))

    def _look_ahead(self, _call: Call) -> None:
        """Work out the next block of messages."""
        created = self._creations.next()
        rows = self._census.enrol(created.times_s, created.producers)
        for index in range(len(self._windows)):
            own = created.producers == index
            self._foretell(index, rows[own], created.numbers[own], created.times_s[own])
        self._strands.tell(created.until_s)
        self._foreseen.extend(*self._coming.tell(created.until_s))
        if self._census.complete and not self._knows_end:
            self._knows_end = True
            at(self._env, self._decided_s, lambda _call: self._census.leave(1))
        if created.until_s < math.inf:
            put(self._env, Call(self._look_ahead), created.until_s, NORMAL)
        else:
            # Nothing else need happen any more at the times of what is told already.
            at(self._env, self._last_s, lambda _call: None)

    def _foretell(self, index: int, rows: Keys, numbers: Keys, created_s: Times) -> None:
        """Work out what becomes of the messages *rows* of producer *index*."""
        keys = index << 32 | numbers
        exchanges = foretell(keys, created_s, self._options, self._luck, self._pauses[index])
        if self._options.confirm:
            self._windows[index].check(created_s, exchanges.decided_s)
        self._strands.add(rows, exchanges)
        arrives = self._coming.add(index, rows, keys, exchanges)
        told = (exchanges.decided_s, *(times_s for _, times_s, _ in exchanges.arrived))
        self._last_s = max(self._last_s, *(float(times_s.max(initial=0.0)) for times_s in told))
        measured = self._census.measured
        counts = (measured.start <= rows) & (rows < measured.stop)
        self._census.leave(int((counts & ~arrives).sum()))
        self._decided_s = float(exchanges.decided_s[counts].max(initial=self._decided_s))
