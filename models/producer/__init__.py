"""Producers: who creates messages, sends them, and believes what it hears."""

from models.producer.options import ProducerOptions
from models.producer.producer import Producer

__all__ = ["Producer", "ProducerOptions"]
