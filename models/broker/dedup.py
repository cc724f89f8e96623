"""How a broker knows a repeat of what it has taken in already, and does not take it in again.

Either producers give their messages ids (`dedup_window`): the broker remembers each for so long
after it first stored it. The ids are the application's, so that a producer which has crashed and
sends again out of its outbox is known, too. NATS JetStream remembers the header `Nats-Msg-Id` for
2 min (server/stream.go, `StreamDefaultDuplicatesWindow`), SQS FIFO queues an id for 5 min, also
after the message was deleted (developer guide, "FIFO queue key terms"). At the end of the window
the id is forgotten.

Or producers number what they send (`broker.sequences`). A number belongs to an epoch of a process,
so a message that comes again out of an outbox, or after a bump of the epoch, is not known. Numbers
are remembered for ever, unless there is a window. Kafka's brokers keep five batches of a producer
(`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`) and allow as many in flight; here, all can be told. A
copy whose number is not the next one is refused; the producer shall try again.

A repeat is dropped (`deduplicated`), and confirmed when what it repeats is, at once or later. The
memory is as durable as the messages: after a crash a broker remembers those whose copies survived,
consumed or not, as if it read its log. What was in memory only is forgotten, like what the disk
refused. So does NATS with what is still in the stream. (It forgets the ids of what was deleted from
there: nats-server, issue 6782.) What the broker itself gave up, expired or pushed out, it
remembers: a repeat will not bring it back.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from models.broker.confirms import Confirms
from models.broker.sequences import Sequences
from models.checks import at_least
from models.ledger import Cause
from models.message import ACCEPTED, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.census import Census
    from models.ledger import Ledger
    from models.message import Copy, Packet

    Name: TypeAlias = int | tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupOptions:
    """By what a broker knows repeats: ids for `window_s` (s), or the producers' `sequences`.

    With both, the window is that of the sequences.
    """

    window_s: float = 0.0
    sequences: bool = False

    def __post_init__(self) -> None:
        at_least(0, window_s=self.window_s)

    @property
    def off(self) -> bool:
        """Whether it knows none."""
        return not (self.window_s or self.sequences)


class Known:
    """A message that was taken in: its `copy`, and the `repeats` that wait for its confirm."""

    __slots__ = ("confirmed", "copy", "packet", "repeats", "since_s")

    def __init__(self, packet: Packet, copy: Copy, since_s: float) -> None:
        self.packet = packet
        self.copy = copy
        self.since_s = since_s
        self.confirmed = False
        self.repeats: list[Packet] = []


class TellingConfirms(Confirms):
    """Confirms that tell `told` of what was accepted."""

    told: Callable[[Packet], None]

    def answer(self, packet: Packet, verdict: Answer = ACCEPTED) -> None:
        """Send *verdict* on *packet* to its producer, if that asks."""
        super().answer(packet, verdict)
        if verdict is ACCEPTED:
            self.told(packet)


class Dedup:
    """The memory of one broker. It answers what it keeps out, by *confirms*."""

    def __init__(
        self, options: DedupOptions, confirms: TellingConfirms, ledger: Ledger, census: Census
    ) -> None:
        self._window_s = options.window_s or math.inf
        self._confirms = confirms
        confirms.told = self._confirmed
        self._ledger = ledger
        self._census = census
        self._sequences = Sequences() if options.sequences else None
        self._known: dict[Name, Known] = {}
        self._by_age: deque[tuple[Name, Known]] = deque()
        self._refused: Copy | None = None  # the last that the disk refused

    def admits(self, packet: Packet, now_s: float) -> bool:
        """Return whether *packet* brings something new; if not, it is done with."""
        known = self._known.get(self._name(packet))
        if known is not None and now_s - known.since_s < self._window_s:
            self._ledger.dropped.add(packet.message.row, now_s, Cause.DEDUPLICATED)
            self._confirm_later(packet, known)
        elif self._sequences is not None and not self._sequences.fits(
            packet.message.key >> 32, packet.stamp
        ):
            self._ledger.dropped.add(packet.message.row, now_s, Cause.OUT_OF_SEQUENCE)
            self._confirms.answer(packet, Answer.OUT_OF_SEQUENCE)
        else:
            packet.verdict = None  # nothing was said of it yet
            return True
        self._census.release(packet.message)
        return False

    def remember(self, packet: Packet, copy: Copy | None, now_s: float) -> None:
        """Remember that *packet* was taken in as *copy*; as none, if it was dropped or refused."""
        if copy is not None and copy is self._refused:
            return
        if self._sequences is not None and (copy is not None or packet.verdict is ACCEPTED):
            self._sequences.append(packet.message.key >> 32, packet.stamp, copy)
        self._forget_the_old(now_s)
        if copy is not None:
            name = self._name(packet)
            known = self._known[name] = Known(packet, copy, now_s)
            known.confirmed = packet.verdict is ACCEPTED
            self._by_age.append((name, known))

    def forget(self, copy: Copy) -> None:
        """Hear that *copy* could not be written: who repeats it may try again, too."""
        self._refused = copy
        packet = copy.packet
        known = None if packet is None else self._known.get(self._name(packet))
        if packet is None or known is None or known.copy is not copy:
            return
        del self._known[self._name(packet)]
        for repeat in known.repeats:
            self._confirms.answer(repeat, Answer.TRY_AGAIN)
        if self._sequences is not None:
            self._sequences.forget(packet.message.key >> 32, packet.stamp, copy)

    def crash(self, survives: Callable[[Copy], bool]) -> None:
        """Forget whatever does not survive, and to whom something was to be confirmed."""
        self._known = {name: known for name, known in self._known.items() if survives(known.copy)}
        for known in self._known.values():
            known.repeats.clear()
        if self._sequences is not None:
            self._sequences.crash(survives)

    def _name(self, packet: Packet) -> Name:
        if self._sequences is None:
            return packet.message.key
        return packet.message.key, packet.stamp.life, packet.stamp.epoch

    def _confirm_later(self, repeat: Packet, known: Known) -> None:
        """Confirm *repeat* when what it repeats is as safe as is asked for."""
        copy = known.copy
        if known.confirmed or self._confirms.reached(copy):
            self._confirms.answer(repeat)
        elif copy.packet is None:  # it was forgotten in a crash whom to confirm to
            self._confirms.owe(repeat, copy)
        else:
            known.repeats.append(repeat)

    def _confirmed(self, packet: Packet) -> None:
        known = self._known.get(self._name(packet))
        if known is not None:
            known.confirmed = True
            repeats, known.repeats = known.repeats, []
            for repeat in repeats:
                self._confirms.answer(repeat)

    def _forget_the_old(self, now_s: float) -> None:
        """Forget what nobody can ask about any more: it is too old, or its message decided."""
        while self._by_age:
            name, known = self._by_age[0]
            if now_s - known.since_s < self._window_s and known.packet.message.open:
                return
            self._by_age.popleft()
            if self._known.get(name) is known:
                del self._known[name]
