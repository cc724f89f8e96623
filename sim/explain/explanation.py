"""All that can be said of an experiment before it is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.checks import FORMS, Skipped
from sim.explain.duplicates import DUPLICATES
from sim.explain.hazards import Hazard, active, possible
from sim.explain.loss import LOSSES
from sim.explain.meaning import acknowledgement, confirmation
from sim.explain.order import ORDERS
from sim.explain.replicas import REPLICA_DUPLICATES, REPLICA_LOSSES
from sim.explain.weakness import Guarantee, Weakness

if TYPE_CHECKING:
    from sim.config import Experiment

WEAKNESSES: tuple[Weakness, ...] = (
    *LOSSES,
    *REPLICA_LOSSES,
    *DUPLICATES,
    *REPLICA_DUPLICATES,
    *ORDERS,
)
"""Every way to break a guarantee that the simulator knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A weakness that the experiment has, and the hazards that reach it."""

    weakness: Weakness
    hazards: tuple[Hazard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One guarantee: what breaks it as configured, and what would if it happened as well.

    `empty`: there is nothing to keep, because nothing is ever confirmed.
    """

    guarantee: Guarantee
    breaks: tuple[Break, ...]
    would: tuple[Break, ...]
    empty: bool = False

    @property
    def kept(self) -> bool:
        """Whether nothing in the experiment breaks it."""
        return not self.breaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What acknowledgements mean, what is promised, and which closed forms hold."""

    confirmation: str
    acknowledgement: str
    promises: tuple[Promise, ...]
    formulas: tuple[str, ...]
    skipped: tuple[Skipped, ...]

    def promise(self, guarantee: Guarantee) -> Promise:
        """Return what is said of *guarantee*."""
        return next(promise for promise in self.promises if promise.guarantee is guarantee)


def explain(experiment: Experiment) -> Explanation:
    """Return what *experiment* promises and what breaks it; nothing is simulated."""
    reasons = {form.name: tuple(form.broken(experiment)) for form in FORMS}
    return Explanation(
        confirmation=confirmation(experiment),
        acknowledgement=acknowledgement(experiment),
        promises=tuple(_promise(guarantee, experiment) for guarantee in Guarantee),
        formulas=tuple(form.name for form in FORMS if not reasons[form.name]),
        skipped=tuple(
            Skipped(name=form.name, formula=form.formula, reasons=reasons[form.name])
            for form in FORMS
            if reasons[form.name]
        ),
    )


def _promise(guarantee: Guarantee, experiment: Experiment) -> Promise:
    here, there = active(experiment), possible(experiment)
    own = [w for w in WEAKNESSES if w.guarantee is guarantee and w.hazards & there]
    open_ = [weakness for weakness in own if weakness.applies(experiment)]
    return Promise(
        guarantee=guarantee,
        breaks=tuple(_reached(weakness, here) for weakness in open_ if weakness.hazards & here),
        would=tuple(_reached(weakness, there) for weakness in open_ if not weakness.hazards & here),
        empty=guarantee is Guarantee.AT_LEAST_ONCE and not experiment.producer.confirm,
    )


def _reached(weakness: Weakness, here: frozenset[Hazard]) -> Break:
    hazards = weakness.hazards & here
    return Break(weakness=weakness, hazards=tuple(h for h in Hazard if h in hazards))
