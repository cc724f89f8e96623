"""How a reader commits its positions, and when.

A commit acknowledges everything in its partitions up to and with the records that it names. It
travels as acknowledgements do, and may be lost: the next one repeats it, since each names every
position of this reader that is not committed yet. What the broker has committed, the reader knows
at once. While the broker is down nothing is committed; what is due then is committed as soon as the
reader goes on (`positions`).

| mode | committed are |
|---|---|
| `auto` | records as they are handed out, by the broker (`fetches`) |
| `before` | each record before it is processed |
| `after` | each record after it was processed |
| `batch` | all that was processed, after every so many records, and after so long |

The interval runs from when the first record is processed that is not committed yet, and again for
as long as a commit does not get through. Kafka's automatic commit is a batch of this kind: its
clients look at the clock when they ask for records (`auto.commit.interval.ms`), and commit all that
was given to the application before, which has processed it by then (`ConsumerCoordinator.java`,
`maybeAutoCommitOffsetsAsync`). Here it is what was processed, when the time has come.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.calls import NORMAL, Call
from models.consumer import AckMode

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.consumer import ConsumerOptions
    from models.log.partition import Partition, Reading
    from models.network.line import Line

_REPEATS = 32  # a commit with nothing new has a name of its own: its repetition, above so many bits


class Commit(Call):
    """Positions on their way to the broker."""

    __slots__ = ("readings",)

    def __init__(self, readings: list[Reading]) -> None:
        self.readings = readings


class Commits:
    """The positions of one reader; *settle* is the broker's ear for each, at the end of *line*."""

    def __init__(
        self,
        env: simpy.Environment,
        options: ConsumerOptions,
        *,
        line: Line,
        settle: Callable[[Reading, float], None],
    ) -> None:
        self._env = env
        batch = options.ack is AckMode.BATCH
        self._every = options.commit.every if batch else 1
        self._interval_s = options.commit.interval_s if batch else math.inf
        self._count = 0  # of records since the last commit
        self._timer: Call | None = None
        self._line = line
        self._settle = settle
        self._arrive = (self._arrived,)
        self._last: dict[Partition, Reading] = {}  # of each partition, as far as it was processed
        self._named: tuple[Reading, int] | None = None  # after whom the last commit was, and which

    def note(self, reading: Reading) -> None:
        """Move the position behind *reading*, and commit if it is time to."""
        partition = reading.record.partition
        self._last.pop(partition, None)  # so that the latest stands last
        self._last[partition] = reading
        self._count += 1
        if self._count >= self._every:
            self.send()
        elif self._timer is None:
            self._arm()

    def repeat(self, readings: list[Reading]) -> None:
        """Commit *readings*, the last of each partition, as nobody did when it was time to."""
        for reading in readings:
            self._last.pop(reading.record.partition, None)
            self._last[reading.record.partition] = reading
        self.send()

    def send(self) -> None:
        """Commit all that is not committed yet."""
        self._count = 0
        self._timer = None
        self._last = {p: reading for p, reading in self._last.items() if reading.uncommitted}
        if not self._last:
            return
        commit = Commit([*self._last.values()])
        line, key, attempt = self._line, *self._name(commit.readings[-1])
        if not line.ack_instant:
            line.answer(commit, self._arrive, key, attempt)
        elif line.ack_lost is None or not line.ack_lost(key, attempt):
            self._arrived(commit)
        if any(reading.uncommitted for reading in commit.readings):
            self._arm()

    def forget(self) -> None:
        """Forget all positions."""
        self._last.clear()
        self._count = 0
        self._timer = None

    def _arm(self) -> None:
        """Commit again after the interval, if nothing is committed before."""
        if math.isfinite(self._interval_s):
            self._timer = Call(self._tick)
            self._env.schedule(self._timer, NORMAL, self._interval_s)

    def _tick(self, call: Call) -> None:
        if call is self._timer:
            self.send()

    def _name(self, latest: Reading) -> tuple[int, int]:
        """Return the name of a commit's luck: the last record it names, and how often it did."""
        named, repeats = self._named or (None, 0)
        repeats = repeats + 1 if named is latest else 0
        self._named = (latest, repeats)
        return latest.record.message.key, latest.number | repeats << _REPEATS

    def _arrived(self, commit: Commit) -> None:
        now_s = self._env.now
        for reading in commit.readings:
            self._settle(reading, now_s)
