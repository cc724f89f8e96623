"""Short runs beforehand, with luck of their own, that show how long the beginning matters.

A few replications are averaged message by message, as P. D. Welch does ("The Statistical Analysis
of Simulation Results", 1983), and MSER-5 cuts the averages: of the time to the effect, and of the
number in the system. What is cut off is at least as long as it takes until as much is on its way
as later: after a time t, the number in the system lacks the share of its mean that is due to stays
longer than t, however messages come, if they do not wait for one another (A. M. Law,
"Simulation Modeling and Analysis", chapter 9, on the rules; W. Whitt, J. Appl. Probab. 22, 1985,
on M_t/G/infinity).

A first look costs a twentieth of the whole run. Where the cut lies in the second half of it there
is a second look, twice as long. After that, what still grows has no steady state within reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.checks.load import arrival_rate_per_s
from sim.course import Course, follow
from sim.drift import Change, growth
from sim.stopping import first_size
from sim.system import simulate
from sim.warmup.mser import BATCH, Cut, mser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.config import Experiment

REPLICATIONS = 5

SHARE = 0.05
"""Of the messages of the whole run, so many are created in the first look."""

LOOKS = (1, 2)
"""How long the looks are, in units of the first: 15 % of the run if both are needed."""

FEWEST, MOST = 200, 20_000
"""Messages of a first look, per replication: with fewer there is none, and more are not needed."""

_ON_ITS_WAY = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at so many `messages`, in `seconds`, says: cut off `cut_s`.

    If it is not `reliable`, the best cut is in the second half. `grows` is the number in the
    system, if it does so all along.
    """

    cut_s: float
    messages: int
    seconds: float
    reliable: bool
    grows: Change | None


def look_at(experiment: Experiment) -> Look | None:
    """Return what short runs of *experiment* show; None if the whole run is too short for them."""
    messages = _messages(experiment)
    if messages < FEWEST:
        return None
    look = None
    for length in LOOKS:
        look = _look(experiment, length * messages)
        if look is None or look.reliable:
            break
    return look


def _messages(experiment: Experiment) -> int:
    """Return how many messages of each short run there are in the first look."""
    run = experiment.run
    planned = run.replications
    if run.precision is not None:
        planned = first_size(planned, run.precision)
    created = min(float(run.messages), run.horizon_s * arrival_rate_per_s(experiment))
    return min(int(SHARE * created * planned / REPLICATIONS), MOST)


def _look(experiment: Experiment, messages: int) -> Look | None:
    courses = [_pilot(experiment, messages, number) for number in range(REPLICATIONS)]
    size = min(map(len, courses))
    if size < FEWEST // 2:
        return None  # producers were down, or the horizon has come
    created_s = np.mean([course.created_s[:size] for course in courses], axis=0)
    cuts = [mser(series) for series in _averages(courses, size)]
    cut = Cut(max(cut.size for cut in cuts), all(cut.reliable for cut in cuts))
    latest_s = float(created_s[size // 2])
    return Look(
        cut_s=min(max(float(created_s[max(cut.size, BATCH)]), _on_its_way_s(courses)), latest_s),
        messages=size,
        seconds=float(created_s[-1]),
        reliable=cut.reliable,
        grows=_growth(courses),
    )


def _pilot(experiment: Experiment, messages: int, number: int) -> Course:
    """Return the course of the first *messages*; no time is given to those that take for ever."""
    horizon_s = min(experiment.run.horizon_s, 2.0 * messages / arrival_rate_per_s(experiment))
    update = {"messages": messages, "warmup": 0.0, "horizon_s": horizon_s, "rare": None}
    run = experiment.run.model_copy(update=update)
    # Luck that no replication has, so that what is measured does not choose where it begins.
    system = simulate(experiment.model_copy(update={"run": run}), -1 - number)
    return follow(system.ledger, system.census.measured)


def _averages(courses: Sequence[Course], size: int) -> list[np.ndarray]:
    latencies = np.array([course.latency_s[:size] for course in courses])
    known = ~np.isnan(latencies)
    with np.errstate(invalid="ignore"):
        latency_s = np.where(known, latencies, 0.0).sum(axis=0) / known.sum(axis=0)
    return [latency_s, np.mean([course.present[:size] for course in courses], axis=0)]


def _on_its_way_s(courses: Sequence[Course]) -> float:
    """Return after what time the number in the system lacks one in a hundred of what is to come.

    Of stays s it lacks sum of (s - t) over s > t, divided by the sum of s.
    """
    stays_s = np.concatenate([course.latency_s for course in courses])
    stays_s = np.sort(stays_s[~np.isnan(stays_s)])
    if not len(stays_s) or not stays_s[-1] > 0:
        return 0.0
    above = np.arange(len(stays_s) - 1, -1, -1)  # how many are longer
    lacking = np.cumsum(stays_s[::-1])[::-1] - stays_s - above * stays_s
    return float(stays_s[np.argmax(lacking <= _ON_ITS_WAY * stays_s.sum())])


def _growth(courses: Sequence[Course]) -> Change | None:
    if not all(course.consumed for course in courses):
        return None
    # Each of its own length: where a horizon cuts, not all have as many messages.
    return growth(np.array([course.in_stretches().present for course in courses]))
