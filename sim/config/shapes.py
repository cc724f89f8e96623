"""What the shapes of a broker do not have: keys that mean nothing there, and other defaults.

Without a broker, or with one that is part of the producer's process, there is no disk, no second
network, no replica. A key that speaks of such a thing is refused, unless it has its default value:
an experiment whose shape is varied may leave the others as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.config import brokerless
from sim.config.known import value_at
from sim.config.paths import NOTHING, Path, dotted, get, parse_path, put, remove
from sim.config.presets import layered
from sim.config.problems import Problem
from sim.config.suggestions import either, quoted
from sim.config.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sim.config.experiment import Experiment

    Written = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is so of one shape.

    `without` are the keys, or whole tables, that mean nothing there, and why. `only` are the values
    of keys that mean something, and why others do not. `faults` are the targets that can break, and
    how, if not everything can; `unbroken` says why no others. `defaults` gives, of what is written,
    what the keys default to that are not. `misfits` finds what else does not fit: a key, what it
    must be, a suggestion.
    """

    without: Mapping[str, str]
    only: Mapping[str, tuple[tuple[object, ...], str]] = field(default_factory=dict)
    faults: Mapping[str, tuple[str, ...]] | None = None
    unbroken: str = ""
    defaults: Callable[[Written], dict[str, object]] = lambda _written: {}
    misfits: Callable[[Experiment], Iterable[tuple[str, str, str]]] = lambda _experiment: ()


def _bus_defaults(written: Written) -> dict[str, object]:
    hands = get(written, ("consumer", "concurrency"))
    return {
        "broker.confirm_when": "received",
        "broker.redelivery.ack_timeout": "inf",
        "consumer.prefetch": hands if isinstance(hands, int) else 1,
    }


_NO_BROKER = "there is no broker"
_ANSWERS = ("requeue", "reject", "ignore")
_OF_REPLICAS = (
    *("broker.confirm_by", "broker.replicas", "broker.min_in_sync"),
    *("broker.replication_delay", "broker.failover", "broker.unclean_failover"),
    *("broker.lag_timeout", "broker.deliver_when"),
)
SHAPES = {
    "queue": Shape(
        without={
            "broker.partitions": "a queue has no parts",
            "consumer.rebalance": "consumers of a queue come and go without a pause",
        },
    ),
    "log": Shape(
        without={
            "broker.capacity": "a log has no bound; records leave it by age (broker.ttl)",
            "broker.overflow": "a log has no bound; records leave it by age (broker.ttl)",
            "broker.priorities": "a log is read in the order in which it was written",
            "consumer.ordered": "records of a partition are read in order anyway",
            "broker.redelivery.counts": "a log counts every delivery",
            "broker.redelivery.on_disconnect": "whoever has a partition next reads on from there",
            "consumer.transactional": "positions are committed by themselves",
            "broker.redelivery.to_other": "records go to whoever has their partition",
            "network.deliver.duplication": "a reader knows a double by its offset",
            "network.deliver.bandwidth": "a batch of records has no size here",
        },
        only={
            "consumer.on_failure": (_ANSWERS, "a position is committed, or it is not"),
        },
    ),
    "bus": Shape(
        without={
            "network": "producers, bus and handlers are one process",
            "disk": "nothing is written to a disk",
            **dict.fromkeys(_OF_REPLICAS, "there is no other that could take its place"),
            "broker.partitions": "a bus is no log",
            "broker.dedup_window": "nothing is sent twice to it unless its publisher means to",
            "producer.idempotent": "nothing is sent twice to it unless its publisher means to",
            "consumer.commit": "a bus is no log",
            "consumer.transactional": "there is no broker to commit to",
            "broker.redelivery.counts": "handlers neither hang up nor are given up",
            "broker.redelivery.on_disconnect": "handlers live and die with the bus",
            "consumer.prefetch": "each worker takes the next event when it is free",
            "consumer.rebalance": "a bus is no log",
            "consumer.detect": "handlers live and die with the bus",
        },
        only={
            "broker.confirm_when": (("received", "processed"), "a bus has no disk"),
            "broker.redelivery.ack_timeout": (("inf",), "a bus waits for its handlers"),
            "consumer.ack": (("after",), "a handler has done with an event when it returns"),
            "consumer.on_failure": (_ANSWERS, "a bus catches the errors of its handlers"),
        },
        faults={"broker": ("process_crash", "power_loss")},
        unbroken="producers, bus and handlers are one process, which the target broker stands for",
        defaults=_bus_defaults,
    ),
    "none": Shape(
        without={
            "network.deliver": "there is one way from producer to consumer, network.publish",
            "disk": "there is no disk",
            **dict.fromkeys(_OF_REPLICAS, _NO_BROKER),
            "broker.accept": _NO_BROKER,
            "broker.ttl": "what is in a pipe does not expire",
            "broker.priorities": "a pipe keeps the order",
            "broker.dedup_window": _NO_BROKER,
            "broker.partitions": _NO_BROKER,
            "broker.redelivery": "nobody gives a message out again",
            "producer.idempotent": _NO_BROKER,
            "consumer.commit": "nobody keeps a position",
            "consumer.transactional": "there is nobody to commit to",
            "consumer.dedup": "receivers keep no ids",
            "consumer.ordered": "a pipe keeps the order",
            "consumer.rebalance": "each message has its consumer when it is sent",
            "consumer.prefetch": "broker.capacity bounds what a consumer has received, too",
        },
        only={
            "broker.confirm_when": (("processed",), "nobody but a consumer can confirm"),
            "consumer.on_failure": (_ANSWERS, "a reply says it, or there is none"),
        },
        faults={
            "producer": ("crash",),
            "consumer": ("crash",),
            "publish": ("partition", "cut"),
        },
        unbroken="there is none of that kind",
        defaults=brokerless.defaults,
        misfits=brokerless.misfits,
    ),
}
"""The shapes, by their names."""


