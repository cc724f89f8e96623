from __future__ import annotations

import io
import math
import re

import pytest
from rich.console import Console

from models.ledger import Cause
from sim.checks.check import Verdict
from sim.tables import (
    cause_table,
    check_table,
    estimate_table,
    outcome_table,
    sentence,
    skipped_table,
    sweep_tables,
    verdicts,
)
from sim.tables.checks import check_line
from tests.sim.made import (
    NAN,
    a_check,
    a_point,
    a_result,
    a_sample,
    a_skipped,
)

WIDTHS = (80, 130)


def shown(renderable: object, width: int = 80, *, colour: bool = False) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        markup=False,
        highlight=False,
    )
    console.print(renderable)
    return console.file.getvalue()


def rows(text: str) -> dict[str, str]:
    """Return the lines of *text* by their first word."""
    return {
        line.split()[0]: " ".join(line.split()[1:]) for line in text.splitlines() if line.strip()
    }


def test_the_outcome_matrix_tells_counts_and_shares_of_all_replications():
    text = rows(shown(outcome_table(a_point()), 130))
    assert text["confirmed"] == "1,800 160 0 0 0 1,960"
    assert text["90.0"] == "% 8.0 % silent loss 98.0 %"
    assert text["failed"] == "16 4 0 20 0 40"
    assert text["all"] == "1,816 164 0 20 0 2,000"
    assert "unknown 0 0 0 0 0 0" in " ".join(shown(outcome_table(a_point())).split())


@pytest.mark.parametrize("width", WIDTHS)
def test_the_four_cells_that_hurt_are_named_also_when_they_are_empty(width):
    text = " ".join(shown(outcome_table(a_point()), width).split())
    for word in ("silent", "reported", "false", "unknown loss"):
        assert word in text


def test_a_silent_loss_stands_out():
    matrix = ((90, 0, 0, 5, 0), (0, 0, 0, 5, 0), (0, 0, 0, 0, 0))
    text = shown(outcome_table(a_point(samples=[a_sample(matrix)])), colour=True)
    assert "\x1b[1;31msilent loss" in text


def test_causes_of_loss_are_listed_by_their_number():
    losses = {Cause.NETWORK: 3, Cause.PAGE_CACHE: 17}
    text = rows(shown(cause_table(a_point(samples=[a_sample(causes=losses)]))))
    assert text["page_cache"] == "17 85.0 %"
    assert text["network"] == "3 15.0 %"
    assert list(text)[-2:] == ["page_cache", "network"]


def test_without_losses_there_are_no_causes():
    assert cause_table(a_point()) is None


ESTIMATES = {
    "confirmed": (0.98, 0.975, 0.985),
    "lost": (0.0, 0.0, 1.5e-5),
    "persisted": (NAN, NAN, NAN),
    "confirm_latency_p50": (0.0123, 0.0121, 0.0125),
}


def test_estimates_are_told_with_interval_bound_or_reason():
    text = rows(shown(estimate_table(a_point(estimates=ESTIMATES), 80)))
    assert text["estimate"] == "value 95 % interval"
    assert text["confirmed"] == "98.00 % 97.50 to 98.50 %"
    assert text["lost"] == "none seen below 1.5e-5"
    assert text["persisted"] == "not defined the broker did not crash"
    assert text["confirm_latency_p50"] == "12.30 ms 12.10 to 12.50 ms"


def test_every_estimate_has_a_row():
    point = a_point()
    assert set(point.estimates) <= set(rows(shown(estimate_table(point, 80))))


def test_a_wide_screen_also_tells_what_the_names_mean():
    point = a_point()
    assert "confirmed and lost" in shown(estimate_table(point, 130), 130)
    assert "confirmed and lost" not in shown(estimate_table(point, 80), 80)


UNDECIDED = a_check(
    "P_lost", "lost", verdict=Verdict.UNDECIDED, power=0.12, more_messages=41000, predicted=0.01
)
DISAGREES = a_check("T", "service_mean", verdict=Verdict.DISAGREES, formula="1 / mu")
HOPELESS = a_check("L", "lost", verdict=Verdict.UNDECIDED, power=0.0, more_messages=-1)


def test_a_check_tells_in_words_what_it_can_see():
    text = " ".join(shown(check_table(a_point(checks=[a_check()])), 130).split())
    assert "P_ack 98.00 % 98.10 % agrees" in text
    assert "confirmed 97.50 to 98.70 % would notice 20 % with 93 %" in text


def test_an_undecided_check_tells_what_it_lacks():
    text = " ".join(shown(check_table(a_point(checks=[UNDECIDED, HOPELESS])), 130).split())
    assert "would notice 20 % with 12 %; needs 41,000 more messages" in text
    assert "would notice 20 % with less than 1 %; no number of messages would tell" in text


def test_a_check_that_disagrees_shows_its_formula():
    text = " ".join(shown(check_table(a_point(checks=[DISAGREES])), 130).split())
    assert "disagrees" in text
    assert "the formula: 1 / mu" in text


@pytest.mark.parametrize(
    ("check", "code", "word"),
    [(a_check(), "32", "agrees"), (DISAGREES, "1;31", "disagrees"), (UNDECIDED, "33", "undecided")],
)
def test_a_verdict_is_a_colour_and_a_word(check, code, word):
    assert f"\x1b[{code}m{word}" in shown(check_table(a_point(checks=[check])), colour=True)


def test_verdicts_are_counted():
    checks = [a_check(), a_check(), DISAGREES, UNDECIDED]
    assert verdicts(checks).plain == "2 agree, 1 disagrees, 1 undecided"
    assert verdicts([]).plain == "none"


