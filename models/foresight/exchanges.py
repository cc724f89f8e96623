"""The exchanges of one producer with a broker that answers at once, for many messages together.

The rules are those of `models.producer` and of the order of an instant (`models.calls`): an answer
at the very instant of a timeout or a deadline is in time; a deadline comes before a timeout; what
is to be sent again at its deadline is still sent; and of an answer and the end of a pause at one
instant, that happens first which was on its way first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from models.draws import look_up
from models.ledger import Failed
from models.message import TWIN

if TYPE_CHECKING:
    from models.foresight.luck import Flags, Keys, LinkLuck, Pauses, Times
    from models.producer import ProducerOptions

Places: TypeAlias = npt.NDArray[np.int64]

CONFIRMED, UNKNOWN = 254, 255
"""Beliefs beside the reasons of `Failed`."""


@dataclass(slots=True, kw_only=True)
class Exchanges:
    """How the exchanges of a block of messages go.

    `belief` and `decided_s` (s), shape (messages,), are what the producer makes up its mind to, and
    when. The lists hold pairs of equally long arrays, places of messages in the block and times in
    seconds, one pair per round of sending. `arrived` says of each arrival, too, whether it happens
    at the very instant of the timeout that caused it.
    """

    belief: npt.NDArray[np.uint8]
    decided_s: Times
    sent: list[tuple[Places, Times]] = field(default_factory=list)
    lost: list[tuple[Places, Times]] = field(default_factory=list)
    doubled: list[tuple[Places, Times]] = field(default_factory=list)
    arrived: list[tuple[Places, Times, Flags]] = field(default_factory=list)

    def decide(self, places: Places, times_s: Times, belief: int) -> None:
        """Let the exchanges at *places* end at *times_s* with *belief*."""
        self.belief[places] = belief
        self.decided_s[places] = times_s


@dataclass(slots=True)
class Packets:
    """Packets of one attempt: places of their messages, their keys, and when they are sent (s).

    `prompt`: sent in the instant of the timeout before.
    """

    places: Places
    keys: Keys
    sent_s: Times
    prompt: Flags

    def __getitem__(self, chosen: Flags) -> Packets:
        return Packets(
            self.places[chosen], self.keys[chosen], self.sent_s[chosen], self.prompt[chosen]
        )


class Correspondence:
    """The exchanges of a block of messages, while they are worked out.

    `heard_s` is when each message's first acknowledgement is back, `given_s` when the broker gave
    it, both infinite while there is none; `late_s` is its deadline.
    """

    def __init__(
        self, keys: Keys, created_s: Times, options: ProducerOptions, luck: LinkLuck
    ) -> None:
        self._asks = options.confirm
        self._luck = luck
        self._late_s = created_s + options.deadline_s
        self._heard_s = np.full(len(keys), math.inf)
        self._given_s = np.full(len(keys), math.inf)
        self.exchanges = Exchanges(
            belief=np.full(len(keys), UNKNOWN, dtype=np.uint8), decided_s=created_s.copy()
        )

    def send(self, packets: Packets, attempt: int) -> None:
        """Send *packets*: some are lost, some doubled, the others arrive."""
        luck, exchanges = self._luck, self.exchanges
        exchanges.sent.append((packets.places, packets.sent_s))
        if luck.lost is not None:
            lost = look_up(luck.lost, attempt, packets.keys)
            exchanges.lost.append((packets.places[lost], packets.sent_s[lost]))
            packets = packets[~lost]
        self._carry(packets, attempt, luck.delay.of(attempt, packets.keys))
        if luck.doubled is not None:
            twins = packets[look_up(luck.doubled, attempt, packets.keys)]
            exchanges.doubled.append((twins.places, twins.sent_s))
            self._carry(twins, attempt | TWIN, luck.twin_delay.of(attempt, twins.keys))

    def _carry(self, packets: Packets, answer: int, delay_s: Times | float) -> None:
        """Let *packets* arrive, and the broker answer them."""
        places, keys = packets.places, packets.keys
        arrived_s = packets.sent_s + delay_s
        prompt = packets.prompt & (arrived_s == packets.sent_s)
        self.exchanges.arrived.append((places, arrived_s, prompt))
        if not self._asks:
            return
        if self._luck.ack_lost is not None:
            comes = ~look_up(self._luck.ack_lost, answer, keys)
            places, keys, arrived_s = places[comes], keys[comes], arrived_s[comes]
        heard_s = arrived_s + self._luck.ack_delay.of(answer, keys)
        before_s, given_s = self._heard_s[places], self._given_s[places]
        sooner = (heard_s < before_s) | (heard_s == before_s) & (arrived_s < given_s)
        self._heard_s[places[sooner]] = heard_s[sooner]
        self._given_s[places[sooner]] = arrived_s[sooner]

    def wait(self, places: Places, until_s: Times) -> Flags:
        """Wait for answers up to the timeout; return whose exchange is not over then."""
        heard_s, late_s = self._heard_s[places], self._late_s[places]
        confirmed = heard_s <= np.minimum(until_s, late_s)
        return self._decide(places, confirmed, ~confirmed & (late_s <= until_s))

    def pause(self, places: Places, from_s: Times, until_s: Times) -> Flags:
        """Pause before the next attempt; return whose exchange is not over then."""
        heard_s, late_s = self._heard_s[places], self._late_s[places]
        first = (heard_s == until_s) & (self._given_s[places] <= from_s)
        confirmed = ((heard_s < until_s) | first) & (heard_s <= late_s)
        return self._decide(places, confirmed, ~confirmed & (late_s < until_s))

    def _decide(self, places: Places, confirmed: Flags, too_late: Flags) -> Flags:
        ends = places[confirmed]
        self.exchanges.decide(ends, self._heard_s[ends], CONFIRMED)
        ends = places[too_late]
        self.exchanges.decide(ends, self._late_s[ends], Failed.DEADLINE)
        return ~(confirmed | too_late)


def foretell(
    keys: Keys, created_s: Times, options: ProducerOptions, luck: LinkLuck, pauses: Pauses
) -> Exchanges:
    """Return the exchanges of the messages *keys*, ascending, created at *created_s* (s)."""
    block = Correspondence(keys, created_s, options, luck)
    places = np.arange(len(keys))
    packets = Packets(places, keys, created_s, np.zeros(len(keys), dtype=np.bool_))
    block.send(packets, 1)
    if not options.confirm:
        return block.exchanges
    attempt, pause_s = 1, np.zeros(len(keys))
    while len(packets.places):
        waited_s = packets.sent_s + options.timeout_s
        left = block.wait(packets.places, waited_s)
        packets, waited_s, pause_s = packets[left], waited_s[left], pause_s[left]
        if attempt > options.retries:
            block.exchanges.decide(packets.places, waited_s, Failed.ATTEMPTS)
            break
        pause_s = pauses.after(attempt, packets.keys, pause_s)
        again_s = waited_s + pause_s
        left = block.pause(packets.places, waited_s, again_s)
        again = Packets(packets.places, packets.keys, again_s, again_s == waited_s)
        packets, pause_s = again[left], pause_s[left]
        attempt += 1
        block.send(packets, attempt)
    return block.exchanges
