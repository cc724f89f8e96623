"""Which packets of one direction vanish on their way, alone or in bursts.

Whether a packet is lost is decided by a number of its own, named by its message and attempt. With
bursts, the state that it meets says how large the chance is: a Markov chain over the packets that
one peer sends in this direction, in the order of sending, doubles of the network's not counted. The
number that moves the chain is named by the peer and the packet's place (0, 1, …). The first packet
meets either state with its stationary probability. Acknowledgements have a chain of their own, with
the same chances.

So whoever changes `loss` or `bad_loss` meets the same states and the same luck, and less of it
never loses a packet more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.draws import Draw, Draws
    from models.network.options import BurstOptions

RETRANSMIT_S = 0.2
"""A connection sends a lost packet again after this long, and after twice as long each time.

RFC 6298 doubles the retransmission timer (5.5); its least value is 200 ms in Linux (TCP_RTO_MIN in
include/net/tcp.h; RFC 6298 itself asks for 1 s).
"""

LONGEST_S = 120.0
"""The timer never grows beyond this (s): TCP_RTO_MAX in Linux."""

_LEAST = 2.0**-54  # in place of a number that is 0, which no chance would ever let through


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The chances of one direction of a link: of a packet, and of the bursts that it may meet."""

    draws: Draws
    link: str
    purpose: str
    good: float
    bursts: BurstOptions | None

    def coin(self, peer: int) -> Draw[bool] | None:
        """Return what says of each packet of *peer* whether it is lost; None if none ever is.

        It is to be asked once for each packet, in the order of sending.
        """
        if self.bursts is None:
            return self.draws.coin(self.link, self.purpose, self.good)
        lost, chance = self.draws.trial(self.link, self.purpose), self._chances(self.bursts, peer)
        return lambda key, attempt: lost(key, attempt, key, chance(key))

    def losses(self, peer: int) -> Draw[int] | None:
        """Return how many transmissions of each packet are lost in a row; None if none ever is.

        One number decides: if u < p the first is lost, and u / p is again a number in [0, 1).
        """
        if self.bursts is None and not self.good:
            return None
        luck = self.draws.uniform(self.link, self.purpose)
        chance = self._chances(self.bursts, peer)

        def losses(key: int, attempt: int) -> int:
            u, lost, p = luck(key, attempt) or _LEAST, 0, chance(key)
            while u < p:
                u, lost, p = u / p, lost + 1, chance(key)
            return lost

        return losses

    def _chances(self, bursts: BurstOptions | None, peer: int) -> Callable[[int], float]:
        """Return what gives the chance of the next packet of *peer* to be lost.

        It is asked for the sake of a message, by its name.
        """
        good = self.good
        if bursts is None:
            return lambda _message: good
        bad, worsens, stays = bursts.bad_loss, bursts.good_to_bad, 1.0 - bursts.bad_to_good
        moves = self.draws.trial(self.link, f"{self.purpose} bursts", lasting=True)
        to_bad = bursts.bad_share  # the chance that the next packet meets the bad state
        number = peer << 32

        def chance(message: int) -> float:
            nonlocal to_bad, number
            is_bad = moves(number, 0, message, to_bad)
            number += 1
            to_bad = stays if is_bad else worsens
            return bad if is_bad else good

        return chance


def through_s(sent_s: float, losses: int) -> float:
    """Return when a packet gets through that is sent at *sent_s* (s) and lost *losses* times."""
    timer_s = RETRANSMIT_S
    for _ in range(losses):
        sent_s += timer_s
        timer_s = min(2 * timer_s, LONGEST_S)
    return sent_s
