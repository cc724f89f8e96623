"""What became of every measured publication, read off the ledger of one replication.

One belief, one fate, and for what is lost one cause, per publication (belief x fate is
the outcome matrix). Nothing here asks a component; whatever is said can be read off the facts.

Two rules where the horizon cuts a run. A message whose producer has not made up its mind counts as
`unknown`. A publication without effect is `pending` while something of it is left: its producer may
send again, or some packet or copy is neither dropped nor parked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from models.ledger import CRASH_CAUSES, Cause

if TYPE_CHECKING:
    from models.ledger import Facts, Ledger

Counts: TypeAlias = npt.NDArray[np.int32]  # of one message: small numbers, but many of them
Tally: TypeAlias = npt.NDArray[np.int64]
Times: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int8]
Flags: TypeAlias = npt.NDArray[np.bool_]


class Belief(IntEnum):
    """What the producer believes in the end."""

    CONFIRMED = 0
    FAILED = 1
    UNKNOWN = 2


class Fate(IntEnum):
    """What became of a publication."""

    ONCE = 0
    DUPLICATED = 1
    DEAD_LETTERED = 2
    LOST = 3
    PENDING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """The measured publications of one replication; every array has shape (publications,).

    Times are in seconds, nan where the thing never happened. `cause` is a `Cause`, -1 unless lost.
    `priority` (0, 1, …; the highest goes first) is -1 if there are none.
    `first_failed`: it was delivered, and its first delivery had no effect. `flagged` are deliveries
    that the broker called redelivered, `flag_lies` those of them without any effect before.
    `crash_removed`: copies that a crash of the broker removed; `refused`: copies that the disk did
    not take. `stayed_s` is the time its copies spent in the queue, in sum, nan while one is there
    still.
    """

    producer: npt.NDArray[np.uint16]
    priority: npt.NDArray[np.int32]
    created_s: Times
    confirm_latency_s: Times
    delivery_latency_s: Times
    belief: Codes
    fate: Codes
    cause: Codes
    sends: Counts
    copies: Counts
    deliveries: Counts
    effects: Counts
    parked: Counts
    stored: Counts
    crash_removed: Counts
    refused: Counts
    first_failed: Flags
    flagged: Counts
    flag_lies: Counts
    out_of_order: Flags
    stayed_s: Times
    service_s: Times
    served: Counts

    def __len__(self) -> int:
        return len(self.created_s)

    def matrix(self) -> Tally:
        """Return the outcome matrix, shape (3 beliefs, 5 fates)."""
        cells = np.bincount(self.belief.astype(np.int64) * 5 + self.fate, minlength=15)
        return cells.reshape(3, 5)


class _Window:
    """Counts and times per measured message, for facts of any kind."""

    def __init__(self, measured: range) -> None:
        self.start = measured.start
        self.size = len(measured)

    def rows(self, facts: Facts) -> tuple[npt.NDArray[np.int32], Flags]:
        """Return the places of the facts' messages, and which of them are measured."""
        place = facts.messages() - np.int32(self.start)
        return place, (place >= 0) & (place < self.size)

    def count(self, facts: Facts, only: Flags | None = None) -> Counts:
        """Return how many facts each message has."""
        place, inside = self.rows(facts)
        if only is not None:
            inside &= only
        return np.bincount(place[inside], minlength=self.size).astype(np.int32)

    def total(self, facts: Facts, values: Times) -> Times:
        """Return the sum of *values* per message."""
        place, inside = self.rows(facts)
        sums = np.bincount(place[inside], weights=values[inside], minlength=self.size)
        return sums.astype(np.float64)

    def first_s(self, facts: Facts) -> Times:
        """Return the time of each message's first fact, nan if there is none."""
        place, inside = self.rows(facts)
        times = np.full(self.size, np.inf)
        np.minimum.at(times, place[inside], facts.times_s()[inside])
        times[np.isinf(times)] = np.nan
        return times

    def last_s(self, facts: Facts, only: Flags | None = None) -> Times:
        """Return the time of each message's last fact, -inf if there is none."""
        place, inside = self.rows(facts)
        if only is not None:
            inside &= only
        times = np.full(self.size, -np.inf)
        np.maximum.at(times, place[inside], facts.times_s()[inside])
        return times

    def last(self, facts: Facts, column: str, only: Flags | None = None) -> Codes:
        """Return the *column* of each message's last fact, -1 if there is none."""
        place, inside = self.rows(facts)
        if only is not None:
            inside &= only
        values: Codes = np.full(self.size, -1, dtype=np.int8)
        # Of repeated places the last assignment stays, and rows are in the order of time.
        values[place[inside]] = facts.column(column)[inside]
        return values


