"""A member of a consumer group: one process of a reader, with the partitions it has."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from models.broker.sessions import Session

if TYPE_CHECKING:
    from models.log.partition import Partition
    from models.log.reader import Reader


class Member(Session):
    """One membership of *consumer*.

    `partitions` are in the order in which they are looked through next. `asking`: it waits at the
    broker for records. `fetching`: it has asked, and no records have reached it since.
    """

    __slots__ = ("asking", "fetching", "partitions")
    consumer: Reader

    def __init__(self, consumer: Reader) -> None:
        super().__init__(consumer, credit=0)
        self.partitions: deque[Partition] = deque()
        self.asking = False
        self.fetching = False
