"""A broker of the queue shape: intake, queue, sessions, redelivery, and the crash of it all."""

from models.broker.broker import Broker
from models.broker.confirms import ConfirmWhen
from models.broker.dedup import DedupOptions
from models.broker.group import Group, Subscription
from models.broker.intake import Overflow
from models.broker.options import BrokerOptions
from models.broker.redelivery import Counts, RedeliveryOptions

__all__ = [
    "Broker",
    "BrokerOptions",
    "ConfirmWhen",
    "Counts",
    "DedupOptions",
    "Group",
    "Overflow",
    "RedeliveryOptions",
    "Subscription",
]
