"""The normal form of an experiment: every key written out, in base units, as plain data.

Two files that mean the same have the same normal form, whatever their units, their order and
what they leave to defaults. Samples and traces stand in it with their values, so it does not
depend on other files, and it can be read back as an experiment.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from models import arrivals, laws
from models.policies import backoff, jitter
from sim.config.arrivals import written_arrivals
from sim.config.backoffs import written_backoff
from sim.config.laws import written_law
from sim.config.tables import TAG, Table

NOT_HASHED = ("title", "question", "preset", "claims")
"""What people call an experiment, and why they ask, changes no result, nor does what they claim.
Nor does the name of a preset, whose values stand in the normal form."""

_WRITERS: dict[type, Callable[[Any], dict[str, Any]]] = {
    **dict.fromkeys((laws.Constant, laws.Exponential, laws.Uniform, laws.Lognormal), written_law),
    **dict.fromkeys((laws.Gamma, laws.Weibull, laws.Empirical), written_law),
    **dict.fromkeys((backoff.Fixed, backoff.Uniform, backoff.Linear), written_backoff),
    **dict.fromkeys((backoff.Exponential, jitter.Jittered), written_backoff),
    jitter.DecorrelatedJitter: written_backoff,
    **dict.fromkeys((arrivals.Poisson, arrivals.Regular, arrivals.Bursty), written_arrivals),
    arrivals.Trace: written_arrivals,
}


def plain(value: object) -> Any:
    """Return *value*, a table or anything in one, as JSON-able data in base units."""
    if isinstance(value, Table):
        return _plain_table(value)
    if type(value) in _WRITERS:
        return _WRITERS[type(value)](value)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def _plain_table(table: Table) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, field in type(table).model_fields.items():
        value = plain(getattr(table, name))
        key = field.alias or name
        if key.startswith(TAG):  # keys of the table itself
            written |= value
        elif value is not None and value != {}:
            written[key] = value
    return written


def only_written(normal: Any, written: object) -> Any:
    """Return what of the tables in *normal* has a key in *written* too; a law is one value."""
    if not isinstance(normal, Mapping) or not isinstance(written, Mapping) or "law" in normal:
        return normal
    own = {name: item for name, item in normal.items() if name in written}
    return {
        name: item if name == "sweep" else only_written(item, written[name])
        for name, item in own.items()
    }


def digest(mapping: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a normal form, without what changes no result."""
    counted = {name: value for name, value in mapping.items() if name not in NOT_HASHED}
    text = json.dumps(counted, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
