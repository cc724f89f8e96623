"""What is asked of the replicas of a broker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from models.checks import at_least, positive

if TYPE_CHECKING:
    from models.laws import Law


class ConfirmBy(StrEnum):
    """Which replicas must have a message as deep as is asked for, before it is confirmed.

    `leader`: the one that leads (Kafka's acks=1; asynchronous replication). `majority`: more than
    half of all (Raft: D. Ongaro and J. Ousterhout, "In Search of an Understandable Consensus
    Algorithm", USENIX ATC 2014). `in_sync`: all that keep up (Kafka's acks=all).
    """

    LEADER = "leader"
    MAJORITY = "majority"
    IN_SYNC = "in_sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationOptions:
    """Laws of times in seconds: from the leader to a follower, back, and until a death is noticed.

    `min_in_sync` replicas must keep up for a message to be taken in. A follower that has not caught
    up for `lag_timeout_s` (s) does not. `unclean`: it may lead all the same, if there is no other.
    `delivers_replicated`: consumers get only what is replicated as for a confirm by more than one.
    """

    replicas: int
    delay: Law
    ack_delay: Law
    failover: Law
    confirm_by: ConfirmBy = ConfirmBy.LEADER
    min_in_sync: int = 1
    unclean: bool = False
    lag_timeout_s: float = 30.0
    delivers_replicated: bool = True

    def __post_init__(self) -> None:
        at_least(2, replicas=self.replicas)
        at_least(1, min_in_sync=self.min_in_sync)
        positive(lag_timeout_s=self.lag_timeout_s)
        if self.min_in_sync > self.replicas:
            raise ValueError(
                f"min_in_sync must be <= replicas = {self.replicas}, got {self.min_in_sync}"
            )

    @property
    def majority(self) -> int:
        """How many replicas are more than half of all."""
        return self.replicas // 2 + 1
