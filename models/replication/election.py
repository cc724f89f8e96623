"""Who leads next.

By majority (Raft): when more than half of all replicas work, the one of them with the longest log.
(A real election may choose another one whose log is long enough for its voters; it never lacks what
a majority has.) Otherwise (Kafka): the first that works of those in sync, and if there is none, and
`unclean` says so, the one with the longest log of those that work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.replication.options import ConfirmBy

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from models.replication.options import ReplicationOptions
    from models.replication.replica import Replica


def next_leader(
    options: ReplicationOptions, replicas: Sequence[Replica], in_sync: Collection[int]
) -> Replica | None:
    """Return who leads next of *replicas*, given who is *in_sync*; None if nobody may."""
    working = [replica for replica in replicas if replica.up]
    if options.confirm_by is ConfirmBy.MAJORITY:
        return _longest(working) if len(working) >= options.majority else None
    for replica in working:
        if replica.index in in_sync:
            return replica
    return _longest(working) if options.unclean else None


def _longest(replicas: Sequence[Replica]) -> Replica | None:
    return max(replicas, key=lambda replica: (replica.received, -replica.index), default=None)
