"""An idempotent producer: it numbers its messages, so that the broker takes each once and in order.

The numbers count the messages to one partition as they are first sent, in an epoch of this process.
The broker refuses a copy whose number is not the next one, and the producer sends it again when all
before it are acknowledged or given up: of what is sent again, only the first of a series is on its
way at a time. If even the first is out of sequence, then one that was given up never arrived, or a
crash of the broker has taken back what it had acknowledged. A new epoch begins, in which all that
is open gets new numbers. A copy is not known by its number in another epoch or process: what an
outbox sends again may be there twice.

After Kafka's producer (clients/.../producer/internals): `TransactionManager.canRetry` (when to try
again, and when to begin an epoch), `maybeResolveSequences` (what was given up last),
`RecordAccumulator.shouldStopDrainBatchesForPartition` (one at a time). Two things are simpler here:
a message is a batch, and new messages go on being sent while an older one waits to be sent again.
Kafka holds them back; here they are refused, which costs each an attempt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.keys import OrderKeys
from models.message import TWIN, Answer, Packet, Stamp
from models.producer.crash import MortalProducer
from models.producer.series import Series

if TYPE_CHECKING:
    import simpy

    from models.draws import Draws
    from models.ledger import Failed
    from models.message import Exchange
    from models.producer.options import ProducerOptions


class IdempotentProducer(MortalProducer):
    """A producer whose packets have numbers."""

    def __init__(
        self, env: simpy.Environment, options: ProducerOptions, *, draws: Draws, **parts: Any
    ) -> None:
        self._keys = OrderKeys(draws, options.keys)
        self._series = [Series() for _ in range(options.partitions)]
        self._life = 0
        self._kept: dict[Exchange, Packet] = {}  # to be sent when they are first of their series
        super().__init__(env, options, draws=draws, **parts)

    def crash(self, kind: str) -> None:
        """Die, until `restart` is called as often as this: the next process numbers anew."""
        super().crash(kind)
        self._life += 1
        self._series = [Series() for _ in self._series]
        self._kept.clear()

    def _partition(self, message: Exchange) -> int:
        return self._keys.partition(message, len(self._series))

    def _send(self, packet: Packet, now: float) -> None:
        partition = self._partition(packet.message)
        series = self._series[partition]
        number = series.number(packet.message)
        packet.stamp = Stamp(self._life, series.epoch, partition, number)
        super()._send(packet, now)

    def _twin(self, packet: Packet) -> Packet:
        twin = super()._twin(packet)
        twin.stamp = packet.stamp
        return twin

    def _refused(self, packet: Packet) -> None:
        message = packet.message
        awaited = packet.answer & ~TWIN == message.attempt and not message.pausing
        if awaited and packet.verdict is Answer.OUT_OF_SEQUENCE:
            series = self._series[packet.stamp.partition]
            if packet.stamp.epoch == series.epoch and series.first is message:
                series.bump()
        super()._refused(packet)

    def _send_again(self, packet: Packet) -> None:
        message = packet.message
        first = self._series[self._partition(message)].first
        if message.pending and first is not message:
            self._kept[message] = packet
        else:
            super()._send_again(packet)

    def _give_up(self, message: Exchange, reason: Failed) -> None:
        self._close(message, acknowledged=False)
        super()._give_up(message, reason)

    def _decide(self, message: Exchange) -> None:
        self._close(message, acknowledged=True)  # what is given up is closed already
        self._go_on(message)
        super()._decide(message)

    def _close(self, message: Exchange, *, acknowledged: bool) -> None:
        self._kept.pop(message, None)
        self._series[self._partition(message)].close(message, acknowledged=acknowledged)

    def _go_on(self, message: Exchange) -> None:
        """Send the first of the series of *message* again, if it is kept for that."""
        first = self._series[self._partition(message)].first
        packet = self._kept.pop(first, None) if first is not None else None
        if packet is not None:
            super()._send_again(packet)
