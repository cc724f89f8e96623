"""Experiments that are kept here, and their bytes."""

from __future__ import annotations

import hashlib

from sim.config import from_mapping
from sim.runner import run
from sim.store import Folder, place_of

PLAIN = {
    "title": "Lost ones",
    "question": "How many are lost?",
    "seed": 5,
    "run": {"messages": 300, "replications": 3, "warmup": "0 s"},
    "network": {"publish": {"delay": "2 ms", "loss": 0.2}},
    "broker": {"confirm_when": "received"},
    "sweep": {"producer.retries": [0, 3], "network.publish.loss": [0.1, 0.3]},
}
RARE = {
    "seed": 7,
    "run": {"messages": 8, "replications": 6, "warmup": "0 s", "rare": {"estimate": "lost"}},
    "producer": {"arrivals": {"law": "regular", "rate": "8/s"}, "retries": 2},
    "network": {"publish": {"loss": 0.02}},
    "consumer": {"start": "2 s"},
    "disk": {"policy": "interval", "interval": "500 ms"},
    "broker": {"confirm_when": "written"},
    "faults": [{"target": "broker", "kind": "power_loss", "every": "30 d", "lasts": "0 s"}],
    "sweep": {"disk.interval": ["500 ms", "1 s"]},
}
SPLIT = {
    "seed": 8,
    "run": {
        "messages": 10,
        "replications": 4,
        "warmup": "0 s",
        "rare": {"estimate": "lost", "method": "splitting"},
    },
    "network": {"publish": {"loss": 0.2}},
    "producer": {"retries": 1, "timeout": "20 ms", "backoff": {"law": "none"}},
}
LOOKED_FOR = {
    "seed": 9,
    "run": {"messages": 2000, "replications": 3},
    "consumer": {"service": {"law": "exponential", "mean": "8 ms"}},
    "check": {"formulas": []},
}
SEARCHED = {
    **PLAIN,
    "run": {
        "messages": 100,
        "replications": 3,
        "warmup": "0 s",
        "precision": {"estimate": "lost", "relative": 0.05},
    },
    "producer": {"retries": 0},
    "sweep": {"network.publish.loss": [0.2, 0.3]},
}
ALL = {
    "plain": PLAIN,
    "rare": RARE,
    "split": SPLIT,
    "warm-up looked for": LOOKED_FOR,
    "precision": SEARCHED,
}


def made(mapping, **run_options):
    return from_mapping({**mapping, "run": {**mapping["run"], **run_options}})


def folder_of(experiment, results):
    return Folder(place_of(experiment, "kept", results), experiment)


def kept_in(experiment, results, **options):
    """Run *experiment* and keep it; return its folder's path."""
    with folder_of(experiment, results) as folder:
        folder.begin()
        folder.finish(run(experiment, memory=folder, **options))
        return folder.path


def bytes_of(path):
    """Return the checksum of every file of a result."""
    return {
        str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != ".lock"
    }
