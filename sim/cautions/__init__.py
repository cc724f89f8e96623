"""What a person should know before they believe a result, in words and with its numbers.

Some of it is told from the configuration, before anything is run: more comes in than can be done,
too short a warm-up, too few messages, faults that will not be met. The rest is seen in the
replications: the number in the system grows, or the measured window begins unlike it goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.cautions.beforehand import beforehand
from sim.cautions.caution import Caution
from sim.cautions.faults import TOO_LATE, unmet_faults
from sim.cautions.seen import seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.config import Experiment
    from sim.sample import Sample

__all__ = ["Caution", "cautions", "told", "told_of"]


def cautions(experiment: Experiment, samples: Sequence[Sample] = ()) -> tuple[str, ...]:
    """Return what speaks against a result of *experiment*, and what its *samples* say of it."""
    return tuple(caution.text for caution in told(experiment, samples))


def told(experiment: Experiment, samples: Sequence[Sample] = ()) -> tuple[Caution, ...]:
    """Return the `cautions` with what they are about, one for each thing."""
    kept: dict[str, Caution] = {}
    for caution in _all(experiment, samples):
        kept.setdefault(caution.about, caution)
    return tuple(kept.values())


def told_of(
    points: Sequence[tuple[Experiment, Sequence[Sample]]],
) -> list[tuple[Caution, ...]]:
    """Return the cautions of all *points* of a sweep, each with its samples.

    A fault that comes too late at one point, and in time at another, is meant to.
    """
    each = [told(experiment, samples) for experiment, samples in points]
    late = [
        {caution.about for caution in one if caution.about.startswith(TOO_LATE)} for one in each
    ]
    always = set.intersection(*late) if late else set()
    return [
        tuple(c for c in one if not c.about.startswith(TOO_LATE) or c.about in always)
        for one in each
    ]


def _all(experiment: Experiment, samples: Sequence[Sample]) -> Iterator[Caution]:
    yield from beforehand(experiment)
    yield from unmet_faults(experiment, samples)
    yield from seen(experiment, samples)
