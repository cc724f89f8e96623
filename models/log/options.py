"""What a log is asked to be."""

from __future__ import annotations

from dataclasses import dataclass

from models.checks import at_least
from models.laws import Constant, Law


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """The shape of a log. A record's partition goes by its key, one of `keys`, or in turn.

    `rebalance` is the law of the time (s) for which nobody reads when members come or go.
    """

    partitions: int = 1
    keys: int = 1
    rebalance: Law = Constant(0.0)  # noqa: RUF009 - a frozen value

    def __post_init__(self) -> None:
        at_least(1, partitions=self.partitions, keys=self.keys)
