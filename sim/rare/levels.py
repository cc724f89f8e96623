"""How close a run has come to what is rare: the level that splitting looks at.

A level is read off the ledger while the run goes on. Any level gives unbiased estimates; a good one
rises step by step on the way to the rare event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.system import System


class Level(Protocol):
    """What is looked at after every event."""

    def __call__(self) -> int:
        """Return the level now."""


def queued(system: System) -> Callable[[], int]:
    """Return the level of a queue that may overflow: the copies in the broker."""
    books = [(group.stored, group.recovered, group.removed) for group in system.ledger.groups]

    def level() -> int:
        return sum(len(come) + len(back) - len(gone) for come, back, gone in books)

    return level


def tried(system: System, place: int) -> Callable[[], int]:
    """Return the level of the measured message at *place*: what has gone wrong with it so far.

    A packet that is lost counts at once, before luck decides over the next; one whose answer is
    lost counts when it is sent again. So does a delivery that fails, or is given out again.
    """
    ledger, census = system.ledger, system.census
    whole = {id(book): book for book in (ledger, *ledger.groups)}.values()
    kinds = (
        [ledger.sent],
        [book.dropped for book in whole],
        [book.delivered for book in whole],
        [book.raised for book in whole],
    )
    seen = [[0] * len(books) for books in kinds]
    counts = [0] * len(kinds)

    def look() -> None:
        for kind, books in enumerate(kinds):
            for number, book in enumerate(books):
                size = len(book)
                if size != seen[kind][number]:
                    new = book.latest(size - seen[kind][number])
                    seen[kind][number] = size
                    if census.first >= 0:
                        counts[kind] += new.count(census.first + place)

    def level() -> int:
        look()
        sent, dropped, delivered, raised = counts
        return max(sent - 1, dropped, 0) + max(delivered - 1, raised, 0)

    return level
