"""How a replication went along: what its messages met, in the order of their creation.

A message is in the system from its creation to its first effect, or until the last of it is dropped
or parked. By Little's law the number in the system and the time spent there tell the same; but a
message that waits for ever has no such time, and the number of those that wait shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from sim.outcomes.window import Window
from sim.sample import Sample

if TYPE_CHECKING:
    from models.ledger import Ledger

Series: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.int64]

STRETCHES = 20
"""Into so many stretches of equally many messages the measured window is divided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What messages met, each array of shape (messages,), or in the mean (stretches,).

    `present` is how many publications a message found in the system, `latency_s` its own time to
    the effect (to the confirm, if there is no effect in all the run), nan where there is none.
    `consumed`: there were effects.
    """

    created_s: Series
    present: Series
    latency_s: Series
    consumed: bool

    def __len__(self) -> int:
        return len(self.created_s)

    def in_stretches(self, number: int = STRETCHES) -> Course:
        """Return the means over *number* stretches, at most one for each message."""
        ends = np.linspace(0, len(self), number + 1).round().astype(np.int64)[:-1]
        known = ~np.isnan(self.latency_s)
        with np.errstate(invalid="ignore"):  # where there is none, the mean is nan
            latency_s = _sums(np.where(known, self.latency_s, 0.0), ends) / _sums(known, ends)
        sizes = np.diff(ends, append=len(self))
        return Course(
            created_s=_sums(self.created_s, ends) / sizes,
            present=_sums(self.present, ends) / sizes,
            latency_s=latency_s,
            consumed=self.consumed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched(Sample):
    """A sample with the course of its measured messages, in stretches; None if they are few."""

    course: Course | None


def watched(sample: Sample, ledger: Ledger, measured: range) -> Watched:
    """Return *sample* with the course of the messages in the rows *measured* of *ledger*."""
    known = {field.name: getattr(sample, field.name) for field in fields(Sample)}
    few = len(measured) < STRETCHES
    return Watched(**known, course=None if few else follow(ledger, measured).in_stretches())


def follow(ledger: Ledger, rows: range) -> Course:
    """Return the course of the messages in *rows* of *ledger*; those before them count, too."""
    created_s = ledger.created.times_s()[: rows.stop]
    window = Window(range(rows.stop))
    effects_s = [window.first_s(group.effected) for group in ledger.groups]
    consumed = any(bool((~np.isnan(times_s)).any()) for times_s in effects_s)
    if consumed:
        left_s = [
            _left_s(window, group, first_s)
            for group, first_s in zip(ledger.groups, effects_s, strict=True)
        ]
    else:
        effects_s = [window.first_s(ledger.confirmed)]
        left_s = [np.where(np.isnan(effects_s[0]), window.first_s(ledger.failed), effects_s[0])]
    present = len(left_s) * np.arange(rows.stop, dtype=np.float64)
    for times_s in left_s:
        # Not a number sorts to the end: it never leaves.
        present -= np.searchsorted(np.sort(times_s), created_s, side="left")
    part = slice(rows.start, rows.stop)
    return Course(
        created_s=created_s[part],
        present=np.maximum(present, 0.0)[part],
        latency_s=_mean([times_s - created_s for times_s in effects_s])[part],
        consumed=consumed,
    )


def _left_s(window: Window, group: Ledger, first_s: Series) -> Series:
    """Return when each publication of *group* left the system; nan if it is still there."""
    ends = [group.dropped, group.parked]
    if group.whole is not None:
        ends.append(group.whole.dropped)  # packets that never came to the group
    last_s = np.max([window.last_s(facts) for facts in ends], axis=0)
    last_s[np.isinf(last_s)] = np.nan
    return np.where(np.isnan(first_s), last_s, first_s)


def _mean(rows: list[Series]) -> Series:
    """Return the mean over *rows*, of what is there."""
    if len(rows) == 1:
        return rows[0]
    known = ~np.isnan(rows)
    with np.errstate(invalid="ignore"):
        mean: Series = np.where(known, rows, 0.0).sum(axis=0) / known.sum(axis=0)
    return mean


def _sums(values: npt.NDArray[np.float64] | npt.NDArray[np.bool_], starts: Places) -> Series:
    sums: Series = np.add.reduceat(values.astype(np.float64), starts)
    return sums