def judge(ledger: Ledger, measured: range) -> Outcomes:
    """Return the outcomes of the messages in the rows *measured* of *ledger*, group by group."""
    groups = [_judge_group(group, measured) for group in ledger.groups]
    if len(groups) == 1:
        return groups[0]
    columns = {
        field.name: np.concatenate([getattr(group, field.name) for group in groups])
        for field in fields(Outcomes)
    }
    return Outcomes(**columns)


def _judge_group(ledger: Ledger, measured: range) -> Outcomes:
    """Return the outcomes of one group's publications; *ledger* is its own."""
    window = _Window(measured)
    rows = slice(measured.start, measured.stop)
    created_s = ledger.created.times_s()[rows]
    producer = ledger.created.column("producer")[rows]
    effects = window.count(ledger.effected)
    first_effect_s = window.first_s(ledger.effected)
    confirmed_s = window.first_s(ledger.confirmed)
    failed = window.count(ledger.failed) > 0
    belief = np.full(window.size, Belief.UNKNOWN, dtype=np.int8)
    belief[failed] = Belief.FAILED
    belief[~np.isnan(confirmed_s)] = Belief.CONFIRMED
    undecided = (belief == Belief.UNKNOWN) & (window.count(ledger.unknown) == 0)
    sends = window.count(ledger.sent)
    parked = window.count(ledger.parked)
    recovered = window.count(ledger.recovered)
    left = sends + window.count(ledger.doubled) + recovered - parked - window.count(ledger.dropped)
    cause = _causes(window, ledger.dropped)
    if ledger.whole is not None:
        packets = ledger.whole
        left += window.count(packets.doubled) - window.count(packets.dropped)
        cause = _later(window, ledger, packets)
    fate = _fates(effects, parked, undecided | (left > 0))
    cause[fate != Fate.LOST] = -1
    deliveries = window.count(ledger.delivered)
    flagged, flag_lies = _flags(window, ledger)
    reasons = ledger.removed.column("reason")
    stored = window.count(ledger.stored) + recovered
    del recovered, left, undecided
    out_of_order = _out_of_order(_ordered_together(ledger, rows), first_effect_s)
    # In place: a million messages are 8 MB for each array of times.
    confirmed_s -= created_s
    first_effect_s -= created_s
    return Outcomes(
        producer=producer,
        priority=_priorities(ledger, rows),
        created_s=created_s,
        confirm_latency_s=confirmed_s,
        delivery_latency_s=first_effect_s,
        belief=belief,
        fate=fate,
        cause=cause,
        sends=sends,
        copies=window.count(ledger.arrived),
        deliveries=deliveries,
        effects=effects,
        parked=parked,
        stored=stored,
        crash_removed=window.count(ledger.removed, np.isin(reasons, CRASH_CAUSES)),
        refused=window.count(ledger.removed, reasons == Cause.WRITE_ERROR),
        first_failed=(deliveries > 0) & (_effects_of_first(window, ledger) == 0),
        flagged=flagged,
        flag_lies=flag_lies,
        out_of_order=out_of_order,
        stayed_s=_stayed_s(window, ledger, stored),
        service_s=_per_delivery(window, ledger),
        served=effects + window.count(ledger.raised),
    )


