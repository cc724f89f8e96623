"""Producers: who creates messages, sends them, and believes what it hears."""

from models.producer.connected import ConnectedProducer
from models.producer.crash import MortalProducer
from models.producer.idempotent import IdempotentProducer
from models.producer.options import ProducerOptions
from models.producer.producer import Producer

__all__ = [
    "ConnectedProducer",
    "IdempotentProducer",
    "MortalProducer",
    "Producer",
    "ProducerOptions",
    "kind_of",
]


class _IdempotentConnectedProducer(IdempotentProducer, ConnectedProducer):
    """Both: what is sent again as it reconnects keeps its order, and its numbers."""


def kind_of(options: ProducerOptions, *, mortal: bool, connected: bool = False) -> type[Producer]:
    """Return the simplest producer that can do what *options* say.

    It can crash if *mortal*, and its connection can be cut if *connected*.
    """
    if options.idempotent:
        return _IdempotentConnectedProducer if connected else IdempotentProducer
    if connected:
        return ConnectedProducer
    return MortalProducer if mortal else Producer
