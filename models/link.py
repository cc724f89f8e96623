"""A link: packets one way, their acknowledgements the other.

It can delay, lose and double packets, each by its own luck, and it may reorder them, because
delays are independent. An acknowledgement can be delayed and lost. It promises nothing: that is
what the protocols at its ends are for. A doubled packet has a delay of its own and is not lost.

`loss` is drawn per packet when it is sent; a lost packet costs no event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.calls import NORMAL
from models.checks import probability
from models.laws import Constant, Law

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from models.calls import Call
    from models.draws import Draws


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOptions:
    """One way of a network: laws in seconds, probabilities per packet."""

    delay: Law = Constant(0.0)  # noqa: RUF009 - a frozen value
    ack_delay: Law = Constant(0.0)  # noqa: RUF009 - a frozen value
    loss: float = 0.0
    ack_loss: float = 0.0
    duplication: float = 0.0

    def __post_init__(self) -> None:
        probability(loss=self.loss, ack_loss=self.ack_loss, duplication=self.duplication)

    @property
    def safe(self) -> bool:
        """Whether nothing happens to packets, which take no time."""
        return _is_zero(self.delay) and self.loss == self.duplication == 0.0

    @property
    def ack_safe(self) -> bool:
        """Whether nothing happens to acknowledgements, which take no time."""
        return _is_zero(self.ack_delay) and self.ack_loss == 0.0


def _is_zero(law: Law) -> bool:
    return law.is_constant and law.bounds_s[0] == 0.0


class Link:
    """The luck of one link, and the events of what it carries.

    `instant`: it takes no time; `safe`: nor does anything else happen to packets. Likewise for
    acknowledgements.
    """

    def __init__(
        self, env: simpy.Environment, options: LinkOptions, draws: Draws, name: str
    ) -> None:
        self._env = env
        self.options = options
        self.name = name
        self.instant = _is_zero(options.delay)
        self.ack_instant = _is_zero(options.ack_delay)
        self.lost = draws.coin(name, "loss", options.loss)
        self.ack_lost = draws.coin(name, "ack_loss", options.ack_loss)
        self.doubled = draws.coin(name, "duplication", options.duplication)
        self.safe = self.instant and self.lost is None and self.doubled is None
        self.ack_safe = self.ack_instant and self.ack_lost is None
        self.delay_s = draws.law(name, "delay", options.delay)
        self.ack_delay_s = draws.law(name, "ack_delay", options.ack_delay)
        self.twin_delay_s = draws.law(name, "duplicate_delay", options.delay)

    def carry(
        self, packet: Call, arrive: tuple[Callable[..., None]], key: int, attempt: int
    ) -> None:
        """Bring *packet* to the far end after its delay; it was not lost."""
        packet.callbacks, delay_s = arrive, self.delay_s
        self._env.schedule(packet, NORMAL, delay_s(key, attempt))

    def carry_twin(
        self, packet: Call, arrive: tuple[Callable[..., None]], key: int, attempt: int
    ) -> None:
        """Bring a doubled *packet* to the far end, after a delay of its own."""
        packet.callbacks = arrive
        self._env.schedule(packet, NORMAL, self.twin_delay_s(key, attempt))

    def answer(
        self, packet: Call, arrive: tuple[Callable[..., None]], key: int, attempt: int
    ) -> None:
        """Bring an acknowledgement back, unless it is lost."""
        ack_lost, delay_s = self.ack_lost, self.ack_delay_s
        if ack_lost is not None and ack_lost(key, attempt):
            return
        packet.callbacks = arrive
        self._env.schedule(packet, NORMAL, delay_s(key, attempt))
