"""What bursts of loss, a connection and a cut of it do, where messages come one after the other.

**Bursts.** Loss is p in the good state and b in the bad one; after each packet the state turns bad
with probability g, or good again with probability h (E. N. Gilbert, 1960; E. O. Elliott, 1963). In
the long run a share g / (g + h) of all packets meets the bad state, and a stay in it lasts 1 / h
packets. Retries meet the state that the packet before them met: they buy less than they would if
losses were independent. With D the diagonal matrix of the losses and T the chain's transitions, n
attempts in a row are all lost with probability v (D T)^n 1, where v is the state at the first of
them: the stationary law of the chain that looks only at first attempts, whose transitions are
sum over k < n of (D T)^k (1 - D) T, plus (D T)^n. With lost acknowledgements, which have a chain of
their own, the same holds for the product of both chains.

**Connection.** What is lost is sent again after a timer of 0.2 s, and after twice as long each
time, up to 120 s (`models.network.loss`). Where packets do not wait for one another, loss p costs
the mean of the sum of timers before the first transmission that gets through:
0.2 s p / (1 - 2 p) as long as the longest timer hardly matters.

**Cut.** A window of one is always on its way, there for a, then back for b. A cut at a time of its
own choosing meets it on its way back with probability b / (a + b): then the message is sent again
although it arrived. If cuts come at rate c, and exchanges begin anew after each, it is
(e^(-ca) - e^(-c(a + b))) / (1 - e^(-c(a + b))), which tends to the former as c becomes small.

Assume that an exchange is over before the next one begins, and that losses are all that happens.
Derivations are our own; for single attempts the first is the textbook's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.checks import at_least, probability, whole_at_least

Matrix = npt.NDArray[np.float64]

TIMER_S = 0.2
LONGEST_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Loss in the two states of a direction, and how they follow one another."""

    good_loss: float
    bad_loss: float
    good_to_bad: float
    bad_to_good: float

    def __post_init__(self) -> None:
        probability(
            good_loss=self.good_loss,
            bad_loss=self.bad_loss,
            good_to_bad=self.good_to_bad,
            bad_to_good=self.bad_to_good,
        )

    @property
    def bad_share(self) -> float:
        """The share of packets that meet the bad state; a chain that never moves is good."""
        changes = self.good_to_bad + self.bad_to_good
        return self.good_to_bad / changes if changes else 0.0

    @property
    def mean_loss(self) -> float:
        """The share of packets that are lost."""
        return (1 - self.bad_share) * self.good_loss + self.bad_share * self.bad_loss

    @property
    def losses(self) -> Matrix:
        """The loss in each state, shape (2,)."""
        return np.array([self.good_loss, self.bad_loss])

    @property
    def moves(self) -> Matrix:
        """The transitions from packet to packet, shape (2, 2)."""
        g, h = self.good_to_bad, self.bad_to_good
        return np.array([[1 - g, g], [h, 1 - h]])


def failed_in_bursts(*, there: Chain, back: Chain, retries: int) -> float:
    """Return the probability that a message is never acknowledged within ``retries + 1`` attempts.

    Raises `ValueError` if *retries* is negative or broken.
    """
    whole_at_least(0, retries=retries)
    both = np.kron(there.moves, back.moves)
    lost = np.kron(np.diag(there.losses) @ there.moves, np.eye(2))  # no acknowledgement is sent
    arrives = np.diag(1 - there.losses) @ there.moves
    fails = lost + np.kron(arrives, np.diag(back.losses) @ back.moves)
    ends = np.kron(arrives, np.diag(1 - back.losses) @ back.moves)
    first = np.zeros_like(both)
    before = np.eye(4)
    for _ in range(retries + 1):
        first += before @ ends
        before = before @ fails
    return float(stationary(first + before) @ before.sum(axis=1))


def stationary(transitions: Matrix) -> Matrix:
    """Return the stationary law of a chain, shape (n,); *transitions* has shape (n, n).

    Of several, the one that is reached from all states alike.
    """
    n = len(transitions)
    law = np.full(n, 1.0 / n)
    powers = np.array(transitions)
    for _ in range(60):  # 2^60 steps
        powers = powers @ powers
        powers /= powers.sum(axis=1, keepdims=True)  # roundings do not add up
    return np.asarray(law @ powers)


def retransmission_s(*, loss: float, most: int = 10_000) -> float:
    """Return the mean time (s) that a connection takes longer for *loss*, below 1.

    The sum stops after *most* losses of one packet.
    """
    probability(loss=loss)
    if loss == 1.0:
        raise ValueError(f"loss must be < 1, got {loss}")
    total_s, timer_s, chance = 0.0, TIMER_S, loss
    for _ in range(most):  # the timer runs whenever the transmission before it is lost
        total_s += chance * timer_s
        chance *= loss
        timer_s = min(2 * timer_s, LONGEST_S)
        if chance * LONGEST_S < 1e-18 * total_s:
            break
    return total_s


def doubled_by_cut(*, there_s: float, back_s: float, cuts_per_s: float = 0.0) -> float:
    """Return the probability that a cut doubles the one message on its way.

    The way there takes *there_s*, the way back *back_s* (s). *cuts_per_s* is the rate of cuts of a
    connection that is up; 0 stands for cuts far apart.
    """
    at_least(0, there_s=there_s, back_s=back_s, cuts_per_s=cuts_per_s)
    whole_s = there_s + back_s
    if not whole_s > 0:
        return 0.0
    if not cuts_per_s * whole_s > 0:
        return back_s / whole_s
    comes_back = -math.expm1(-cuts_per_s * back_s) * math.exp(-cuts_per_s * there_s)
    return comes_back / -math.expm1(-cuts_per_s * whole_s)
