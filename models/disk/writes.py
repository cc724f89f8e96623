"""The writes to a disk: records go into the page cache one at a time, in order.

A write can be refused, by an I/O error when it ends (`failure`, by the copy's own luck), or because
the disk is full when it would begin: then it takes no time. What begins while the disk is slow
takes so many times as long, to its end. Nothing is written twice: whether a refused copy is sent
again is up to its producer.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from models.calls import NORMAL, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.disk.episodes import Pace
    from models.draws import Draws
    from models.laws import Law
    from models.message import Copy


class Writes:
    """The line of copies to be written; `cached` and `refused` hear how each write ended."""

    def __init__(
        self,
        env: simpy.Environment,
        write: Law,
        failure: float,
        draws: Draws,
        name: str,
        *,
        pace: Pace,
        cached: Callable[[Copy], None],
        refused: Callable[[Copy], None],
    ) -> None:
        self._env = env
        self._instant = write.is_constant and write.bounds_s[0] == 0.0
        self._write_s = draws.law(name, "write", write)
        self._fails = draws.coin(name, "failure", failure)
        self._pace = pace
        self._cached = cached
        self._refused = refused
        self._line: deque[Copy] = deque()
        self._busy = False
        self._shortages = 0
        self._epoch = 0  # a write of before a crash is void
        self._refresh()

    def append(self, copy: Copy) -> None:
        """Give *copy* its number, and begin to write it, when it is its turn."""
        copy.number = copy.message.copies = copy.message.copies + 1
        self.write(copy)

    def write(self, copy: Copy) -> None:
        """Begin to write *copy*, which has a number, when it is its turn."""
        if self._at_once:
            self._cached(copy)
            return
        self._line.append(copy)
        if not self._busy:
            self._go_on()

    def stop(self) -> None:
        """Crash: what is not written was in memory only."""
        self._epoch += 1
        self._line.clear()
        self._busy = False

    def fill(self) -> None:
        """Have no room for more, until `make_room` is called as often as this."""
        self._shortages += 1
        self._refresh()

    def make_room(self) -> None:
        """End one shortage."""
        self._shortages -= 1
        self._refresh()

    def _refresh(self) -> None:
        # Nothing can hold up or refuse a write: then it needs no line.
        self._at_once = self._instant and self._fails is None and not self._shortages

    def _go_on(self) -> None:
        """Write, until a write takes time or there is none left."""
        self._busy = True
        while self._line:
            if self._shortages:
                self._refused(self._line.popleft())
            elif self._instant:
                self._end()
            else:
                self._begin()
                return
        self._busy = False

    def _begin(self) -> None:
        copy, epoch = self._line[0], self._epoch

        def done(_call: Call) -> None:
            if epoch == self._epoch:
                self._end()
                self._go_on()

        write_s = self._write_s(copy.message.key, copy.number) * self._pace.slowness
        self._env.schedule(Call(done), NORMAL, write_s)

    def _end(self) -> None:
        copy, fails = self._line.popleft(), self._fails
        if fails is not None and fails(copy.message.key, copy.number):
            self._refused(copy)
        else:
            self._cached(copy)
