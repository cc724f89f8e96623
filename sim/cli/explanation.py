"""Carries out `msgfate explain`: what a file promises, before any run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.rule import Rule
from rich.text import Text

from sim.cli.order import Order, read
from sim.cli.screen import Screen
from sim.explain import explain, find_witness
from sim.tables.explanation import explanation_blocks, promise_table, witness_block
from sim.wording import point_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.config import Experiment
    from sim.explain import Explanation
    from sim.explain.explanation import Break


def show_explanation(
    file: Path, overrides: Sequence[str], *, examples: bool, as_json: bool
) -> None:
    """Print what *file* promises; raise an `OrderError` if it is wrong."""
    experiment = read(Order(file=file, overrides=tuple(overrides)))
    points = list(experiment.points())
    console = Screen()
    if as_json:
        told = [
            {"parameters": point.parameters, **_as_data(explain(point.experiment))}
            for point in points
        ]
        console.write(json.dumps({"points": told}, indent=2, default=str) + "\n")
        return
    console.print(Text(experiment.title, style="bold"))
    for point in points:
        console.print()
        explanation = explain(point.experiment)
        if len(points) > 1:
            console.print(Rule(Text(point_name(point.parameters), style="bold"), align="left"))
            console.print(promise_table(explanation))
            continue
        for block in explanation_blocks(explanation):
            console.print(block)
            console.print()
        if examples:
            _show_examples(point.experiment, explanation, console)


def _show_examples(experiment: Experiment, explanation: Explanation, console: Screen) -> None:
    """Print one publication for each way in which a promise breaks here, and would break."""
    errors = Screen(stderr=True)
    for promise in explanation.promises:
        for found in (*promise.breaks, *promise.would):
            with errors.status(f"looking for an example: {found.weakness.name}"):
                witness = find_witness(experiment, found.weakness)
            console.print(witness_block(found, promise.guarantee, witness))
            console.print()


def _as_data(explanation: Explanation) -> dict[str, Any]:
    promises = {
        str(promise.guarantee): {
            "kept": promise.kept and not promise.empty,
            "empty": promise.empty,
            "breaks": [_break_as_data(found) for found in promise.breaks],
            "would": [_break_as_data(found) for found in promise.would],
        }
        for promise in explanation.promises
    }
    return {
        "confirmation": explanation.confirmation,
        "acknowledgement": explanation.acknowledgement,
        "promises": promises,
        "formulas": list(explanation.formulas),
        "skipped": {skipped.name: list(skipped.reasons) for skipped in explanation.skipped},
    }


def _break_as_data(found: Break) -> dict[str, Any]:
    weakness = found.weakness
    return {
        "name": weakness.name,
        "hazards": [str(hazard) for hazard in found.hazards],
        "why": weakness.why,
        "cure": weakness.cure,
    }
