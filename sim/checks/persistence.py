"""The documents' P_persist: what a power loss takes, and what waiting for the disk costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy import special

from models.formulas.group_commit import group_commit
from models.formulas.persistence import Persistence, count_sync, interval_sync, writeback
from models.laws import Exponential
from sim.checks import assumptions as a
from sim.checks.form import Form, Value
from sim.checks.load import arrival_rate_per_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.config import Experiment

WINDOW_SOURCE = "document 000 (P_persist); renewal of sync windows and crashes, PASTA"
COMMIT_SOURCE = "regenerative derivation; R. Hagmann, group commit in Cedar, SOSP 1987"
BRIEF = 0.05
"""A random sync shorter than this share of the interval counts by its mean."""


def window(experiment: Experiment) -> Persistence:
    """Return the closed form of what one power loss takes."""
    disk, rate = experiment.disk, arrival_rate_per_s(experiment)
    crash_rate_per_s = 1.0 / _up_time(experiment).mean_s
    if disk.policy == "count":
        return count_sync(
            crash_rate_per_s=crash_rate_per_s, count=disk.count, arrival_rate_per_s=rate
        )
    return interval_sync(
        crash_rate_per_s=crash_rate_per_s,
        interval_s=disk.interval_s,
        sync_s=disk.sync.mean_s,
        arrival_rate_per_s=rate,
    )


def dirty_window(experiment: Experiment) -> Persistence:
    """Return the closed form of what one power loss takes that only the operating system limits."""
    return writeback(
        crash_rate_per_s=1.0 / _up_time(experiment).mean_s,
        age_s=experiment.disk.writeback_s,
        sync_s=experiment.disk.sync.mean_s,
        arrival_rate_per_s=arrival_rate_per_s(experiment),
    )


def _up_time(experiment: Experiment) -> Exponential:
    up_time = experiment.faults[0].every
    if not isinstance(up_time, Exponential):
        raise TypeError(f"up-time must be exponential, got {up_time!r}")
    return up_time


def power_losses(experiment: Experiment) -> list[str]:
    """Ask for one fault: power losses after exponential up-times, over in an instant."""
    if not experiment.faults:
        return ["nothing crashes (faults)"]
    fault = experiment.faults[0]
    if len(experiment.faults) > 1 or fault.target != "broker" or fault.kind != "power_loss":
        return ["the only fault must be a power loss of the broker"]
    if not isinstance(fault.every, Exponential):
        return ["power losses must come after exponential up-times (faults.every)"]
    retries = experiment.producer.confirm and experiment.producer.retries
    if retries and not (fault.lasts.is_constant and fault.lasts.mean_s == 0):
        return ["messages sent again pile up after an outage (faults.lasts)"]
    return []


def on_disk(experiment: Experiment) -> list[str]:
    """Ask for messages that are written, without delay."""
    broker, disk = experiment.broker, experiment.disk
    found = []
    if not (broker.durable and broker.persistent):
        found.append("messages are not written to the disk (broker.durable, broker.persistent)")
    if not (disk.write.is_constant and disk.write.mean_s == 0):
        found.append("writes take time (disk.write)")
    if not (broker.accept.is_constant and broker.accept.mean_s == 0):
        found.append("messages queue to be taken in (broker.accept)")
    if broker.capacity or math.isfinite(broker.ttl_s):
        found.append("messages leave the queue on their own (broker.capacity, broker.ttl)")
    return found


def synced_by_window(experiment: Experiment) -> list[str]:
    """Ask for a sync policy whose window has a closed form."""
    disk = experiment.disk
    if disk.policy == "count":
        return counted(experiment)
    if disk.policy != "interval":
        return [f'disk.policy = "{disk.policy}" has no window']
    found = brief_syncs(experiment, "disk.interval", disk.interval_s)
    if disk.writeback_s < disk.interval_s:
        found.append("the operating system syncs before the broker does (disk.writeback)")
    return found


def synced_by_age(experiment: Experiment) -> list[str]:
    """Ask for a disk that nobody syncs but the operating system."""
    disk = experiment.disk
    if disk.policy != "never":
        return [f'disk.policy = "{disk.policy}": the operating system is not alone']
    if math.isinf(disk.writeback_s):
        return ['nothing is ever synced (disk.writeback = "inf")']
    return brief_syncs(experiment, "disk.writeback", disk.writeback_s)


def brief_syncs(experiment: Experiment, key: str, width_s: float) -> list[str]:
    """Ask for syncs within their windows, of *width_s* (the *key*), that survive whole or not."""
    disk = experiment.disk
    found = []
    if not disk.sync.bounds_s[1] < (width_s if disk.sync.is_constant else BRIEF * width_s):
        found.append(f"a sync must be constant, or much shorter than {key} (disk.sync)")
    if disk.torn_tail and disk.sync.mean_s > 0:
        found.append("a part of a sync survives that a power loss cuts off (disk.torn_tail)")
    return found


def counted(experiment: Experiment) -> list[str]:
    """Ask for syncs that take no time and that nothing but the count begins."""
    disk, rate = experiment.disk, arrival_rate_per_s(experiment)
    found = []
    if not (disk.sync.is_constant and disk.sync.mean_s == 0):
        found.append('with disk.policy = "count" a sync must take no time (disk.sync)')
    # The count is reached when so many more have come: a gamma time.
    late = special.gammaincc(disk.count - 1, rate * disk.writeback_s) if disk.count > 1 else 0.0
    if late > 1.0 / a.RARE:
        found.append("the operating system may sync before the count is reached (disk.writeback)")
    return found


def once_and_at_once(experiment: Experiment) -> list[str]:
    """Ask that every message is stored once, whatever the crash does."""
    link, producer = experiment.network.publish, experiment.producer
    found = []
    if link.loss or link.duplication:
        found.append("messages do not reach the broker exactly once (network.publish)")
    if producer.confirm and producer.retries:
        if experiment.broker.confirm_when == "synced":
            found.append('messages that a crash takes are sent again (confirm_when = "synced")')
        if link.ack_loss:
            found.append("confirms are lost, so messages are sent again (network.publish.ack_loss)")
        if a.exceeds([link.delay, link.ack_delay], producer.timeout_s):
            found.append("a confirm may come after producer.timeout, so messages are sent again")
    return found


def not_consumed(experiment: Experiment) -> list[str]:
    """Ask that nobody takes messages away before the measured window is over."""
    run, rate = experiment.run, arrival_rate_per_s(experiment)
    if not rate > 0:
        return ["the load has no rate (producer.arrivals)"]
    # Five standard deviations of the time that so many Poisson arrivals take.
    end_s = run.warmup_s + (run.messages + 5 * math.sqrt(run.messages)) / rate
    if experiment.consumer.start.bounds_s[0] >= end_s:
        return []
    after = f"consumer.start must be >= {end_s:.4g} s, after the measured window"
    return [f"consumers take messages before they are synced ({after})"]


def waits_for_sync(experiment: Experiment) -> list[str]:
    """Ask for confirms that wait for group commits."""
    found = [*on_disk(experiment)]
    if experiment.broker.confirm_when != "synced":
        found.append(f'confirms do not wait for a sync ("{experiment.broker.confirm_when}")')
    if experiment.disk.policy != "always":
        found.append(f'disk.policy = "{experiment.disk.policy}" is no group commit')
    if experiment.disk.sync.mean_s == 0:
        found.append("a sync takes no time (disk.sync)")
    return found


def prompt_confirms(experiment: Experiment) -> list[str]:
    """Ask that no confirm is cut off, so that late ones count too."""
    found = []
    if a.slow_confirms(experiment):
        found.append("a confirm may come after producer.timeout")
    if math.isfinite(experiment.producer.deadline_s):
        found.append("a confirm may come after producer.deadline")
    return found


def commit_latency_s(experiment: Experiment) -> float:
    """Return the mean time from creation to confirm under group commit."""
    link = experiment.network.publish
    commit = group_commit(
        arrival_rate_per_s=arrival_rate_per_s(experiment), sync=experiment.disk.sync
    )
    return link.delay.mean_s + commit.wait_s + link.ack_delay.mean_s


def room_for_commits(experiment: Experiment) -> list[str]:
    """Ask for an in-flight window that never binds."""
    if a.poisson(experiment) or waits_for_sync(experiment):
        return []
    return a.in_flight_is_enough(experiment, commit_latency_s(experiment))


LOSSES = (
    power_losses,
    on_disk,
    once_and_at_once,
    a.poisson,
    a.sends_at_once,
    not_consumed,
    a.whole_run,
)
WINDOW = (*LOSSES, synced_by_window)
AGE = (*LOSSES, synced_by_age)
COMMIT = (
    a.asks,
    waits_for_sync,
    a.poisson,
    a.one_copy,
    prompt_confirms,
    a.whole_run,
    room_for_commits,
)


def _persisted(
    name: str,
    formula: str,
    form: Callable[[Experiment], Persistence],
    needs: tuple[Callable[[Experiment], list[str]], ...],
) -> Value:
    return Value(
        name=name,
        estimate="persisted",
        formula=formula,
        source=WINDOW_SOURCE,
        needs=needs,
        predict=lambda experiment: form(experiment).persisted,
    )


def _lost_per_crash(
    name: str,
    form: Callable[[Experiment], Persistence],
    needs: tuple[Callable[[Experiment], list[str]], ...],
) -> Value:
    return Value(
        name=name,
        estimate="lost_per_crash",
        formula="l (1 - P_persist) / c",
        source=WINDOW_SOURCE,
        needs=needs,
        predict=lambda experiment: form(experiment).lost_per_crash,
    )


PERSISTENCE: tuple[Form, ...] = (
    _persisted("P_persist", "e^(-cS) x / (e^x - 1), x = cF", window, WINDOW),
    _lost_per_crash("E[lost | crash]", window, WINDOW),
    _persisted(
        "P_persist | writeback",
        "e^(-c (W + S)) (1 + l W) / (1 + l (1 - e^(-c W)) / c)",
        dirty_window,
        AGE,
    ),
    _lost_per_crash("E[lost | crash, writeback]", dirty_window, AGE),
    Value(
        name="E[T | sync]",
        estimate="confirm_latency_mean",
        formula="E[delays] + S + l S^2 / 2(x + e^-x), x = l S",
        source=COMMIT_SOURCE,
        needs=COMMIT,
        predict=commit_latency_s,
    ),
)
"""Crashes at rate c, syncs of length S every F or of what is dirty for W, messages at rate l."""
