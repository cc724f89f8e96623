"""The ledger: what happened, in the order in which it happened. Facts only, no judgement.

Components append; nobody counts. Whatever is said of a run afterwards is read off here. Each kind
of fact has columns of its own (a few bytes per fact), and rows of one kind are in the order of
their times. `message` is the row of `created`, from 0.

| kind | one row per | further columns |
|---|---|---|
| created | message | `producer` |
| keyed | message, if there are ordering keys | `order_key` (0, 1, …) |
| ranked | message, if there are priorities | `priority` (0, 1, …; the highest goes first) |
| sent | packet that a producer sends | |
| doubled | further packet or delivery: the network's double, or what a consumer publishes | |
| arrived | packet that the broker takes in | |
| stored | copy that enters the queue | |
| recovered | copy that enters it again: a power loss undid its removal | |
| written, synced | copy in the page cache, copy on disk | |
| delivered | hand-over of a copy to a consumer | `consumer`, `redelivered`: it was out before |
| effected | completed business action | `service_s`, `delivery` (1, 2, … of its message) |
| skipped | delivery of a message that its consumer has done before | `delivery` |
| raised | processing that failed before its effect | `service_s`, `delivery` |
| removed | copy that leaves the queue | `reason` |
| returned | copy given back for redelivery | |
| parked | copy put in the dead-letter queue | `reason` |
| dropped | packet, copy or doubled delivery that is no more, with no effect of its own | `cause` |
| confirmed, failed, unknown | message whose producer made up its mind | `reason` for failed |
| crashes, restarts | component and time | `component` (index in `components`), `kind` |
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable


class Cause(IntEnum):
    """What removed a copy for good; the words of the vocabulary."""

    NETWORK = 0
    CONNECTION_CUT = 1
    PRODUCER_CRASH = 2
    PRODUCER_BUFFER = 3
    BROKER_DOWN = 4
    BROKER_MEMORY = 5
    PAGE_CACHE = 6
    DISK_LOSS = 7
    TORN_WRITE = 8
    FAILOVER = 9
    OVERFLOW = 10
    EXPIRED = 11
    NO_SUBSCRIBER = 12
    AUTO_ACK = 13
    EARLY_ACK = 14
    COMMIT = 15
    DELIVERY_LIMIT = 16
    HANDLER_ERROR = 17
    REJECTED = 18  # by the consumer, with no dead-letter queue to take it
    WRITE_ERROR = 19  # the disk was full, or the write failed
    DEDUPLICATED = 20  # known by the broker as a repeat
    OUT_OF_SEQUENCE = 21  # refused by the broker, since the one before it had not come
    NOT_IN_SYNC = 22  # refused by the broker, since too few replicas were in sync


CRASH_CAUSES = (Cause.BROKER_MEMORY, Cause.PAGE_CACHE, Cause.TORN_WRITE, Cause.DISK_LOSS)
"""Causes that a crash of the broker leaves behind: what P_persist is about."""

ACKNOWLEDGED = 255
"""The reason of a `removed` row whose copy was acknowledged. Other reasons are causes."""


class Failed(IntEnum):
    """Why a producer gave a message up."""

    ATTEMPTS = 0
    DEADLINE = 1
    REJECTED = 2
    BUFFER = 3


Column: TypeAlias = npt.NDArray[Any]


class Facts:
    """The rows of one kind of fact: `add(message, time_s, ...)` appends one.

    Rows come in the order of their times, and are packed one behind the other, as in numpy's
    structured arrays. Where every call counts, `write(pack(message, time_s, ...))` does the same.
    """

    def __init__(self, **further: str) -> None:
        codes = {"message": "i", "time_s": "d", **further}
        self._type = np.dtype([(name, f"<{code}") for name, code in codes.items()])
        self._rows = bytearray()
        self._ahead = False  # there may be rows of what never comes to pass
        self.further = tuple(further)
        self.pack = Struct("<" + "".join(codes.values())).pack
        self.write = self._rows.extend
        self.add = _adder(self.write, self.pack, len(codes))

    def __len__(self) -> int:
        return len(self._rows) // self._type.itemsize

    def extend(self, messages: Column, times_s: Column, *further: Column) -> None:
        """Append rows that are known ahead, in their order; arrays of shape (rows,)."""
        rows = np.empty(len(messages), dtype=self._type)
        for name, values in zip(self._type.names or (), (messages, times_s, *further), strict=True):
            rows[name] = values
        self.write(rows.tobytes())
        self._ahead = True

    def close(self, end_s: float) -> None:
        """Forget what comes after *end_s* (s), and order what is left by time, then message."""
        rows = self._view()
        times_s = rows["time_s"].copy()
        if not (times_s[1:] > times_s[:-1]).all():
            further = [rows[name] for name in self.further]
            order = np.lexsort((*further, rows["message"], times_s))
            rows[:] = rows[order]
            times_s = times_s[order]
            del further
        del rows  # what is looked at cannot shrink
        end = int(np.searchsorted(times_s, end_s, side="right"))
        del self._rows[end * self._type.itemsize :]
        self._ahead = False

    def latest(self, count: int) -> list[int]:
        """Return the messages of the last *count* rows, while rows are still being added."""
        size = self._type.itemsize
        rows = np.frombuffer(bytes(self._rows[len(self._rows) - count * size :]), dtype=self._type)
        found: list[int] = rows["message"].tolist()
        return found

    def messages(self) -> npt.NDArray[np.int32]:
        """Return the messages, shape (rows,)."""
        return self.column("message")

    def times_s(self) -> npt.NDArray[np.float64]:
        """Return the times in seconds, shape (rows,)."""
        return self.column("time_s")

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return the column *name*, shape (rows,)."""
        if self._ahead:
            raise RuntimeError("the ledger must be closed before it is read")
        return self._view()[name].copy()

    def _view(self) -> npt.NDArray[Any]:
        return np.frombuffer(self._rows, dtype=self._type)


