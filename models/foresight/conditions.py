"""When the exchange between producers and broker can be worked out ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.broker.confirms import ConfirmWhen

if TYPE_CHECKING:
    from collections.abc import Collection

    from models.broker import BrokerOptions
    from models.network import LinkOptions
    from models.producer import ProducerOptions

MOST_ATTEMPTS = 10_000

CAN_FAIL = {
    "broker": "the broker can fail",
    "disk": "the broker's disk can fail",
    "producer": "producers can fail",
    "publish": "the link between them can fail",
}


def applies(
    producer: ProducerOptions,
    publish: LinkOptions,
    broker: BrokerOptions,
    *,
    faults: Collection[str],
) -> str | None:
    """Return None if `Foresight` may stand in for the producers, else why it may not.

    *publish* is the link between them; *faults* are the targets that any fault can befall.
    """
    for target, reason in CAN_FAIL.items():
        if target in faults:
            return reason
    if not publish.plain:
        return "packets share their luck, their order or their wire (network.publish)"
    return _taken_in(broker) or (_answered(producer, broker) if producer.confirm else None)


def _taken_in(broker: BrokerOptions) -> str | None:
    """Return why the broker may not take in at once all that arrives."""
    if not (broker.accept.is_constant and broker.accept.bounds_s[0] == 0.0):
        return "taking a message in lasts a while (broker.accept)"
    if broker.capacity:
        return "the queue can be full (broker.capacity)"
    if broker.not_one_queue:
        return broker.not_one_queue
    if not broker.dedup.off:
        return "repeats are not stored (broker.dedup_window, producer.idempotent)"
    if broker.to_disk and broker.disk.failure:
        return "writes are refused (disk.failure)"
    return None


def _answered(producer: ProducerOptions, broker: BrokerOptions) -> str | None:
    """Return why it may not be known ahead how a message is answered."""
    if broker.confirm_when is ConfirmWhen.PROCESSED:
        return "confirms wait for the consumers (broker.confirm_when is processed)"
    if broker.to_disk and broker.confirm_when is not ConfirmWhen.RECEIVED:
        return f"confirms wait for the disk (broker.confirm_when is {broker.confirm_when.value})"
    if min(producer.retries, producer.deadline_s / producer.timeout_s) > MOST_ATTEMPTS:
        return f"a message may be sent more than {MOST_ATTEMPTS} times (producer.retries)"
    return None
