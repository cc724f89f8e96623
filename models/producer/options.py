"""How a producer sends, in one value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.checks import at_least, positive

if TYPE_CHECKING:
    from models.arrivals import Arrivals
    from models.policies.backoff import Backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerOptions:
    """How a producer sends. Times in seconds; `retries` are attempts - 1.

    `keys` are the ordering keys of its messages (`models.keys`), which it shares with all others.
    `outbox`: what it has not got confirmed survives its crash (`models.producer.crash`).
    `idempotent`: it numbers what it sends to each of the log's `partitions`, a queue having one
    (`models.producer.idempotent`).
    """

    arrivals: Arrivals
    confirm: bool
    timeout_s: float
    retries: int
    backoff: Backoff
    deadline_s: float = math.inf
    in_flight: int
    buffer: int
    keys: int = 1
    outbox: bool = False
    idempotent: bool = False
    partitions: int = 1

    def __post_init__(self) -> None:
        positive(timeout_s=self.timeout_s, deadline_s=self.deadline_s)
        at_least(0, retries=self.retries, buffer=self.buffer)
        at_least(1, in_flight=self.in_flight, keys=self.keys, partitions=self.partitions)
        if self.idempotent and not self.confirm:
            raise ValueError("idempotent needs confirm: refusals must be heard")