def _adder(write: Callable[[bytes], None], pack: Callable[..., bytes], columns: int) -> Any:
    # A closure for each number of columns: taking any number of arguments is slower.
    if columns == 2:

        def add_two(message: int, time_s: float) -> None:
            write(pack(message, time_s))

        return add_two
    if columns == 3:

        def add_three(message: int, time_s: float, value: float) -> None:
            write(pack(message, time_s, value))

        return add_three

    def add_more(*row: float) -> None:
        write(pack(*row))

    return add_more


_AHEAD = (
    "created",
    "sent",
    "doubled",
    "arrived",
    "stored",
    "dropped",
    "confirmed",
    "failed",
    "unknown",
)
"""Kinds of facts that may be known ahead."""


_OF_GROUPS = (
    "doubled",
    "stored",
    "recovered",
    "delivered",
    "effected",
    "skipped",
    "raised",
    "removed",
    "returned",
    "parked",
    "dropped",
)
"""Kinds of facts of which each of several consumer groups has its own."""


class Ledger:
    """All facts of one replication.

    `groups` are the ledgers of the consumer groups. One group has all facts to itself, in this same
    ledger. Of several, each has a ledger of its own for what happens to its publications, from
    `stored` on; what happens to the messages before that stands in the `whole`, which the groups'
    ledgers show too, except that packets which were `doubled` or `dropped` stand in the whole only.
    """

    whole: Ledger | None = None
    groups: tuple[Ledger, ...]

    def __init__(self, groups: int = 1) -> None:
        self.created = Facts(producer="H")
        self.keyed = Facts(order_key="I")
        self.ranked = Facts(priority="I")
        self.sent = Facts()
        self.doubled = Facts()
        self.arrived = Facts()
        self.stored = Facts()
        self.recovered = Facts()
        self.written = Facts()
        self.synced = Facts()
        self.delivered = Facts(consumer="H", redelivered="?")
        self.effected = Facts(service_s="d", delivery="I")
        self.skipped = Facts(delivery="I")
        self.raised = Facts(service_s="d", delivery="I")
        self.removed = Facts(reason="B")
        self.returned = Facts()
        self.parked = Facts(reason="B")
        self.dropped = Facts(cause="B")
        self.confirmed = Facts()
        self.failed = Facts(reason="B")
        self.unknown = Facts()
        self.crashes: list[tuple[float, str, str]] = []
        self.restarts: list[tuple[float, str]] = []
        if groups == 1:
            self.groups = (self,)
        else:
            self.groups = tuple(self._share() for _ in range(groups))

    def _share(self) -> Ledger:
        """Return the ledger of one group among several."""
        share = Ledger()
        own = {name: share.kinds[name] for name in _OF_GROUPS}
        vars(share).update({**vars(self), **own, "whole": self, "groups": (share,)})
        return share

    def close(self, end_s: float) -> None:
        """End the run at *end_s* (s): what was known ahead of it never happens.

        Facts of one kind and instant are put in the order of their messages where producers and
        the network are concerned, so that a ledger does not tell how it was made.
        """
        for name in _AHEAD:
            self.kinds[name].close(end_s)

    @property
    def kinds(self) -> dict[str, Facts]:
        """All kinds of facts about messages, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Facts)}
