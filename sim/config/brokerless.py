"""What the keys of an experiment without a broker have to do with one another.

Three patterns there are, told by `broker.routing` and `producer.confirm`: PUSH to PULL, PUB to SUB,
REQ to REP. What a key must be in each of them is its default there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.config.paths import NOTHING, get
from sim.config.suggestions import either

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.config.experiment import Experiment


def defaults(written: Mapping[str, Any]) -> dict[str, object]:
    """Return what the keys of the pattern default to."""
    fanout = get(written, ("broker", "routing")) == "fanout"
    asks = get(written, ("producer", "confirm")) in (NOTHING, True)
    return {
        "broker.confirm_when": "processed",
        "broker.overflow": "drop_new" if fanout else "block",
        "consumer.ack": "after" if asks else "auto",
        "consumer.subscription": "transient" if fanout else "durable",
    }


def misfits(experiment: Experiment) -> Iterator[tuple[str, str, str]]:
    """Yield keys, what they must be in the pattern, and how to mend it."""
    if experiment.broker.routing == "fanout":
        yield from _publishing(experiment)
    else:
        yield from _competing(experiment)
    ack = experiment.consumer.ack
    if experiment.producer.confirm and ack not in ("before", "after"):
        what = "must be {} with producer.confirm = true: a reply is what acknowledges"
        yield "consumer.ack", what.format(either(("before", "after"))), 'set consumer.ack = "after"'
    elif not experiment.producer.confirm and ack != "auto":
        what = 'must be "auto" with producer.confirm = false: nobody acknowledges'
        yield "consumer.ack", what, 'set consumer.ack = "auto", or producer.confirm = true'


def _publishing(experiment: Experiment) -> Iterator[tuple[str, str, str]]:
    broker, consumer = experiment.broker, experiment.consumer
    here = 'with broker.routing = "fanout"'
    if experiment.producer.confirm:
        what = f"must be false {here}: nobody replies to a publisher"
        yield "producer.confirm", what, "set producer.confirm = false"
    if broker.overflow != "drop_new":
        what = f'must be "drop_new" {here}: a publisher waits for nobody'
        yield "broker.overflow", what, 'set broker.overflow = "drop_new"'
    if consumer.subscription != "transient":
        what = f'must be "transient" {here}: a publisher keeps nothing for who is not there'
        yield "consumer.subscription", what, 'set consumer.subscription = "transient"'
    if consumer.instances > 1:
        what = f"must be 1 {here}: each subscriber is one consumer"
        yield "consumer.instances", what, "set consumer.groups"


def _competing(experiment: Experiment) -> Iterator[tuple[str, str, str]]:
    broker, consumer = experiment.broker, experiment.consumer
    here = 'with broker.routing = "competing"'
    if broker.overflow not in ("block", "drop_new"):
        what = f'must be "block" or "drop_new" {here}: nobody is there who could reject'
        yield "broker.overflow", what, 'set broker.overflow = "block"'
    if consumer.subscription != "durable":
        what = f'must be "durable" {here}: a pipe exists without its consumer'
        yield "consumer.subscription", what, 'set consumer.subscription = "durable"'
