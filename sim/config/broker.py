"""The tables ``[broker]``, ``[broker.redelivery]`` and ``[disk]``: where messages are kept."""

from typing import Literal

from sim.config.backoffs import BackoffPolicy
from sim.config.laws import TimeLaw
from sim.config.quantities import (
    Count,
    PositiveCount,
    PositiveSeconds,
    Probability,
    SecondsOrNever,
    Window,
)
from sim.config.tables import Table, key


class Redelivery(Table):
    """What becomes of a delivery that is not acknowledged."""

    ack_timeout_s: SecondsOrNever = key(
        "30 s",
        'Unacknowledged for so long, it is given out again; "inf": only when the consumer dies. '
        'Default with shape "bus": "inf". '
        "Log shape: records that get lost on their way are asked for again after this.",
        name="ack_timeout",
    )
    limit: Count = key(0, "Deliveries allowed, of those that count; 0 = unlimited.")
    counts: Literal["all", "refusals", "disconnects"] = key(
        "all",
        "What counts: every delivery, only what a consumer gave back, or only what it had when it "
        "was seen to die.",
    )
    on_disconnect: bool = key(
        True,
        "What a consumer had when it died or was cut off is given out again at once, as when an "
        "AMQP connection closes; false: only after ack_timeout (NATS, SQS, Redis), and such a "
        "consumer gets nothing new from then on, whatever its detect.",
    )
    dead_letter: bool = key(
        True, "Park what is beyond the limit, rejected or expired; false: drop it."
    )
    delay: BackoffPolicy = key(
        {"law": "fixed", "pause": "0 s"},
        'The pause before a redelivery; with counts = "refusals" it is the client\'s, after those.',
    )
    to_other: bool = key(False, "Prefer a different consumer.")


class Broker(Table):
    """Takes copies in, keeps them, and gives them out."""

    shape: Literal["queue", "log", "none", "bus"] = key("queue", "What kind of broker.")
    routing: Literal["competing", "fanout"] = key(
        "competing", "One group shares the messages, or every group gets every message."
    )
    accept: TimeLaw = key("0 s", "Law of the time to take in one copy, one server.")
    capacity: Count = key(0, "Messages ready and waiting; 0 = unlimited.")
    overflow: Literal["reject", "drop_new", "drop_oldest", "block"] = key(
        "reject", "What a full queue does."
    )
    ttl_s: SecondsOrNever = key(
        "inf",
        "A message ready for longer expires. Log shape: how long a record is kept, read or not.",
        name="ttl",
    )
    priorities: PositiveCount = key(
        1, "Levels of priority; each message has one of them, all equally often. Higher go first."
    )
    durable: bool = key(True, "The queue itself survives a restart.")
    persistent: bool = key(True, "Messages are written to the disk at all.")
    confirm_when: Literal["received", "written", "synced", "processed"] = key(
        "synced",
        "In memory, in the page cache, on the disk, or acknowledged by the consumers (end to end). "
        'Default with shape "bus": "received".',
    )
    confirm_by: Literal["leader", "majority", "in_sync"] = key("leader", "Which replicas count.")
    replicas: PositiveCount = key(1, "Machines that keep a copy each; one of them leads.")
    min_in_sync: PositiveCount = key(
        1, "Replicas that must keep up, the leader included, for a message to be taken in."
    )
    replication_delay: TimeLaw = key(
        "1 ms", "Law of the way from leader to follower; the answer takes as long again."
    )
    failover: TimeLaw = key(
        "5 s", "Law of the time from a replica's fall until it is noticed, and the next one leads."
    )
    unclean_failover: bool = key(
        False, "A replica that is not in sync may lead if there is no other; it lacks something."
    )
    lag_timeout_s: SecondsOrNever = key(
        "30 s", "A follower that has not caught up for so long is not in sync.", name="lag_timeout"
    )
    deliver_when: Literal["stored", "replicated"] = key(
        "replicated",
        "With several replicas, consumers get a message when the leader has stored it, or when it "
        "is replicated: to a majority, or to all in sync, as confirm_by says (leader: in sync).",
    )
    dedup_window_s: Window = key(
        "0 s",
        "How long the broker remembers message ids; of idempotent producers sequence numbers, "
        'and "0 s" means for ever.',
        name="dedup_window",
    )
    partitions: PositiveCount = key(
        1, "Parts of a log. A message goes to that of its key, without keys to each in turn."
    )
    redelivery: Redelivery = key({}, "What becomes of a delivery that is not acknowledged.")


class Disk(Table):
    """One disk per replica."""

    write: TimeLaw = key("0 s", "Law of one write, into the page cache.")
    sync: TimeLaw = key("1 ms", "Law of one sync.")
    policy: Literal["always", "interval", "count", "never"] = key(
        "always", 'When a sync begins; "always": when anything is unsynced (group commit).'
    )
    interval_s: PositiveSeconds = key(
        "1 s", 'With "interval": every such time, from the broker\'s start.', name="interval"
    )
    count: PositiveCount = key(1000, 'With "count": when so many are unsynced.')
    failure: Probability = key(0.0, "A write is refused with an I/O error.")
    torn_tail: bool = key(
        False,
        "A power loss during a sync leaves a random first part of what that sync covers; "
        "false: nothing of it.",
    )
    writeback_s: SecondsOrNever = key(
        "30 s",
        "What is dirty in the page cache for so long, the operating system syncs by itself; "
        '"inf": never.',
        name="writeback",
    )
