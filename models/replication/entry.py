"""What the replicas hold of a copy.

The broker has one `Copy` of a message for each consumer group. Of each, every replica that has
heard of it holds an `Entry`, which sinks to that replica's disk as copies do. A `Slot` ties them
together: its `index` is the place in the leader's log, the same for the copies of all groups that
one record stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.message import Copy, Place

if TYPE_CHECKING:
    from collections.abc import Iterator


_TRIES = 24  # the luck of a write: the number of the copy, below the tries above so many bits


class Slot:
    """One copy and what the replicas hold of it; `removed`: it has left the broker.

    `primary`: it stands for its record; `siblings` are then the slots of the other groups' copies.
    `depth` is how deep it has ever been on any replica. `told`: its producer was confirmed. `void`:
    its copy is lost, or was never written. `tries` counts the writes of it that failed.
    """

    __slots__ = (
        "copy",
        "depth",
        "entries",
        "index",
        "primary",
        "removed",
        "siblings",
        "told",
        "tries",
        "void",
    )

    def __init__(self, copy: Copy, index: int, replicas: int) -> None:
        self.copy = copy
        self.index = index
        self.entries: list[Entry | None] = [None] * replicas
        self.siblings: tuple[Slot, ...] = ()
        self.depth = Place.MEMORY
        self.primary = False
        self.removed = False
        self.told = False
        self.tries = 0
        self.void = False

    def held(self) -> Iterator[Entry]:
        """Yield what the replicas hold of it."""
        return (entry for entry in self.entries if entry is not None)

    @property
    def gone(self) -> bool:
        """Whether no replica can bring it back."""
        return all(entry.gone for entry in self.held())


class Entry(Copy):
    """What one replica holds of a copy: `order` is its index in the log.

    `deep`: it is as deep as is asked for. `removed`: the replica knows that the copy has left.
    `gone`: no fault can undo that there.
    """

    __slots__ = ("deep", "gone", "removed", "slot")

    def __init__(self, slot: Slot, now_s: float) -> None:
        super().__init__(slot.copy.message, None, slot.index, now_s)
        self.number = slot.copy.number | slot.tries << _TRIES
        self.slot = slot
        self.deep = False
        self.removed = False
        self.gone = False
