"""From the tables of an experiment to the options of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from models.broker import (
    BrokerOptions,
    ConfirmWhen,
    Counts,
    DedupOptions,
    Overflow,
    RedeliveryOptions,
    Subscription,
)
from models.brokerless import SocketOptions
from models.bus import in_memory
from models.consumer import AckMode, CommitOptions, ConsumerOptions, OnFailure
from models.disk import DiskOptions
from models.faults import FaultOptions
from models.log import LogOptions
from models.network import LinkOptions
from models.policies import sync
from models.producer import ProducerOptions
from models.replication import ConfirmBy, ReplicationOptions

if TYPE_CHECKING:
    from sim.config import Experiment
    from sim.config.broker import Disk as DiskTable
    from sim.config.faults import Fault
    from sim.config.network import Link as LinkTable


def producer_options(experiment: Experiment) -> ProducerOptions:
    """Return how the producers of *experiment* send."""
    producer = experiment.producer
    return ProducerOptions(
        arrivals=producer.arrivals,
        confirm=producer.confirm,
        timeout_s=producer.timeout_s,
        retries=producer.retries,
        backoff=producer.backoff,
        deadline_s=producer.deadline_s,
        in_flight=producer.in_flight,
        buffer=producer.buffer,
        keys=producer.keys,
        outbox=producer.outbox,
        idempotent=producer.idempotent,
        partitions=experiment.broker.partitions if experiment.broker.shape == "log" else 1,
    )


def link_options(experiment: Experiment, name: Literal["publish", "deliver"]) -> LinkOptions:
    """Return what the link *name* of *experiment* does to packets."""
    link: LinkTable = getattr(experiment.network, name)
    return LinkOptions(
        delay=link.delay,
        ack_delay=link.ack_delay,
        loss=link.loss,
        ack_loss=link.ack_loss,
        duplication=link.duplication,
        bursts=link.burst_options(),
        connection=link.connection,
        reconnect_s=link.reconnect_s,
        detect=link.detect,
        bandwidth_bytes_per_s=link.bandwidth_bytes_per_s,
        size=experiment.producer.size,
        ack_size_bytes=link.ack_size_bytes,
    )


def sync_policy(disk: DiskTable) -> sync.SyncPolicy:
    """Return when *disk* syncs."""
    match disk.policy:
        case "always":
            return sync.Always()
        case "interval":
            return sync.Interval(disk.interval_s)
        case "count":
            return sync.Count(disk.count)
        case "never":
            return sync.Never()


def disk_options(disk: DiskTable) -> DiskOptions:
    """Return what *disk* does to records."""
    return DiskOptions(
        write=disk.write,
        sync=disk.sync,
        policy=sync_policy(disk),
        failure=disk.failure,
        torn_tail=disk.torn_tail,
        writeback_s=disk.writeback_s,
    )


def broker_options(experiment: Experiment) -> BrokerOptions:
    """Return what the broker of *experiment* promises."""
    broker, disk = experiment.broker, experiment.disk
    redelivery = broker.redelivery
    options = BrokerOptions(
        accept=broker.accept,
        capacity=broker.capacity,
        overflow=Overflow(broker.overflow),
        ttl_s=broker.ttl_s,
        durable=broker.durable,
        persistent=broker.persistent,
        confirm_when=ConfirmWhen(broker.confirm_when),
        redelivery=RedeliveryOptions(
            ack_timeout_s=redelivery.ack_timeout_s,
            limit=redelivery.limit,
            counts=Counts(redelivery.counts),
            dead_letter=redelivery.dead_letter,
            delay=redelivery.delay,
            to_other=redelivery.to_other,
            on_disconnect=redelivery.on_disconnect,
        ),
        dedup=DedupOptions(
            window_s=broker.dedup_window_s, sequences=experiment.producer.idempotent
        ),
        disk=disk_options(disk),
        priorities=broker.priorities,
        ordered=experiment.consumer.ordered,
        keys=experiment.producer.keys,
        groups=experiment.groups,
        subscription=Subscription(experiment.consumer.subscription),
        log=log_options(experiment) if broker.shape == "log" else None,
        replication=replication_options(experiment) if broker.replicas > 1 else None,
    )
    return in_memory(options) if broker.shape == "bus" else options


def replication_options(experiment: Experiment) -> ReplicationOptions:
    """Return how the replicas of the broker of *experiment*, of which there are several, agree."""
    broker = experiment.broker
    return ReplicationOptions(
        replicas=broker.replicas,
        delay=broker.replication_delay,
        ack_delay=broker.replication_delay,
        failover=broker.failover,
        confirm_by=ConfirmBy(broker.confirm_by),
        min_in_sync=broker.min_in_sync,
        unclean=broker.unclean_failover,
        lag_timeout_s=broker.lag_timeout_s,
        delivers_replicated=broker.deliver_when == "replicated",
    )


def log_options(experiment: Experiment) -> LogOptions:
    """Return the shape of the log of *experiment*."""
    return LogOptions(
        partitions=experiment.broker.partitions,
        keys=experiment.producer.keys,
        rebalance=experiment.consumer.rebalance,
    )


def consumer_options(experiment: Experiment) -> ConsumerOptions:
    """Return how the consumers of *experiment* work."""
    consumer = experiment.consumer
    return ConsumerOptions(
        service=consumer.service,
        concurrency=consumer.concurrency,
        ack=AckMode(consumer.ack),
        commit=CommitOptions(every=consumer.commit.every, interval_s=consumer.commit.interval_s),
        transactional=consumer.transactional,
        failure=consumer.failure,
        poison=consumer.poison,
        on_failure=_on_failure(experiment),
        crash_before_effect=consumer.crash_before_effect,
        crash_after_effect=consumer.crash_after_effect,
        restart=consumer.restart,
        detect=consumer.detect,
        start=consumer.start,
    )


def _on_failure(experiment: Experiment) -> OnFailure:
    told = OnFailure(experiment.consumer.on_failure)
    if experiment.broker.shape == "bus" and told is OnFailure.IGNORE:
        return OnFailure.SWALLOW  # nobody is left waiting
    return told


def socket_options(experiment: Experiment) -> SocketOptions:
    """Return what the producers of *experiment* send into where there is no broker."""
    broker = experiment.broker
    return SocketOptions(
        capacity=broker.capacity,
        subscribers=experiment.groups if broker.routing == "fanout" else 0,
        drops=broker.overflow == "drop_new",
    )


def what_breaks(experiment: Experiment) -> frozenset[str]:
    """Return the targets that faults can befall; a bus breaks as a whole, by its handlers too."""
    targets = frozenset(fault.target for fault in experiment.faults)
    consumer = experiment.consumer
    if experiment.broker.shape == "bus" and (
        targets or consumer.crash_before_effect or consumer.crash_after_effect
    ):
        return frozenset({"producer", "broker", "consumer"})
    return targets


def fault_options(fault: Fault, experiment: Experiment) -> FaultOptions:
    """Return *fault* as the models know it; a consumer restarts as it always does."""
    lasts = fault.lasts
    if fault.target == "consumer" and "lasts" not in fault.model_fields_set:
        lasts = experiment.consumer.restart
    return FaultOptions(
        kind=fault.kind,
        lasts=lasts,
        every=fault.every,
        at_s=fault.at_s or (),
        factor=fault.factor,
    )
