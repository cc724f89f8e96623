"""When the broker confirms a copy to its producer.

`received`: it is in the broker's memory. `written`: it is in the page cache. `synced`: it is on the
disk. `processed`: a consumer of every group that got it has acknowledged it, so that the
acknowledgement goes from end to end.

A copy that is never written (a transient message, or a queue that is not durable) is confirmed when
received, unless its processing is awaited: memory is all there is. What the broker has sent before
a crash arrives; what it had still to send is forgotten, even if the copy is made safe later.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from models.message import ACCEPTED, Answer, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.ledger import Ledger
    from models.message import Copy, Packet
    from models.producer import Producer


class ConfirmWhen(StrEnum):
    """The confirm point."""

    RECEIVED = "received"
    WRITTEN = "written"
    SYNCED = "synced"
    PROCESSED = "processed"


class Confirms:
    """Sends the acknowledgements to the producers, over their lines, when the point is reached.

    Without *when* somebody else says when, and `reaches` tells whether a copy is that far.
    """

    reaches: Callable[[Copy], bool] | None = None

    def __init__(self, env: simpy.Environment, when: ConfirmWhen | None, ledger: Ledger) -> None:
        self._env = env
        self._written = ledger.written.add
        self._synced = ledger.synced.add
        self._at_write = when is ConfirmWhen.WRITTEN
        self._at_sync = when is ConfirmWhen.SYNCED
        self._at_processing = when is ConfirmWhen.PROCESSED
        self.at_receipt = when is ConfirmWhen.RECEIVED
        self._producers: list[Producer] = []

    def connect(self, producer: Producer) -> None:
        """Make the acknowledgements of the next producer (0, 1, …) known."""
        self._producers.append(producer)

    def answer(self, packet: Packet, verdict: Answer = ACCEPTED) -> None:
        """Send *verdict* on *packet* to its producer, if that asks.

        What becomes of the packet itself is the caller's affair: one that is not stored is dropped.
        """
        message = packet.message
        producer = self._producers[message.key >> 32]
        if producer.asks:
            packet.verdict = verdict
            producer.line.answer(packet, producer.hear, message.key, packet.answer)

    def refuse(self, copy: Copy) -> None:
        """Hear that *copy* cannot be written: its producer may try again, unless it was told."""
        packet = copy.packet
        if packet is not None and packet.awaited > 0 and not self.reached(copy):
            self.answer(packet, Answer.TRY_AGAIN)

    def reached(self, copy: Copy) -> bool:
        """Return whether *copy* is as safe as is asked for, as far as its place can tell."""
        if self.reaches is not None:
            return self.reaches(copy)
        if self._at_write:
            return copy.place >= Place.CACHE
        return copy.place is Place.DISK if self._at_sync else self.at_receipt

    def owe(self, packet: Packet, copy: Copy) -> None:
        """Answer *packet* when *copy* reaches the point, which nobody else waits for."""
        waiting = [one for one in (copy, *copy.siblings) if one.pending or not self._at_processing]
        for one in waiting:
            one.packet = packet
        packet.awaited = len(waiting)

    def written(self, copy: Copy) -> None:
        """Hear that *copy* is in the page cache."""
        self._written(copy.message.row, self._env.now)
        if self._at_write and copy.packet is not None:
            self.answer(copy.packet)

    def synced(self, copies: list[Copy]) -> None:
        """Hear that *copies* are on the disk."""
        now = self._env.now
        for copy in copies:
            self._synced(copy.message.row, now)
            if self._at_sync and copy.packet is not None:
                self.answer(copy.packet)

    def processed(self, copy: Copy) -> None:
        """Hear that a consumer has acknowledged *copy*."""
        # Once for each copy: one whose removal a power loss undoes is processed again.
        packet, copy.packet = copy.packet, None
        if packet is not None:
            packet.awaited -= 1
            if packet.awaited <= 0:
                self.answer(packet)
