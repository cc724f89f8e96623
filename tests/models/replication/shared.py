"""Brokers of several replicas: what their tests have in common.

Unless a test says otherwise there are three replicas; what the leader appends is with a follower
0.25 s later, and its word is back after 0.25 s more. Reads and writes take no time. A fall is
noticed 5 s later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.arrivals import Trace
from models.broker import ConfirmWhen
from models.faults import FaultOptions, Together, befall
from models.laws import Constant
from models.ledger import Cause
from models.replication import ConfirmBy, ReplicationOptions
from tests import conservation
from tests.models.luck import FixedLuck
from tests.models.world import World, broker_options, producer_options, told

RECEIVED, WRITTEN, SYNCED, PROCESSED = ConfirmWhen
LEADER, MAJORITY, IN_SYNC = ConfirmBy


@dataclass(kw_only=True)
class Replicas(World):
    """A world whose faults of the broker befall those that are `struck`: one replica, or all."""

    struck: tuple[int | None, ...] = ()  # in the order of `broker_faults`; if empty, each is all

    def _befall(self, env, draws, only=None, **components) -> None:
        if self.struck and "broker" in components:
            bodies = components.pop("broker")
            for place, index in enumerate(self.struck):
                victim = Together(bodies) if index is None else bodies[index]
                befall(env, self.broker_faults[place], victim, draws, f"broker fault {place}")
        super()._befall(env, draws, only, **components)


def replication(**changes):
    still = ReplicationOptions(
        replicas=3, delay=Constant(0.25), ack_delay=Constant(0.25), failover=Constant(5.0)
    )
    return replace(still, **changes)


def replicas(*created_s, falls=(), broker=None, producer=None, world=None, **changes):
    """A world of replicas; *falls* are pairs of a replica and its fault."""
    return Replicas(
        producer=producer_options(arrivals=Trace(created_s), **(producer or {})),
        broker=broker_options(replication=replication(**changes), **(broker or {})),
        struck=tuple(index for index, _ in falls),
        broker_faults=tuple(fault for _, fault in falls),
        **(world or {}),
    )


def fall(*at_s, lasts_s=1.0, kind="process_crash"):
    return FaultOptions(kind=kind, at_s=at_s, lasts=Constant(lasts_s))


def slow(replica, *, delays=None, **times):
    """Luck by which what is appended takes *delays* (s) to *replica*, by message."""
    given = {(message, 1): delay_s for message, delay_s in (delays or {}).items()}
    return FixedLuck(times={f"replica {replica}.delay": given, **times})


def conserved(world):
    """The ledger of *world*, once it is sure that nothing came from nowhere or vanished."""
    ledger = world.run()
    conservation.check(ledger)
    return ledger


def dropped(ledger):
    return told(ledger.dropped, "cause", Cause)
