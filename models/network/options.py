"""What a link does to packets, in one value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.checks import at_least, positive, probability
from models.laws import Constant, Law


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstOptions:
    """Loss in bursts: a good state and a bad one, and the chances to change, per packet.

    The chain of E. N. Gilbert (Bell Syst. Tech. J. 39, 1960) and E. O. Elliott (ibid. 42, 1963). A
    stay in the bad state lasts 1 / `bad_to_good` packets in the mean.
    """

    bad_loss: float
    good_to_bad: float
    bad_to_good: float

    def __post_init__(self) -> None:
        probability(
            bad_loss=self.bad_loss, good_to_bad=self.good_to_bad, bad_to_good=self.bad_to_good
        )

    @property
    def bad_share(self) -> float:
        """The stationary probability of the bad state; a chain that never moves is good."""
        changes = self.good_to_bad + self.bad_to_good
        return self.good_to_bad / changes if changes else 0.0

    def mean_loss(self, good_loss: float) -> float:
        """Return the share of packets lost, if *good_loss* is the good state's."""
        return good_loss + self.bad_share * (self.bad_loss - good_loss)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOptions:
    """One link: laws in seconds, probabilities per packet, `loss` in the good state of `bursts`.

    `reconnect_s` and `detect` (the time until a cut, or if it is not 0 a partition, is noticed)
    matter with a `connection` only,
    `size` (a law of bytes) and `ack_size_bytes` with a finite bandwidth only.
    """

    delay: Law = Constant(0.0)  # noqa: RUF009 - a frozen value
    ack_delay: Law = Constant(0.0)  # noqa: RUF009 - a frozen value
    loss: float = 0.0
    ack_loss: float = 0.0
    duplication: float = 0.0
    bursts: BurstOptions | None = None
    connection: bool = False
    reconnect_s: float = 1.0
    detect: Law = Constant(0.0)  # noqa: RUF009 - a frozen value
    bandwidth_bytes_per_s: float = math.inf
    size: Law = Constant(0.0)  # noqa: RUF009 - a frozen value
    ack_size_bytes: float = 0.0

    def __post_init__(self) -> None:
        probability(loss=self.loss, ack_loss=self.ack_loss, duplication=self.duplication)
        at_least(0, reconnect_s=self.reconnect_s, ack_size_bytes=self.ack_size_bytes)
        positive(bandwidth_bytes_per_s=self.bandwidth_bytes_per_s)
        if self.connection and self.duplication:
            raise ValueError(f"duplication must be 0 with a connection, got {self.duplication!r}")
        if self.connection:
            for name, loss in (("loss", self.loss), ("ack_loss", self.ack_loss)):
                if loses_all(loss, self.bursts):
                    raise ValueError(f"{name} must be < 1 with a connection, got {loss!r}")

    @property
    def limited(self) -> bool:
        """Whether it takes time to put a packet on the wire."""
        return self.bandwidth_bytes_per_s < math.inf

    @property
    def plain(self) -> bool:
        """Whether each packet goes its way by its own luck alone, as long as nothing fails."""
        stirred = self.loss or self.ack_loss
        stirred = stirred or not (self.delay.is_constant and self.ack_delay.is_constant)
        return not (self.bursts or self.limited or (self.connection and stirred))

    @property
    def safe(self) -> bool:
        """Whether nothing happens to packets, which take no time."""
        return is_zero(self.delay) and self.plain and self.loss == self.duplication == 0.0

    @property
    def ack_safe(self) -> bool:
        """Whether nothing happens to acknowledgements, which take no time."""
        return is_zero(self.ack_delay) and self.plain and self.ack_loss == 0.0


def loses_all(loss: float, bursts: BurstOptions | None) -> bool:
    """Return whether every packet is lost, for ever."""
    if bursts is None:
        return loss == 1.0
    good, bad = bursts.bad_share < 1.0, bursts.bad_share > 0.0
    return not (good and loss < 1.0) and not (bad and bursts.bad_loss < 1.0)


def is_zero(law: Law) -> bool:
    """Return whether *law* always gives 0."""
    return law.is_constant and law.bounds_s[0] == 0.0
