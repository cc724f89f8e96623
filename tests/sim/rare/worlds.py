"""Experiments for the search of rare events, small and with known answers."""

from __future__ import annotations

from sim.config import from_mapping

PUBLISH = {
    "run": {"messages": 500, "warmup": "0 s", "replications": 10, "rare": {}},
    "producer": {
        "retries": 3,
        "arrivals": {"law": "poisson", "rate": "100/s"},
        "timeout": "50 ms",
        "backoff": {"law": "none"},
    },
    "network": {
        "publish": {"loss": 0.03, "ack_loss": 0.0, "delay": "1 ms"},
        "deliver": {"delay": "1 ms"},
    },
    "broker": {"confirm_when": "received"},
    "consumer": {"service": "1 ms", "failure": 0.0},
}
"""Four packets lost in a row, each with .03: 8.1e-7."""

BURSTS = {"good_to_bad": 0.01, "bad_to_good": 0.5, "bad_loss": 0.3}

LOSSES = {
    "run": {
        "messages": 300,
        "warmup": "1 s",
        "replications": 200,
        "rare": {"estimate": "silent_loss"},
    },
    "producer": {"arrivals": {"law": "regular", "rate": "100/s"}},
    "network": {
        "publish": {"loss": 0.0, "delay": "1 ms"},
        "deliver": {"loss": 0.0, "delay": "1 ms"},
    },
    "broker": {"confirm_when": "received"},
    "disk": {"sync": "0 s", "policy": "interval", "interval": "1 s"},
    "consumer": {"service": "0 s", "failure": 0.0, "start": "6 s", "prefetch": 0},
    "faults": [{"target": "broker", "kind": "power_loss", "every": "30 d", "lasts": "1 ms"}],
}
"""A power loss in 30 days takes half a second of messages, which a sync each second had to save."""


def merged(base, **changes):
    """Return *base* with tables changed, key by key, and other keys replaced."""
    made = dict(base)
    for name, change in changes.items():
        old = made.get(name)
        made[name] = merged(old, **change) if isinstance(change, dict) and old else change
    return made


def publish(**changes):
    return from_mapping(merged(PUBLISH, **changes))


def losses(**changes):
    return from_mapping(merged(LOSSES, **changes))
