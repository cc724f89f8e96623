"""Small runs of the presets, by way of the experiment file, and what became of their messages."""

from __future__ import annotations

import numpy as np

from models.ledger import Cause
from sim.config import from_mapping
from sim.config.presets import merged
from sim.outcomes import Belief, Fate, judge
from sim.system import simulate

ALONE = {"broker": {"replicas": 1, "confirm_by": "leader"}}
"""One replica in place of several: what rules of one broker look like with such presets."""

MANUAL = (
    "rabbitmq-classic",
    "activemq",
    "mqtt-qos-1",
    "stomp-client-individual",
    "nats-jetstream",
    "redis-streams",
)
"""Presets whose consumers acknowledge when they have done their work."""


class Look:
    """What is to be seen of one run."""

    def __init__(self, experiment):
        system = simulate(experiment, 0)
        self.ledger = system.ledger
        self.told = judge(system.ledger, system.census.measured)

    def rows(self, fate, belief=None):
        """The messages of this fate, and of this belief if one is given, by number."""
        chosen = self.told.fate == fate
        if belief is not None:
            chosen &= self.told.belief == belief
        return np.flatnonzero(chosen).tolist()

    def count(self, fate, belief=None):
        return len(self.rows(fate, belief))

    def outcome(self):
        """(belief, fate) of the only message."""
        return Belief(self.told.belief.item()), Fate(self.told.fate.item())

    @property
    def causes(self):
        """What was to blame for the lost ones."""
        return {Cause(cause) for cause in self.told.cause.tolist() if cause >= 0}

    @property
    def repeats(self):
        """How many effects there were besides the first of each message."""
        effects = self.told.effects
        return int((effects - np.minimum(effects, 1)).sum())

    def deaths(self, of):
        """How often *of* (a component's name begins so) has failed."""
        return sum(who.startswith(of) for _, who, _ in self.ledger.crashes)

    def given_s(self):
        """When the broker handed something to a consumer."""
        return self.ledger.delivered.times_s().round(9).tolist()


def look(preset, *tables, created_s=None, seed=1):
    """Run *preset*, with *tables* of an experiment on top, of which the last one wins.

    *created_s* are the times of the messages. Nothing is measured before, and nobody waits for
    more than a year.
    """
    written = {
        "preset": preset,
        "seed": seed,
        "run": {"warmup": 0, "replications": 1, "horizon": "365 d"},
    }
    if created_s is not None:
        arrivals = {"law": "trace", "list": list(created_s)}
        load = {"run": {"messages": len(created_s)}, "producer": {"arrivals": arrivals}}
        written = merged(written, load)
    for table in tables:
        written = merged(written, table)
    return Look(from_mapping(written))


def fault(target, kind, *at_s, lasts=0):
    """The table of one fault at these times."""
    return {"faults": [{"target": target, "kind": kind, "at": list(at_s), "lasts": lasts}]}
