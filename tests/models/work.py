"""Worlds in which only the consumers matter."""

from __future__ import annotations

from models.arrivals import Trace
from models.consumer import AckMode
from models.laws import Constant
from models.network import LinkOptions
from tests.models.world import World, consumer_options, producer_options, told

AUTO, BEFORE, AFTER, BATCH = AckMode
WAY = LinkOptions(delay=Constant(0.25), ack_delay=Constant(0.25))


def working(*created_s, service_s=1.0, draws=None, faults=(), deliver=None, **consumer):
    """Consumers that take *service_s*; options of the world are set on the result."""
    return World(
        producer=producer_options(arrivals=Trace(created_s)),
        consumer=consumer_options(service=Constant(service_s), **consumer),
        consumer_faults=faults,
        draws=draws,
        deliver=deliver or LinkOptions(),
    )


def given(ledger):
    return told(ledger.delivered, "consumer")
