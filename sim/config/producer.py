"""The table ``[producer]``: how messages are created, sent and given up."""

from sim.config.arrivals import ArrivalProcess
from sim.config.backoffs import BackoffPolicy
from sim.config.laws import SizeLaw
from sim.config.quantities import Count, PositiveCount, PositiveSeconds, SecondsOrNever
from sim.config.tables import Table, key


class Producer(Table):
    """All producer instances; they are alike."""

    instances: PositiveCount = key(1, "Producers, each with its own arrivals.")
    arrivals: ArrivalProcess = key(
        {"law": "poisson", "rate": "100/s"}, "When messages are created, per instance."
    )
    size: SizeLaw = key("1 KiB", "Law of a message's size.")
    keys: PositiveCount = key(1, "Ordering keys, chosen uniformly.")
    confirm: bool = key(True, "Ask for acknowledgements; false: fire and forget.")
    timeout_s: PositiveSeconds = key(
        "500 ms", "How long one attempt waits for its acknowledgement.", name="timeout"
    )
    retries: Count = key(3, "Attempts - 1.")
    backoff: BackoffPolicy = key(
        {
            "law": "exponential",
            "first": "100 ms",
            "factor": 2.0,
            "cap": "2 s",
            "jitter": "full",
        },
        "The pause between two attempts.",
    )
    deadline_s: SecondsOrNever = key(
        "inf", 'Give up this long after creation; "inf": never.', name="deadline"
    )
    in_flight: PositiveCount = key(
        1000, "Unconfirmed messages at once; further ones wait in the buffer."
    )
    buffer: Count = key(100000, "Messages that may wait; a full buffer fails the message.")
    idempotent: bool = key(
        False,
        "Sequence numbers, so that the broker drops repeated copies and keeps the order, until the "
        "producer crashes.",
    )
    outbox: bool = key(False, "Unconfirmed messages survive a producer crash and are sent again.")
