"""A closed form as a check sees it: when it holds, and what it predicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from sim.checks.check import Check, Prediction, compare, is_probability

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.config import Experiment
    from sim.estimates import Estimate
    from sim.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a simulation says of one point: samples, estimates by name, independent trials.

    `forms` is how many closed forms it is held against.
    """

    samples: Sequence[Sample]
    estimates: dict[str, Estimate]
    trials: float
    forms: int = 1


class Form(Protocol):
    """One closed form."""

    @property
    def name(self) -> str:
        """What the check is called."""

    @property
    def formula(self) -> str:
        """The formula, in plain text."""

    def broken(self, experiment: Experiment) -> list[str]:
        """Return the assumptions that *experiment* breaks, in words."""

    def check(self, experiment: Experiment, evidence: Evidence) -> Check:
        """Return the check; asked only if no assumption is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A closed form for one estimate."""

    name: str
    estimate: str
    formula: str
    source: str
    needs: tuple[Callable[[Experiment], list[str]], ...]
    predict: Callable[[Experiment], float]

    def broken(self, experiment: Experiment) -> list[str]:
        """Return the assumptions that *experiment* breaks, each once."""
        return broken(self.needs, experiment)

    def check(self, experiment: Experiment, evidence: Evidence) -> Check:
        """Compare the estimate with its prediction."""
        prediction = Prediction(
            name=self.name,
            estimate=self.estimate,
            formula=self.formula,
            source=self.source,
            value=self.predict(experiment),
            probability=is_probability(self.estimate),
        )
        observed = evidence.estimates[self.estimate]
        return compare(prediction, observed, experiment.check.margin, evidence.forms)


def broken(needs: Sequence[Callable[[Experiment], list[str]]], experiment: Experiment) -> list[str]:
    """Return what *experiment* breaks of *needs*, each assumption once."""
    found = [reason for need in needs for reason in need(experiment)]
    return list(dict.fromkeys(found))


def family(
    pairs: Sequence[tuple[Prediction, Estimate]], experiment: Experiment, forms: int
) -> Check:
    """Return one check of many predictions, among *forms*: the one that fits worst speaks for all.

    Its p-value is corrected for its own family (Bonferroni); whether the family disagrees is left
    to the correction over all forms. The power is that of the weakest member.
    """
    siblings = forms * len(pairs)
    checks = [
        compare(prediction, estimate, experiment.check.margin, siblings)
        for prediction, estimate in pairs
    ]
    worst = min(checks, key=lambda check: check.p_value)
    weakest = min(checks, key=lambda check: check.power)
    return replace(
        worst,
        p_value=min(1.0, worst.p_value * len(checks)),
        verdict=weakest.verdict,
        power=weakest.power,
        more_messages=weakest.more_messages,
    )
