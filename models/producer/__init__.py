"""Producers: who creates messages, sends them, and believes what it hears."""

from models.producer.crash import MortalProducer
from models.producer.options import ProducerOptions
from models.producer.producer import Producer

__all__ = ["MortalProducer", "Producer", "ProducerOptions", "kind_of"]


def kind_of(options: ProducerOptions, *, mortal: bool) -> type[Producer]:  # noqa: ARG001
    """Return the simplest producer that can do what *options* say, and crash if *mortal*."""
    return MortalProducer if mortal else Producer
