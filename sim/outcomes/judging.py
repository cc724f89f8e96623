"""What became of every measured publication, read off the ledger of one replication.

One belief, one fate, and for what is lost one cause, per publication (belief x fate is
the outcome matrix). Nothing here asks a component; whatever is said can be read off the facts.

Two rules where the horizon cuts a run. A message whose producer has not made up its mind counts as
`unknown`. A publication without effect is `pending` while something of it is left: its producer may
send again, or some packet or copy is neither dropped nor parked.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.ledger import CRASH_CAUSES, Cause
from sim.outcomes.flags import flags
from sim.outcomes.order import ordered_together, out_of_order
from sim.outcomes.outcome import Belief, Fate, Outcomes
from sim.outcomes.window import Window

if TYPE_CHECKING:
    from models.ledger import Facts, Ledger
    from sim.outcomes.outcome import Codes, Counts, Flags, Times


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
    window = Window(measured)
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
    flagged, flag_lies = flags(window, ledger)
    reasons = ledger.removed.column("reason")
    stored = window.count(ledger.stored) + recovered
    del recovered, left, undecided
    late = out_of_order(ordered_together(ledger, rows), first_effect_s)
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
        out_of_order=late,
        stayed_s=_stayed_s(window, ledger, stored),
        service_s=_per_delivery(window, ledger),
        served=effects + window.count(ledger.raised),
    )


def _later(window: Window, group: Ledger, packets: Ledger) -> Codes:
    """Return the cause of what was dropped last, a copy in the group or a packet before it."""
    own, before = _causes(window, group.dropped), _causes(window, packets.dropped)
    own_s, before_s = window.last_s(group.dropped), window.last_s(packets.dropped)
    return np.where(before_s > own_s, before, own)


def _causes(window: Window, dropped: Facts) -> Codes:
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


def _effects_of_first(window: Window, ledger: Ledger) -> Counts:
    return window.count(ledger.effected, ledger.effected.column("delivery") == 1)


def _priorities(ledger: Ledger, rows: slice) -> npt.NDArray[np.int32]:
    if not len(ledger.ranked):
        return np.full(rows.stop - rows.start, -1, dtype=np.int32)
    # A row per message, in the same order.
    return ledger.ranked.column("priority")[rows].astype(np.int32)


def _per_delivery(window: Window, ledger: Ledger) -> Times:
    kinds = (ledger.effected, ledger.raised)
    sums = [window.total(kind, kind.column("service_s")) for kind in kinds]
    return np.asarray(sums[0] + sums[1])


def _stayed_s(window: Window, ledger: Ledger, stored: Counts) -> Times:
    entered = sum(window.total(kind, kind.times_s()) for kind in (ledger.stored, ledger.recovered))
    stayed = np.asarray(window.total(ledger.removed, ledger.removed.times_s()) - entered)
    stayed[window.count(ledger.removed) != stored] = np.nan
    return stayed
