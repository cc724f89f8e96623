"""What the words of a report mean, for who reads them for the first time."""

from __future__ import annotations

WORDS: tuple[tuple[str, str], ...] = (
    (
        "confirmed, failed, unknown",
        "What the producer believes: an acknowledgement came; it gave up; it never asked.",
    ),
    (
        "once, duplicated",
        "One effect; two or more. An effect is one completed business action of a consumer.",
    ),
    ("dead lettered", "No effect, but parked where a person finds it."),
    (
        "lost",
        "No effect, parked nowhere, never to be delivered; its cause is what took its last copy.",
    ),
    ("pending", "No effect yet when the run was cut off."),
    ("silent loss", "Confirmed and lost: the sender was promised, and the message is gone."),
    ("reported loss", "Failed and lost: the sender knows and can act."),
    (
        "false failure",
        "Failed, and yet it had an effect: sending it again by hand makes a duplicate.",
    ),
    ("unknown loss", "Lost, and the sender never asked."),
    ("confirm latency", "From the creation of a message to its confirmation, where one came."),
    ("delivery latency", "From the creation of a message to its first effect, where it had one."),
    (
        "p50, p90, p99, p999",
        "Quantiles: so much per cent (99.9 % for p999) took at most that time.",
    ),
    ("replication", "One independent run of the whole system, with luck of its own."),
    ("interval", "Where the true value lies, at the stated confidence; what a number is worth."),
    (
        "closed form",
        "A formula that gives the same quantity without simulation, where its assumptions hold.",
    ),
)
"""Each word and its meaning."""
