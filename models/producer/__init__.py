"""Producers: who creates messages, sends them, and believes what it hears."""

from models.producer.connected import ConnectedProducer
from models.producer.crash import MortalProducer
from models.producer.options import ProducerOptions
from models.producer.producer import Producer

__all__ = ["ConnectedProducer", "MortalProducer", "Producer", "ProducerOptions", "kind_of"]


def kind_of(
    options: ProducerOptions,  # noqa: ARG001
    *,
    mortal: bool,
    connected: bool = False,
) -> type[Producer]:
    """Return the simplest producer that can do what *options* say.

    It can crash if *mortal*, and its connection can be cut if *connected*.
    """
    if connected:
        return ConnectedProducer
    return MortalProducer if mortal else Producer
