"""Puts a report together: what there is to say, in the order in which a person asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from sim.claims import judge_claims
from sim.numerals import times
from sim.report.against import against
from sim.report.answer import all_in_words, glances, in_words, span
from sim.report.chosen import MOST_POINTS, anchor, closely
from sim.report.figures import single, whole
from sim.report.forms import form_grid, forms, point_grid, skipped_grid
from sim.report.glossary import WORDS
from sim.report.grid import Grid, from_rich
from sim.report.intervals import interval_grid
from sim.report.markup import line, lines, prose
from sim.report.method import method
from sim.report.names import glued, name_of
from sim.report.overview import key_grid, overview
from sim.report.reproduce import recipe, settings_of
from sim.tables import cause_table, claim_table, estimate_table, outcome_table
from sim.tables.estimates import WIDE
from sim.tables.rare import rare_cause_table, rare_table
from sim.versions import versions
from sim.wording import run_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jinja2 import Template
    from rich.table import Table

    from sim.report.answer import InWords
    from sim.report.figures import Picture
    from sim.runner import PointResult, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Closely:
    """All that is told of one point by itself."""

    anchor: str
    name: str
    words: InWords
    against: tuple[str, ...]
    grids: tuple[Grid, ...]
    picture: Picture | None
    settings: str


def to_html(result: Result, made_with: Mapping[str, str] | None = None) -> str:
    """Return *result* as one HTML page, whole in itself.

    *made_with* are the versions that it was made with, by default those that are running.
    """
    judgements = judge_claims(result)
    shown = closely(result, MOST_POINTS)
    found = against(result)
    held = forms(result)
    claims = claim_table(judgements)
    return _template().render(
        experiment=result.experiment,
        basis=run_text(result.points),
        alone=len(result.points) == 1,
        glances=glances(result, judgements, found),
        against=found,
        chance=f"{100 * (1 - result.experiment.run.confidence):.3g} %",
        span=span(result),
        claims=None if claims is None else from_rich(claims),
        words=all_in_words(result),
        overview=[key_grid(result)] if len(result.points) == 1 else overview(result, shown),
        points=_points(result, shown, found.at),
        left_out=times(len(result.points) - len(shown), "point")
        if len(shown) < len(result.points)
        else "",
        pictures=whole(result),
        form_grid=form_grid(held, result),
        form_grids=[point_grid(form, result, shown) for form in held]
        if len(result.points) > 1
        else [],
        skipped=skipped_grid(result),
        method=method(result),
        intervals=interval_grid(result),
        recipe=recipe(result),
        versions=made_with or versions(),
        glossary=WORDS,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["glued"] = glued
    environment.globals |= {"prose": prose, "line": line, "lines": lines}
    return environment.get_template("page.html")


def _points(result: Result, shown: Sequence[int], told: Sequence[tuple[str, ...]]) -> list[Closely]:
    pictures = single(result)
    presets = "preset" in result.points[0].parameters
    return [
        Closely(
            anchor=anchor(place),
            name=f"{place + 1}: {name_of(result.points[place])}",
            words=in_words(result.points[place]),
            against=told[place],
            grids=tuple(_grids(result.points[place])),
            picture=pictures.get(place),
            # What a preset sets stands in no file.
            settings=settings_of(result.points[place].experiment) if presets else "",
        )
        for place in shown
    ]


def _grids(point: PointResult) -> Iterable[Grid]:
    tables: tuple[Table | None, ...] = (
        outcome_table(point),
        cause_table(point),
        rare_table(point),
        rare_cause_table(point),
        estimate_table(point, WIDE),
    )
    return (from_rich(table) for table in tables if table is not None)
