"""What no single key gets wrong: experiments that cannot work, or that would never end.

A run ends when every measured message is decided, or at the horizon. Where messages can stay
undecided for ever, a horizon is asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from models.arrivals import Trace
from sim.config import consumer_checks, link_checks
from sim.config.log_checks import never_committed
from sim.config.paths import NOTHING, Path, dotted, get
from sim.config.problems import Problem
from sim.config.suggestions import quoted
from sim.config.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from sim.config.experiment import Experiment

_HORIZON = "set run.horizon"
_DEATHS = "disconnects"
_MOST_MESSAGES = 1e9  # that may pile up before the first consumer comes


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


def _trace_too_short(experiment: Experiment, _written: Mapping[str, Any]) -> tuple[str, str] | None:
    arrivals, run = experiment.producer.arrivals, experiment.run
    if not isinstance(arrivals, Trace) or not math.isinf(run.horizon_s):
        return None
    if _producers_crash(experiment):
        message = (
            'producer.arrivals.law = "trace" with producers that crash may create fewer than '
            f"run.messages = {run.messages}: the run might never end"
        )
        return message, _HORIZON
    each = sum(time_s >= run.warmup_s for time_s in arrivals.recorded_s)
    created = each * experiment.producer.instances
    if created >= run.messages:
        return None
    message = (
        f"run.messages must be <= {created}, the messages that producer.arrivals creates after "
        f"run.warmup, got {run.messages}"
    )
    return message, f"set run.messages, or {_HORIZON}"


def _producers_crash(experiment: Experiment) -> bool:
    if experiment.broker.shape == "bus":  # in one process with its handlers
        consumer = experiment.consumer
        by_hand = consumer.crash_before_effect > 0 or consumer.crash_after_effect > 0
        return by_hand or bool(experiment.faults)
    return any(fault.target == "producer" for fault in experiment.faults)


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


def _never_given_out_again(
    experiment: Experiment, _written: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Find deliveries that vanish while nothing but the consumer's death brings them back.

    Where nobody sees that, not even the death does.
    """
    consumer, redelivery = experiment.consumer, experiment.broker.redelivery
    if _ends_anyway(experiment) or not math.isinf(redelivery.ack_timeout_s):
        return None
    if not redelivery.on_disconnect:
        causes = consumer_checks.goes_unseen(experiment)
        if causes:
            setting = 'broker.redelivery.ack_timeout = "inf" and on_disconnect = false'
            return _undecided(setting, causes[:1], "stay with it for good")
    dies = any(f.target == "consumer" and f.every is not None for f in experiment.faults)
    if dies and consumer.ack != "auto":
        return None  # the consumer dies again and again
    if experiment.broker.shape == "bus":
        return None  # which takes an error for an end
    # A lost commit is repeated by the next.
    log = experiment.broker.shape == "log"
    causes = link_checks.vanishing(experiment, answers=not log)
    if consumer.acknowledges_effects and consumer.on_failure == "ignore" and not log:
        chances = _set(("failure", consumer.failure), ("poison", consumer.poison))
        causes += [f'consumer.on_failure = "ignore" with {chance}' for chance in chances]
    return _undecided('broker.redelivery.ack_timeout = "inf"', causes[:1], "vanish for good")


