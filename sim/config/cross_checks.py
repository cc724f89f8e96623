"""What no single key gets wrong: experiments that cannot work, or that would never end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sim.config import consumer_checks, endless, link_checks
from sim.config.log_checks import never_committed
from sim.config.paths import NOTHING, Path, dotted, get
from sim.config.problems import Problem
from sim.config.suggestions import quoted
from sim.config.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from sim.config.experiment import Experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """One relation between keys.

    `reads` are the keys it looks at, the first one being named in the problem. `find` returns
    what is wrong, as a message that begins with the names and values, and how to mend it.
    """

    reads: tuple[str, ...]
    find: Callable[[Experiment, Mapping[str, Any]], tuple[str, str] | None]


def cross_check(
    experiment: Experiment, written: Mapping[str, Any], source: str, refused: Collection[Path]
) -> Iterator[Problem]:
    """Yield what the keys of *experiment* get wrong together.

    A check that looks at a key whose value was *refused* is left out: what stands there now is
    not what was meant.
    """
    names = [dotted(path) for path in refused]
    for check in CHECKS:
        if any(_touch(name, read) for name in names for read in check.reads):
            continue
        found = check.find(experiment, written)
        if found is not None:
            message, suggestion = found
            value = get(written, tuple(check.reads[0].split(".")))
            yield Problem(
                source=source,
                key=check.reads[0],
                value=None if value is NOTHING else value,
                message=message,
                suggestion=suggestion,
            )


def _touch(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _nothing_measured(experiment: Experiment, written: Mapping[str, Any]) -> tuple[str, str] | None:
    run = experiment.run
    if run.horizon_s > run.warmup_s:
        return None
    horizon = quoted(get(written, ("run", "horizon")))
    warmup = format_duration(run.warmup_s)
    message = (
        f"run.horizon must be > run.warmup, got {horizon} with run.warmup = {quoted(warmup)}: "
        "no message would be measured"
    )
    return message, ""


def _unneeded_outbox(experiment: Experiment, _written: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find an outbox out of which messages would never have to be sent again."""
    if experiment.producer.confirm or not experiment.producer.outbox:
        return None
    message = (
        "producer.outbox = true needs producer.confirm = true, got false: nothing would tell what "
        "is still to be sent"
    )
    return message, "set producer.confirm, or leave producer.outbox out"


