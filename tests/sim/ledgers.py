"""Ledgers by hand: what happened, one row per fact."""

from __future__ import annotations

from models.ledger import ACKNOWLEDGED, Ledger


def ledger(*facts) -> Ledger:
    """A ledger of *facts*, each (kind, message, time, further columns), in the order of time."""
    made = Ledger()
    for kind, *columns in facts:
        getattr(made, kind).add(*columns)
    return made


def created(*times_s, producer=0):
    """The creation of messages 0, 1, … of one producer."""
    return [("created", row, time_s, producer) for row, time_s in enumerate(times_s)]


def copy_in(row, time_s, sent_s=None):
    """One packet that reaches the broker and is stored."""
    return [
        ("sent", row, time_s if sent_s is None else sent_s),
        ("arrived", row, time_s),
        ("stored", row, time_s),
    ]


def served(row, time_s, *, delivery=1, service_s=0.0, consumer=0):
    """One delivery that has its effect at *time_s*, acknowledged at once."""
    return [
        ("delivered", row, time_s - service_s, consumer, delivery > 1),
        ("effected", row, time_s, service_s, delivery),
        ("removed", row, time_s, ACKNOWLEDGED),
    ]


def failed_delivery(row, time_s, *, delivery=1, service_s=0.0, consumer=0):
    """One delivery whose processing raises at *time_s*; the copy stays."""
    return [
        ("delivered", row, time_s - service_s, consumer, delivery > 1),
        ("raised", row, time_s, service_s, delivery),
        ("returned", row, time_s),
    ]
