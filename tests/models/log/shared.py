"""A log, its readers, and what the tests of both ask of them."""

from __future__ import annotations

from models.arrivals import Trace
from models.faults import FaultOptions
from models.laws import Constant
from models.ledger import Cause
from tests import conservation
from tests.models.world import World, consumer_options, log_options, producer_options, told


def log(*created_s, service_s=0.5, broker=None, consumer=None, keys=1, prefetch=0, **world):
    """A world with a log that one reader reads, as much at once as there is."""
    return World(
        producer=producer_options(arrivals=Trace(created_s), keys=keys),
        broker=log_options(keys=keys, **(broker or {})),
        consumer=consumer_options(service=Constant(service_s), **(consumer or {})),
        prefetch=prefetch,
        **world,
    )


def conserved(world):
    """The ledger of *world*, once it is sure that nothing came from nowhere or vanished."""
    ledger = world.run()
    conservation.check(ledger)
    return ledger


def crash(*at_s, lasts_s=1.0, kind="crash"):
    return FaultOptions(kind=kind, at_s=at_s, lasts=Constant(lasts_s))


def delivered(ledger):
    """(message, time, consumer) of each delivery."""
    return told(ledger.delivered, "consumer")


def effected(ledger):
    """(message, time, delivery) of each effect."""
    return told(ledger.effected, "delivery")


def dropped(ledger):
    return told(ledger.dropped, "cause", Cause)


def parked(ledger):
    return told(ledger.parked, "reason", Cause)