def _later(window: _Window, group: Ledger, packets: Ledger) -> Codes:
    """Return the cause of what was dropped last, a copy in the group or a packet before it."""
    own, before = _causes(window, group.dropped), _causes(window, packets.dropped)
    own_s, before_s = window.last_s(group.dropped), window.last_s(packets.dropped)
    return np.where(before_s > own_s, before, own)


def _causes(window: _Window, dropped: Facts) -> Codes:
    """Return the cause of each message's last drop.

    A repeat is dropped in view of what it repeats. So what is dropped at that very instant, too,
    was there a moment longer, and a repeat is a cause only if nothing was left when it came.
    """
    cause = window.last(dropped, "cause")
    repeated = cause == Cause.DEDUPLICATED
    if repeated.any():
        others = dropped.column("cause") != Cause.DEDUPLICATED
        as_late = window.last_s(dropped, others) == window.last_s(dropped)
        cause = np.where(repeated & as_late, window.last(dropped, "cause", others), cause)
    return cause


def _fates(effects: Counts, parked: Counts, alive: Flags) -> Codes:
    fate = np.full(len(effects), Fate.LOST, dtype=np.int8)
    fate[parked > 0] = Fate.DEAD_LETTERED
    fate[alive] = Fate.PENDING
    fate[effects == 1] = Fate.ONCE
    fate[effects > 1] = Fate.DUPLICATED
    return fate


def _effects_of_first(window: _Window, ledger: Ledger) -> Counts:
    return window.count(ledger.effected, ledger.effected.column("delivery") == 1)


def _priorities(ledger: Ledger, rows: slice) -> npt.NDArray[np.int32]:
    if not len(ledger.ranked):
        return np.full(rows.stop - rows.start, -1, dtype=np.int32)
    # A row per message, in the same order.
    return ledger.ranked.column("priority")[rows].astype(np.int32)


def _flags(window: _Window, ledger: Ledger) -> tuple[Counts, Counts]:
    """Return how many deliveries were called redelivered, and of how many that was not true.

    It is true if an earlier delivery of the message has had its effect by then.
    """
    called = ledger.delivered.column("redelivered")
    flagged = window.count(ledger.delivered, called)
    if not called.any():
        return flagged, flagged
    place, inside = window.rows(ledger.delivered)
    number = _numbers(place)
    chosen = called & inside
    place, number = place[chosen], number[chosen]
    given_s = ledger.delivered.times_s()[chosen]
    # All pairs of such a delivery and an effect of its message.
    effects, inside = window.rows(ledger.effected)
    by_message = np.argsort(np.where(inside, effects, -1), kind="stable")
    effects = np.where(inside, effects, -1)[by_message]
    first = np.searchsorted(effects, place, side="left")
    count = np.searchsorted(effects, place, side="right") - first
    pair = np.repeat(np.arange(len(place)), count)
    effect = by_message[np.arange(len(pair)) + np.repeat(first - np.cumsum(count) + count, count)]
    earlier = ledger.effected.column("delivery")[effect] < number[pair]
    earlier &= ledger.effected.times_s()[effect] <= given_s[pair]
    true = np.bincount(pair[earlier], minlength=len(place)) > 0
    lies = np.bincount(place[~true], minlength=window.size).astype(np.int32)
    return flagged, lies


def _numbers(messages: npt.NDArray[np.int32]) -> Counts:
    """Return of each row which one of its message it is (1, 2, …)."""
    order = np.argsort(messages, kind="stable")
    told = messages[order]
    rows = np.arange(len(told))
    firsts = np.maximum.accumulate(np.where(np.diff(told, prepend=-(2**31)) != 0, rows, 0))
    numbers = np.empty(len(told), dtype=np.int32)
    numbers[order] = rows - firsts + 1
    return numbers