def _never_acknowledged(
    experiment: Experiment, _written: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Find deliveries that can never be acknowledged, given out again without end."""
    consumer, broker = experiment.consumer, experiment.broker
    if _ends_anyway(experiment) or math.isfinite(broker.ttl_s):
        return None
    # With what else the limit must count to end it; poison is for ever in any dose.
    chances: list[tuple[str, float, str]] = []
    # A log goes on when a failure is ignored, and so does a bus.
    returning = ["requeue", "ignore", "crash"] if broker.shape == "queue" else ["requeue"]
    if consumer.acknowledges_effects:
        bus = broker.shape == "bus"
        if consumer.on_failure in returning:
            counts = {"requeue": "refusals", "crash": _DEATHS}.get(consumer.on_failure, "")
            chances.append(("consumer.failure", consumer.failure, counts))
            chances.append(("consumer.poison", consumer.poison, counts))
        if not bus:  # which dies with its handlers
            chances.append(("consumer.crash_before_effect", consumer.crash_before_effect, _DEATHS))
        if not (bus or consumer.transactional or consumer.dedup):
            chances.append(("consumer.crash_after_effect", consumer.crash_after_effect, _DEATHS))
    # Of a log's link no limit makes an end (`log_checks`).
    ended = _limited(experiment, "") or broker.shape == "log"
    causes = [] if ended else link_checks.always_lost(experiment)
    causes += [
        f"{name} = {chance:g}"
        for name, chance, counts in chances
        if (chance == 1 or (chance and name == "consumer.poison"))
        and not _limited(experiment, counts)
    ]
    setting = f"broker.redelivery.limit = {broker.redelivery.limit}"
    if broker.redelivery.limit:
        setting += f' with counts = "{broker.redelivery.counts}"'
    return _undecided(setting, causes[:1], "be given out again for ever")


def _starts_too_late(experiment: Experiment, _written: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find a consumer that connects only after more messages than a run can hold."""
    producer, start_s = experiment.producer, experiment.consumer.start.mean_s
    created = start_s * producer.arrivals.rate_per_s * producer.instances
    if math.isfinite(experiment.run.horizon_s) or not created > _MOST_MESSAGES:
        return None
    message = (
        f"consumer.start with a mean of {format_duration(start_s)} comes after "
        f"{created:.2g} messages: the run might never end"
    )
    return message, _HORIZON


def _endless_instant(experiment: Experiment, _written: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find deliveries that fail for ever without any time going by: no horizon would come."""
    consumer, redelivery = experiment.consumer, experiment.broker.redelivery
    always = consumer.failure == 1 or consumer.poison > 0
    fails = always and consumer.on_failure == "requeue" and not _limited(experiment, "refusals")
    link, log = experiment.network.deliver, experiment.broker.shape == "log"
    # A reader of a log tries again in place, and has what it lost with its life without delay.
    laws = [consumer.service, *([] if log else [link.delay, link.ack_delay])]
    pauses_s = redelivery.delay.bounds_s(1)[1]
    dies = consumer.crash_before_effect == 1 or (always and consumer.on_failure == "crash")
    # A death that nobody sees brings nothing back before the timer does.
    if dies and experiment.broker.shape != "bus" and redelivery.on_disconnect:
        fails = not _limited(experiment, _DEATHS)
        laws += [consumer.detect, consumer.restart, consumer.rebalance, link.delay]
        pauses_s = 0.0 if log or redelivery.counts == "refusals" else pauses_s
    takes_time = pauses_s > 0 or any(law.bounds_s[1] > 0 for law in laws)
    if not consumer.acknowledges_effects or takes_time or not fails:
        return None
    if experiment.broker.shape == "none":
        return None
    if math.isinf(experiment.run.horizon_s) and math.isinf(experiment.broker.ttl_s):
        return None  # refused for that already
    message = (
        "consumer.service = 0 s with deliveries that always fail gives them out again for ever "
        "at one instant: the run would never end"
    )
    return message, "set consumer.service, broker.redelivery.delay or broker.redelivery.limit"


def _limited(experiment: Experiment, counts: str) -> bool:
    """Return whether the limit ends deliveries of a kind that, besides "all", *counts* counts."""
    redelivery = experiment.broker.redelivery
    if counts == _DEATHS and not redelivery.on_disconnect:
        counts = ""  # nobody sees them
    return redelivery.limit > 0 and redelivery.counts in ("all", counts)


def _ends_anyway(experiment: Experiment) -> bool:
    # Acknowledged when it is given out, a delivery is never waited for, except by a log's reader;
    # and without a broker nothing is given out again.
    shape = experiment.broker.shape
    forgets = shape == "none" or (experiment.consumer.ack == "auto" and shape != "log")
    return math.isfinite(experiment.run.horizon_s) or forgets


def _set(*chances: tuple[str, float]) -> list[str]:
    return [f"{name} = {chance:g}" for name, chance in chances if chance > 0]


def _undecided(setting: str, causes: list[str], fate: str) -> tuple[str, str] | None:
    if not causes:
        return None
    return f"{setting} with {causes[0]} lets messages {fate}: the run might never end", _HORIZON


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
        find=_trace_too_short,
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
        find=_never_given_out_again,
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
        find=_never_acknowledged,
    ),
    CrossCheck(
        reads=(
            *("consumer.service", "consumer.failure", "consumer.on_failure", "consumer.ack"),
            *("consumer.crash_before_effect", "consumer.detect", "consumer.restart"),
            *("broker.redelivery", "network.deliver", "run.horizon", "broker.ttl"),
            *("broker.shape", "consumer.rebalance"),
            *("consumer.poison",),
        ),
        find=_endless_instant,
    ),
    CrossCheck(
        reads=("consumer.start", "run.horizon", "producer.arrivals", "producer.instances"),
        find=_starts_too_late,
    ),
)