def test_a_check_in_one_line():
    assert check_line(DISAGREES) == (
        "T disagrees: predicted 980.0 ms, simulated 981.0 ms (975.0 to 987.0 ms)"
    )


SKIPPED = [a_skipped("L", "not Poisson", "not M/M/1"), a_skipped("W", "not Poisson")]


def test_forms_that_do_not_hold_are_listed_by_what_breaks_them_first():
    text = shown(skipped_table(a_point(skipped=SKIPPED)))
    assert re.search(r"L, W +not Poisson", text)
    assert "not M/M/1" not in text


def test_all_reasons_are_told_on_demand():
    text = shown(skipped_table(a_point(skipped=SKIPPED), all_reasons=True))
    assert re.search(r"L +not Poisson; not M/M/1", text)
    assert re.search(r"W +not Poisson *\n", text)


def test_without_checks_there_are_no_tables_of_them():
    assert check_table(a_point()) is None
    assert skipped_table(a_point()) is None


def a_sweep(**file: object) -> object:
    points = [
        a_point(
            parameters={"producer.retries": retries, "disk.interval": interval},
            estimates={"lost": (lost, 0.0, lost or 1e-3)},
            checks=[a_check()],
        )
        for retries, interval, lost in ((0, "10 ms", 0.1), (5, "1 s", 0.0))
    ]
    return a_result(*points, **file)


def test_a_sweep_has_a_row_per_point():
    [table] = sweep_tables(a_sweep(), 200)
    lines = [line.split() for line in shown(table, 200).splitlines()]
    assert lines[-2][:7] == ["0", "10", "ms", "500", "ms", "10.0", "%"]
    assert lines[-1][:8] == ["5", "1", "s", "500", "ms", "<", "0.10", "%"]
    assert lines[-1][-2:] == ["1", "agrees"]


def test_the_estimates_of_the_plot_come_first_and_none_comes_twice():
    sweep = a_sweep(plot={"x": "sends_per_message", "y": "false_failure"})
    [table] = sweep_tables(sweep, 200)
    headings = [str(column.header).replace("\n", "") for column in table.columns]
    assert headings == [
        "producer.retries",
        "disk.interval",
        "sends per message",
        "false failure",
        "lost",
        "silent loss",
        "duplicated",
        "confirmed",
        "confirm latency p99",
        "checks",
    ]


def test_what_does_not_fit_goes_into_further_tables_with_the_parameters_again():
    tables = sweep_tables(a_sweep(), 60)
    assert len(tables) > 1
    headings = [[str(column.header) for column in table.columns] for table in tables]
    assert all(one[:2] == ["producer.\nretries", "disk.\ninterval"] for one in headings)
    rest = [heading for one in headings for heading in one[2:]]
    assert len(rest) == len(set(rest)) == 8


@pytest.mark.parametrize("width", [40, 60, 80, 130, 200])
def test_no_cell_of_a_sweep_is_cut_off(width):
    text = "".join(shown(table, width) for table in sweep_tables(a_sweep(), width))
    assert text.count("1 agrees") == 2
    assert "…" not in text


@pytest.mark.parametrize("width", WIDTHS)
def test_all_tables_fit_the_screen(width):
    point = a_point(
        samples=[a_sample(causes={Cause.NETWORK: 20})],
        estimates=ESTIMATES,
        checks=[a_check(), UNDECIDED, DISAGREES],
        skipped=SKIPPED,
    )
    tables = [
        outcome_table(point),
        cause_table(point),
        estimate_table(point, width),
        check_table(point),
        skipped_table(point),
    ]
    for table in tables:
        text = shown(table, width)
        assert "…" not in text
        assert max(len(line.rstrip()) for line in text.splitlines()) <= width
        assert not re.search(r"(?<![\d.])0(\.0*)? %", text)


GOOD = ((2000, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0))
SILENT = (0.0, 0.0, 1.5e-3)
KEPT = "no confirmed message was lost (silent loss below 0.15 % at 95 %)"


@pytest.mark.parametrize(
    ("matrix", "text"),
    [
        (GOOD, f"All 2,000 messages were confirmed; {KEPT}; each had exactly one effect."),
        (
            ((1960, 0, 0, 0, 0), (8, 12, 0, 20, 0), (0, 0, 0, 0, 0)),
            f"""Of 2,000 messages, 40 failed; of the failed, 20 were lost, 20 had an effect all the
            same; {KEPT}; 12 had two effects or more.""",
        ),
        (
            ((1998, 0, 0, 1, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 0)),
            "Of 2,000 messages, 1 failed; it was lost; 1 confirmed message was lost silently.",
        ),
        (
            ((1990, 0, 3, 1, 4), (2, 0, 0, 0, 0), (0, 0, 0, 0, 0)),
            """Of 2,000 messages, 2 failed; of the failed, all had an effect all the same;
            1 confirmed message was lost silently; 3 confirmed messages were parked as dead letters;
            4 confirmed messages were pending in the end.""",
        ),
        (
            ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), (1940, 0, 0, 60, 0)),
            """Of 2,000 messages, all stayed unknown to their producer; of the unknown ones, 60 were
            lost, 1,940 had an effect.""",
        ),
    ],
)
def test_what_happened_is_told_in_one_sentence(matrix, text):
    assert sum(map(sum, matrix)) == 2000
    point = a_point(samples=[a_sample(matrix)], estimates={"silent_loss": SILENT})
    assert sentence(point) == " ".join(text.split())


def test_a_bound_that_is_no_number_is_not_needed_where_something_was_lost():
    matrix = ((9, 0, 0, 1, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0))
    point = a_point(samples=[a_sample(matrix)], estimates={"silent_loss": (0.1, math.nan, NAN)})
    assert "nan" not in sentence(point)
