"""What an idempotent consumer remembers: the ids of the messages that have had their effect.

An id is remembered with the effect, in one step, as a row in the same database transaction would
be ("Idempotent Receiver", G. Hohpe and B. Woolf, "Enterprise Integration Patterns"). So the memory
survives whatever befalls the consumer, and the whole group shares it. It knows messages, not
copies: it makes no difference who doubled one.

It may be bounded: then the oldest id makes room for a new one, however often it was asked for
since. What comes again later than that is done again.
"""

from __future__ import annotations

from collections import deque

from models.checks import at_least


class Memory:
    """The ids of the last *size* messages done; -1 for all of them."""

    def __init__(self, size: int) -> None:
        at_least(-1, size=size)
        self._size = size
        self._known: set[int] = set()
        self._order: deque[int] = deque()  # oldest first

    def __contains__(self, key: int) -> bool:
        return key in self._known

    def remember(self, key: int) -> None:
        """Remember the message named *key*, which is not remembered."""
        self._known.add(key)
        if self._size >= 0:
            self._order.append(key)
            if len(self._order) > self._size:
                self._known.discard(self._order.popleft())