def _per_delivery(window: _Window, ledger: Ledger) -> Times:
    kinds = (ledger.effected, ledger.raised)
    sums = [window.total(kind, kind.column("service_s")) for kind in kinds]
    return np.asarray(sums[0] + sums[1])


def _stayed_s(window: _Window, ledger: Ledger, stored: Counts) -> Times:
    entered = sum(window.total(kind, kind.times_s()) for kind in (ledger.stored, ledger.recovered))
    stayed = np.asarray(window.total(ledger.removed, ledger.removed.times_s()) - entered)
    stayed[window.count(ledger.removed) != stored] = np.nan
    return stayed


def _ordered_together(ledger: Ledger, rows: slice) -> npt.NDArray[np.integer]:
    """Return the same number for messages of one producer and key, in the shape (messages,)."""
    producer: npt.NDArray[np.integer] = ledger.created.column("producer")[rows]
    if not len(ledger.keyed):
        return producer
    keys = ledger.keyed.column("order_key")[rows]  # a row per message, in the same order
    together: npt.NDArray[np.int64] = producer.astype(np.int64) << 32 | keys
    return together


def _out_of_order(group: npt.NDArray[np.integer], first_effect_s: Times) -> Flags:
    """Return which publications had their first effect after that of a younger one of the group."""
    late = np.zeros(len(group), dtype=np.bool_)
    if not len(group):
        return late
    if (group == group[0]).all():
        return _later_than_a_younger_one(first_effect_s)
    order = np.argsort(group, kind="stable")
    ends = np.flatnonzero(np.diff(group[order])) + 1
    for own in np.split(order, ends):
        late[own] = _later_than_a_younger_one(first_effect_s[own])
    return late


def _later_than_a_younger_one(times_s: Times) -> Flags:
    # The earliest first effect among all younger ones, from the back; no effect is no nan here.
    younger_s = np.fmin.accumulate(times_s[::-1])[::-1]
    late = np.zeros(len(times_s), dtype=np.bool_)
    late[:-1] = times_s[:-1] > younger_s[1:]
    return late


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The system as a whole in the measured window of one replication.

    `queue_length` is the time average of the messages waiting or in service at the broker, of all
    consumer groups together;
    `effects` counts publications whose first effect fell into the window,
    `arrivals` copies stored in it, `crashes` crashes of the broker.
    """

    window_s: float
    queue_length: float
    arrivals: int
    effects: int
    crashes: int


def observe(ledger: Ledger, measured: range, start_s: float | None = None) -> Load:
    """Return what *ledger* says of the window from *start_s* to the last measured creation.

    The start should be a time that no message has chosen: a window that begins with a creation (the
    default) begins after a longer gap than usual, with a queue that has drained.
    """
    times = ledger.created.times_s()
    start, end = (float(times[measured[place]]) for place in (0, -1)) if measured else (0.0, 0.0)
    if start_s is not None:
        start = start_s
    if not end > start:
        return Load(window_s=0.0, queue_length=np.nan, arrivals=0, effects=0, crashes=0)

    def left_s(facts: Facts) -> float:
        """Return the sum over all rows of the time from the row to the window's end."""
        return float((end - np.clip(facts.times_s(), start, end)).sum())

    def within(facts: Facts) -> int:
        # What comes at the end itself has had no time in the window.
        at = facts.times_s()
        return int(((at > start) & (at < end)).sum())

    area = 0.0
    arrivals = effects = 0
    for group in ledger.groups:
        area += left_s(group.stored) + left_s(group.recovered) - left_s(group.removed)
        arrivals += within(group.stored)
        _, first = np.unique(group.effected.messages(), return_index=True)
        first_s = group.effected.times_s()[first]
        effects += int(((first_s > start) & (first_s <= end)).sum())
    return Load(
        window_s=end - start,
        queue_length=area / (end - start),
        arrivals=arrivals,
        effects=effects,
        crashes=sum(who == "broker" and start < at <= end for at, who, _ in ledger.crashes),
    )