def _unheard_refusals(
    experiment: Experiment, _written: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Find a producer that never hears that its packets are out of sequence."""
    if experiment.producer.confirm or not experiment.producer.idempotent:
        return None
    message = (
        "producer.idempotent = true needs producer.confirm = true, got false: after the first "
        "loss all that follows would be out of sequence, and refused"
    )
    return message, "set producer.confirm, or leave producer.idempotent out"


def _befalls_nobody(experiment: Experiment, _written: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find a fault of somebody who is not there."""
    groups = experiment.consumer.groups if experiment.broker.routing == "fanout" else 1
    replicas = ("broker.replicas", experiment.broker.replicas)
    producers = ("producer.instances", experiment.producer.instances)
    consumers = ("all consumer.instances", experiment.consumer.instances * groups)
    there = {"broker": replicas, "disk": replicas, "producer": producers, "publish": producers}
    if experiment.broker.shape == "none":
        there["publish"] = ("the pipes from producers to consumers", producers[1] * consumers[1])
    for place, fault in enumerate(experiment.faults):
        name, count = there.get(fault.target, consumers)
        if fault.which is not None and fault.which >= count:
            return f"faults.{place}.which must be < {name} = {count}, got {fault.which}", ""
    return None


def _groups_that_share(
    experiment: Experiment, _written: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Find several groups where there is only one."""
    groups = experiment.consumer.groups
    if groups == 1 or experiment.broker.routing == "fanout":
        return None
    message = f'consumer.groups must be 1 with broker.routing = "competing", got {groups}'
    return message, 'set broker.routing = "fanout", or consumer.instances'


def _too_few_replicas(
    experiment: Experiment, _written: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Find a broker that could never take anything in."""
    broker = experiment.broker
    if broker.min_in_sync <= broker.replicas:
        return None
    message = (
        f"broker.min_in_sync must be <= broker.replicas = {broker.replicas}, "
        f"got {broker.min_in_sync}"
    )
    return message, "set broker.replicas"


def _of_links() -> Iterator[CrossCheck]:
    for name in ("publish", "deliver"):
        link = f"network.{name}"
        for reads, find in (
            ((f"{link}.connection", "faults"), link_checks.cut_without_connection),
            ((f"{link}.duplication", f"{link}.connection"), link_checks.doubled_connection),
            ((f"{link}.loss", link), link_checks.dead_connection),
        ):
            yield CrossCheck(reads=reads, find=partial(find, name))


CHECKS = (
    CrossCheck(reads=("broker.min_in_sync", "broker.replicas"), find=_too_few_replicas),
    CrossCheck(
        reads=("network.deliver", "broker.shape", "consumer.ack", "run.horizon"),
        find=never_committed,
    ),
    *_of_links(),
    CrossCheck(reads=("consumer.groups", "broker.routing"), find=_groups_that_share),
    CrossCheck(
        reads=("consumer.ordered", "consumer.ack"), find=consumer_checks.order_without_answer
    ),
    CrossCheck(
        reads=("consumer.transactional", "consumer.ack"),
        find=consumer_checks.transaction_without_answer,
    ),
    CrossCheck(
        reads=("consumer.on_failure", "consumer.failure", "consumer.poison", "run.horizon"),
        find=consumer_checks.more_and_more_copies,
    ),
    CrossCheck(
        reads=(
            *("consumer.service", "consumer.on_failure", "consumer.failure", "consumer.poison"),
            "network.deliver",
        ),
        find=consumer_checks.copies_at_one_instant,
    ),
    CrossCheck(
        reads=("consumer.on_failure", "broker.replicas"),
        find=consumer_checks.republished_to_replicas,
    ),
    CrossCheck(
        reads=("consumer.on_failure", "broker.routing"),
        find=consumer_checks.republished_to_all,
    ),
    CrossCheck(
        reads=("consumer.on_failure", "consumer.transactional"),
        find=consumer_checks.republished_in_transaction,
    ),
    CrossCheck(reads=("run.horizon", "run.warmup"), find=_nothing_measured),
    CrossCheck(
        reads=(
            *("run.messages", "run.warmup", "run.horizon"),
            *("producer.arrivals", "producer.instances", "faults", "broker.shape"),
            *("consumer.crash_before_effect", "consumer.crash_after_effect"),
        ),
        find=endless.trace_too_short,
    ),
    CrossCheck(reads=("producer.outbox", "producer.confirm"), find=_unneeded_outbox),
    CrossCheck(
        reads=(
            *("faults", "broker.replicas", "broker.routing", "producer.instances"),
            *("consumer.instances", "consumer.groups", "broker.shape"),
        ),
        find=_befalls_nobody,
    ),
    CrossCheck(reads=("producer.idempotent", "producer.confirm"), find=_unheard_refusals),
    CrossCheck(
        reads=(
            *("broker.redelivery.ack_timeout", "run.horizon", "network.deliver", "faults"),
            *("consumer.ack", "consumer.on_failure", "consumer.failure", "consumer.poison"),
            *("broker.shape", "broker.redelivery.on_disconnect"),
            *("consumer.crash_before_effect", "consumer.crash_after_effect"),
        ),
        find=endless.never_given_out_again,
    ),
    CrossCheck(
        reads=(
            *("broker.redelivery.limit", "broker.redelivery.counts"),
            *("broker.ttl", "run.horizon", "network.deliver"),
            *("consumer.ack", "consumer.on_failure", "consumer.failure", "consumer.poison"),
            *("broker.shape",),
            *("consumer.crash_before_effect", "consumer.crash_after_effect"),
            *("consumer.transactional", "consumer.dedup"),
        ),
        find=endless.never_acknowledged,
    ),
    CrossCheck(
        reads=(
            *("consumer.service", "consumer.failure", "consumer.on_failure", "consumer.ack"),
            *("consumer.crash_before_effect", "consumer.detect", "consumer.restart"),
            *("broker.redelivery", "network.deliver", "run.horizon", "broker.ttl"),
            *("broker.shape", "consumer.rebalance"),
            *("consumer.poison",),
        ),
        find=endless.endless_instant,
    ),
    CrossCheck(
        reads=("consumer.start", "run.horizon", "producer.arrivals", "producer.instances"),
        find=endless.starts_too_late,
    ),
)
