"""How results are told to people: enough digits for what is known, and none beyond.

An interval decides how many digits a value is worth. What was never seen is told as a bound
("below 1.5e-5"), never as 0 %, and what is not defined is told with the reason.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.measures import Kind
from sim.numerals import (
    NOT_DEFINED,
    Scale,
    count,
    decimals,
    measure_of,
    quantity,
    scale,
    seconds,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from sim.runner import PointResult

    class Interval(Protocol):
        """A value between `low` and `high`: any estimate, any check."""

        @property
        def value(self) -> float:
            """The value; nan if there is none."""

        @property
        def low(self) -> float:
            """The lower end; nan if there is none."""

        @property
        def high(self) -> float:
            """The upper end; nan if there is none."""


NONE_SEEN = "none seen"

_MOST_SIZES = 2  # of points, that are told one by one
_ROUNDING = 1e-9

_UNDEFINED = {
    "persisted": "the broker did not crash",
    "redelivered": "no first delivery failed",
    "highest_latency_mean": "there are no priorities",
    "lowest_latency_mean": "there are no priorities",
    "redelivered_flag_lies": "nothing was flagged as redelivered",
    "lost_per_crash": "the broker did not crash",
    "sojourn_mean": "nothing left the queue",
    "service_mean": "nothing was processed",
    "throughput": "no time passed",
    "queue_length": "no time passed",
}


def value_text(name: str, told: Interval) -> str:
    """Return the value of the estimate *name*, with as many digits as its interval allows."""
    if math.isnan(told.value):
        return NOT_DEFINED
    if never_seen(name, told):
        return NONE_SEEN
    if always_seen(name, told):
        return "all"
    if not _varies(told):
        return quantity(name, told.value)
    known = scale(name, told.value)
    # However wide the interval, a few are not told as none, and not quite all not as all.
    probability = measure_of(name).kind is Kind.PROBABILITY
    short = min(told.value, 1.0 - told.value) if probability else told.value
    least = decimals(short / known.size, 1)
    return known.text(told.value, max(_digits(told, known), least))


def interval_text(name: str, told: Interval) -> str:
    """Return the interval of the estimate *name*: "1.2 to 1.4 ms", "below 1.5e-5"."""
    if math.isnan(told.value):
        return why_undefined(name)
    if math.isnan(told.low) or math.isnan(told.high):
        return "none, of one replication"
    if never_seen(name, told) and told.high > 0:
        return f"below {quantity(name, told.high)}"
    if always_seen(name, told):
        return f"above {quantity(name, told.low)}"
    if not _varies(told):
        return "no variation"
    known = scale(name, told.value)
    places = _digits(told, known)
    if math.isinf(told.high):
        return f"above {known.text(told.low, places)}, upper end unknown"
    low = "0" if told.low == 0 else known.number(told.low, places)
    certain = told.high == 1 and measure_of(name).kind is Kind.PROBABILITY and not known.power
    return f"{low} to {'100 %' if certain else known.text(told.high, places)}"


def predicted_text(name: str, told: Interval, predicted: float) -> str:
    """Return a prediction of the estimate *name* as precisely as the value beside it is told."""
    if not math.isfinite(predicted):
        return NOT_DEFINED if math.isnan(predicted) else str(predicted)
    # No more than the interval is worth, unless that would tell too little of the prediction.
    plain = quantity(name, predicted)
    if math.isnan(told.value) or never_seen(name, told) or not _varies(told):
        return plain
    known = scale(name, predicted)
    precise = known.text(predicted, _digits(told, known))
    return max(plain, precise, key=len) if predicted not in (0.0, 1.0) else plain


def short_text(name: str, told: Interval) -> str:
    """Return value or bound in a few characters: "99.87 %", "< 1.5e-5"."""
    if math.isnan(told.value):
        return "-"
    if never_seen(name, told):
        return f"< {quantity(name, told.high)}" if told.high > 0 else "0"
    if always_seen(name, told):
        return f"> {quantity(name, told.low)}"
    return quantity(name, told.value)


def never_seen(name: str, told: Interval) -> bool:
    """Return whether the estimate *name* counts something, and it never happened."""
    return told.value == 0 and measure_of(name).unit != "s"


def always_seen(name: str, told: Interval) -> bool:
    """Return whether the estimate *name* is a probability, and it always happened."""
    return told.value == 1 and measure_of(name).kind is Kind.PROBABILITY


def why_undefined(name: str) -> str:
    """Return why the estimate *name* has no value, where it has none."""
    if name.startswith("confirm_latency"):
        return "no message was confirmed"
    if name.startswith("delivery_latency"):
        return "no message had an effect"
    return _UNDEFINED.get(name, "no message was measured")


def words(name: str) -> str:
    """Return the *name* of an estimate in words: "delivery latency p99"."""
    return name.replace("_", " ")


def written(value: object) -> str:
    """Return a parameter as it stands in the file, a table by its values."""
    if isinstance(value, dict):
        return " ".join(map(written, value.values()))
    if isinstance(value, list | tuple):
        return ", ".join(map(written, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def point_name(parameters: Mapping[str, object]) -> str:
    """Return what sets a point apart: "producer.retries = 3, disk.interval = 10 ms"."""
    return ", ".join(f"{key} = {written(value)}" for key, value in parameters.items())


def short_point_name(parameters: Mapping[str, object]) -> str:
    """Return what sets a point apart, with the last parts of the keys: "retries = 3"."""
    short = short_names(list(parameters))
    return ", ".join(f"{short[key]} = {written(value)}" for key, value in parameters.items())


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """Return the last part of each key path, or all of it where that names two of them."""
    last = [key.rpartition(".")[2] for key in keys]
    return {
        key: key if last.count(name) > 1 else name for key, name in zip(keys, last, strict=True)
    }


def run_text(points: Sequence[PointResult]) -> str:
    """Return what the results *points* were made of: preset, seed, messages, replications."""
    sizes: dict[int, set[int]] = {}
    for point in points:
        sizes.setdefault(_replications(point), set()).add(point.experiment.run.messages)
    parts = [
        f"{times(replications, 'replication')} of {_choices(sorted(messages))}"
        for replications, messages in sorted(sizes.items())
    ]
    measured = set().union(*sizes.values())
    if len(sizes) > _MOST_SIZES and len(measured) == 1:
        span = f"{count(min(sizes))} to {times(max(sizes), 'replication')}"
        parts = [f"{span} of {_choices(sorted(measured))}"]
    seeds = sorted({point.experiment.seed for point in points})
    alike = len(sizes) == 1 and all(len(messages) == 1 for messages in sizes.values())
    each = " each" if len(points) > 1 and alike else ""
    several = f"{times(len(points), 'point')}, " if len(points) > 1 else ""
    presets = {point.experiment.preset for point in points}
    # Presets that are varied are named at their points.
    start = f"preset {presets.pop()}; " if len(presets) == 1 and presets != {None} else ""
    told = f"{start}seed {', '.join(map(str, seeds))}; {several}{' or '.join(parts)}{each}"
    return told + _warmup_text(points)


def _warmup_text(points: Sequence[PointResult]) -> str:
    """Return how long a warm-up was found to be needed; nothing where it stands in the file."""
    used = [point.experiment.run.warmup_used for point in points]
    found_s = sorted({warmup.seconds for warmup in used if warmup.found})
    if not found_s:
        return ""
    span = " to ".join(seconds(ends) for ends in dict.fromkeys((found_s[0], found_s[-1])))
    return f"; warm-up found: {span}"


def _replications(point: PointResult) -> int:
    run = point.experiment.run
    return run.replications if run.precision is None else len(point.samples)


def _choices(messages: Sequence[int]) -> str:
    """Return "1,000 or 2,000 messages"."""
    *others, last = messages
    return " or ".join([*map(count, others), times(last, "message")])


def _varies(told: Interval) -> bool:
    """Return whether the interval is more than the rounding of one number."""
    return told.high - told.low > _ROUNDING * abs(told.value)


def _digits(told: Interval, known: Scale) -> int:
    """Return how many decimals an interval is worth: two digits of its half-width.

    Without an upper end, of the half that there is, which may be nothing.
    """
    half = (told.high - told.low) / 2
    if math.isinf(half):
        half = told.value - told.low
        half = half if half > _ROUNDING * told.value else 0.01 * told.value
    return decimals(half / known.size, 2)
