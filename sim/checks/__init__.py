"""Closed forms beside estimates: which hold here, what they predict, and the verdicts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sim.checks.acknowledgement import ACKNOWLEDGEMENT
from sim.checks.availability import AVAILABILITY
from sim.checks.breakdowns import BREAKDOWNS
from sim.checks.check import Check, Skipped, Verdict, correct
from sim.checks.exact import Matrix
from sim.checks.form import Evidence, Form
from sim.checks.persistence import PERSISTENCE
from sim.checks.queueing import QUEUEING
from sim.checks.redelivery import REDELIVERY
from sim.checks.replication import REPLICATION
from sim.config import Problem

if TYPE_CHECKING:
    from sim.config import Experiment

__all__ = ["FORMS", "Check", "Evidence", "Form", "Skipped", "Verdict", "check", "demanded"]

FORMS: tuple[Form, ...] = (
    *ACKNOWLEDGEMENT,
    *PERSISTENCE,
    *REPLICATION,
    *AVAILABILITY,
    *REDELIVERY,
    Matrix(),
    *QUEUEING,
    *BREAKDOWNS,
)
"""Every closed form that a simulation can be held against."""


def demanded(experiment: Experiment) -> list[Problem]:
    """Return what speaks against the closed forms that *experiment* asks for by name.

    A form that is named must hold; with "auto" nothing is demanded.
    """
    wanted = experiment.check.formulas
    problems = []
    for form in FORMS:
        reasons = form.broken(experiment) if wanted != "auto" and form.name in wanted else []
        if reasons:
            message = f'check.formulas = "{form.name}" does not hold here: {"; ".join(reasons)}'
            problems.append(
                Problem(
                    source=experiment.title,
                    key="check.formulas",
                    value=form.name,
                    message=message,
                )
            )
    return problems


def check(
    experiment: Experiment, evidence: Evidence
) -> tuple[tuple[Check, ...], tuple[Skipped, ...]]:
    """Return the checks of one point, corrected for their number, and the forms that do not hold.

    With `formulas = "auto"` every form is asked whether it holds; else those that are named.
    """
    wanted = experiment.check.formulas
    holding, skipped = [], []
    for form in FORMS:
        if wanted != "auto" and form.name not in wanted:
            continue
        reasons = form.broken(experiment)
        if reasons:
            skipped.append(Skipped(name=form.name, formula=form.formula, reasons=tuple(reasons)))
        else:
            holding.append(form)
    evidence = replace(evidence, forms=len(holding))
    checks = [form.check(experiment, evidence) for form in holding]
    return tuple(correct(checks, experiment.run.confidence)), tuple(skipped)
