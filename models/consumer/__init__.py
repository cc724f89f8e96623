"""A consumer: its life and its hands, its answers, and what it does when processing fails."""

from models.consumer.connected import ConnectedConsumer
from models.consumer.consumer import Consumer
from models.consumer.memory import Memory
from models.consumer.options import AckMode, CommitOptions, ConsumerOptions, OnFailure

__all__ = [
    "AckMode",
    "CommitOptions",
    "ConnectedConsumer",
    "Consumer",
    "ConsumerOptions",
    "Memory",
    "OnFailure",
]