def with_defaults(written: Written) -> Written:
    """Return the file *written* with the defaults of its shape."""
    shape = _shape_of(written)
    if shape is None:
        return written
    for key, value in shape.defaults(written).items():
        path = parse_path(key)
        if get(written, path) is NOTHING and _can_hold(written, path):
            written = put(written, path, value)
    return written


def without_defaults(mapping: dict[str, Any], written: Written) -> dict[str, Any]:
    """Return the normal form *mapping* without what *written* leaves to the shape, whichever."""
    for key in sorted({key for shape in SHAPES.values() for key in shape.defaults({})}):
        if get(written, parse_path(key)) is NOTHING:
            mapping = remove(mapping, parse_path(key))
    return mapping


def check_shape(experiment: Experiment, written: Written, source: str) -> Iterator[Problem]:
    """Yield what means nothing with the shape of *experiment*'s broker."""
    name = experiment.broker.shape
    shape = SHAPES.get(name)
    if shape is None:
        return
    here, written = f'broker.shape = "{name}"', layered(written)
    for path, reason in _meaningless(shape, experiment):
        if get(written, path) is not NOTHING:  # or it follows another key, which is refused
            yield _problem(path, written, source, f"means nothing with {here}: {reason}")
    for key, (values, reason) in shape.only.items():
        path = parse_path(key)
        if _plain(value_at(experiment, path)) not in values:
            yield _problem(path, written, source, f"must be {either(values)} with {here}: {reason}")
    for key, what, suggestion in shape.misfits(experiment):
        yield _problem(parse_path(key), written, source, f"{what} ({here})", suggestion)
    for path, what in _unbreakable(shape, experiment, here):
        yield _problem(path, written, source, what)


def _meaningless(shape: Shape, experiment: Experiment) -> Iterator[tuple[Path, str]]:
    """Yield keys that mean nothing and do not have their defaults, and why."""
    hands = {"concurrency": experiment.consumer.concurrency}
    shaped = {"broker": {"shape": experiment.broker.shape}, "consumer": hands}
    default = type(experiment).model_validate(shaped)
    for key, reason in shape.without.items():
        for path in _changed(experiment, default, parse_path(key)):
            yield path, reason


def _unbreakable(shape: Shape, experiment: Experiment, here: str) -> Iterator[tuple[Path, str]]:
    """Yield keys of faults that cannot be, and why."""
    if shape.faults is None:
        return
    for place, fault in enumerate(experiment.faults):
        kinds = shape.faults.get(fault.target)
        if kinds is None:
            yield ("faults", place, "target"), f"cannot break with {here}: {shape.unbroken}"
        elif fault.kind not in kinds:
            yield ("faults", place, "kind"), f"must be {either(kinds)} with {here}"


def _shape_of(written: Written) -> Shape | None:
    name = get(written, ("broker", "shape"))
    return SHAPES.get(name) if isinstance(name, str) else None


def _can_hold(written: Written, path: Path) -> bool:
    """Return whether there are tables, or nothing yet, on the way to *path*."""
    ways = (get(written, path[:end]) for end in range(1, len(path)))
    return all(way is NOTHING or isinstance(way, dict) for way in ways)


def _changed(experiment: Experiment, default: Experiment, path: Path) -> Iterator[Path]:
    """Yield the keys at or below *path* that differ from their defaults."""
    value, usual = value_at(experiment, path), value_at(default, path)
    if value == usual:
        return
    if not isinstance(value, Table) or type(value) is not type(usual):
        yield path
        return
    for name, key in type(value).model_fields.items():
        yield from _changed(experiment, default, (*path, key.alias or name))


def _plain(value: object) -> object:
    return "inf" if value == float("inf") else value


def _problem(
    path: Path, written: Written, source: str, what: str, suggestion: str = "leave it out"
) -> Problem:
    value = get(written, path)
    shown = "" if value is NOTHING else f" = {quoted(value)}"
    return Problem(
        source=source,
        key=dotted(path),
        value=None if value is NOTHING else value,
        message=f"{dotted(path)}{shown} {what}",
        suggestion=suggestion,
    )
