"""Which member of a group reads which partitions.

By ranges: the partitions in order are dealt out in runs, as equally long as may be, the first
members having one more. So does Kafka's default for one topic (clients/…/consumer/RangeAssignor
.java). Members are in the order of their consumers. If there are more members than partitions, the
last ones get none.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.log.member import Member


def by_ranges(partitions: int, members: Sequence[Member]) -> list[Member | None]:
    """Return the owner of each of *partitions*; None if there are no members."""
    if not members:
        return [None] * partitions
    share, extra = divmod(partitions, len(members))
    owners: list[Member | None] = []
    for place, member in enumerate(sorted(members, key=lambda member: member.consumer.index)):
        owners.extend(repeat(member, share + (place < extra)))
    return owners
