"""Points of a sweep against the best of them."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from rich.console import Console
from scipy import stats
from typer.testing import CliRunner

from sim.cli.app import app
from sim.comparison import compare
from sim.tables.comparison import comparison_table, neighbours_table, selection_sentence
from tests.sim.made import a_point, a_result, a_sample
from tests.theory.coverage import of_times


def a_sweep(*counts, messages=100.0):
    """Points whose replications lost so many of *messages* each."""
    points = []
    for number, lost in enumerate(counts):
        samples = [
            replace(a_sample(replication=place), parts={"lost": (float(one), messages)})
            for place, one in enumerate(lost)
        ]
        points.append(a_point(parameters={"producer.retries": number}, samples=samples))
    return a_result(*points, sweep={"producer.retries": list(range(len(counts)))})


def test_a_difference_is_taken_replication_by_replication():
    # Both move together: what they have in common makes no difference.
    made = compare(a_sweep([10, 20, 30, 40], [13, 22, 33, 42]), "lost")
    assert made.best.parameters == {"producer.retries": 0}
    (other,) = made.differences
    assert other.value == pytest.approx(0.025)
    error = np.std([3, 2, 3, 2], ddof=1) / 100 / math.sqrt(4)
    half = stats.t.ppf(0.975, 3) * error
    assert (other.low, other.high) == pytest.approx((0.025 - half, 0.025 + half))
    apart = np.var([10, 20, 30, 40], ddof=1) + np.var([13, 22, 33, 42], ddof=1)
    assert other.saved == pytest.approx(apart / np.var([3, 2, 3, 2], ddof=1))
    assert made.probability == pytest.approx(1 - stats.t.sf(0.025 / error, 3))


def test_the_highest_can_be_the_best():
    made = compare(a_sweep([10, 20], [13, 22], [1, 2]), "lost", highest=True)
    assert made.best.parameters == {"producer.retries": 1}
    assert [other.point.parameters["producer.retries"] for other in made.differences] == [0, 2]
    assert all(other.value < 0 for other in made.differences)


def test_what_no_replication_tells_apart_is_alike():
    made = compare(a_sweep([0, 0, 0], [0, 0, 0], [5, 6, 7]), "lost")
    first, last = made.differences
    assert first.alike
    assert math.isnan(first.low)
    assert not last.alike
    assert made.probability <= 0.5
    assert "cannot be told apart from retries = 1" in selection_sentence(made)


def test_two_points_are_needed_and_two_replications():
    with pytest.raises(ValueError, match="lost can be compared only where two points have it"):
        compare(a_sweep([1], [2]), "lost")
    with pytest.raises(ValueError, match="here are 1"):
        compare(a_sweep([1, 2]), "lost")


def test_quantiles_are_compared_replication_by_replication():
    luck = np.random.default_rng(6)
    shared = [luck.exponential(1.0, 400) for _ in range(10)]
    points = [
        a_point(
            parameters={"producer.retries": number},
            samples=of_times([row + luck.exponential(delay, 400) for row in shared]),
        )
        for number, delay in enumerate((0.1, 0.2))
    ]
    made = compare(a_result(*points, sweep={"producer.retries": [0, 1]}), "confirm_latency_p90")
    (other,) = made.differences
    assert 0.0 < other.low < other.value < other.high
    assert other.saved > 2.0  # most of the luck is the same
    assert made.probability > 0.99


def test_tails_of_too_few_are_not_told_apart():
    luck = np.random.default_rng(6)
    points = [
        a_point(
            parameters={"producer.retries": number},
            samples=of_times(luck.exponential(1.0, (5, 400))),
        )
        for number in range(2)
    ]
    made = compare(a_result(*points, sweep={"producer.retries": [0, 1]}), "confirm_latency_p999")
    (other,) = made.differences
    assert math.isnan(other.low)
    assert not other.alike
    assert made.probability == 0.5
    console = Console(width=120, record=True)
    console.print(comparison_table(made))
    assert "from too few to tell" in console.export_text()


def test_each_is_set_against_the_best_and_against_the_one_before():
    made = compare(a_sweep([13, 22, 33, 42], [10, 20, 30, 40], [30, 41, 50, 61]), "lost")
    assert [step.point.parameters["producer.retries"] for step in made.steps] == [0, 2]
    first, last = made.steps
    assert first == made.differences[0]
    assert last.value == pytest.approx(0.18)
    assert last.value + first.value == pytest.approx(made.differences[1].value)
    # Of three points there are three pairs, whichever two are looked at.
    error = np.std([17, 19, 17, 19], ddof=1) / 100 / math.sqrt(4)
    half = stats.t.ppf(1 - 0.025 / 3, 3) * error
    assert (last.low, last.high) == pytest.approx((0.18 - half, 0.18 + half))
    assert last.apart
    assert not compare(a_sweep([10, 20, 30], [13, 19, 31]), "lost").steps[0].apart


def test_the_table_of_neighbours_says_which_are_told_apart():
    made = compare(a_sweep([10, 20, 30, 40], [11, 19, 31, 40], [30, 41, 50, 61]), "lost")
    console = Console(width=120, record=True)
    console.print(neighbours_table(made))
    second, third = console.export_text().splitlines()[-2:]
    assert second.startswith("2 after 1  retries = 1")
    assert " no " in second
    assert third.startswith("3 after 2  retries = 2  20.2 % [")
    assert " yes " in third


# ---------------------------------------------------------------- known truths, many results

SEEDS = 500
TRUTHS = {
    "far apart": ([0.20, 0.215, 0.23, 0.23], [2.0] * 4),
    "two nearly alike": ([0.20, 0.2000001], [2.0] * 2),
    "nearly alike": ([0.20, *[0.2000001] * 7], [2.0] * 8),
    "one varies more": ([0.20, 0.203, 0.203, 0.21], [1.0, 6.0, 1.0, 2.0]),
}


@cache
def many(name):
    """Results of one truth: those compared, and whether the first point, the best, was chosen."""
    points = list(zip(*TRUTHS[name], strict=True))
    luck = np.random.default_rng(5)
    first = a_sweep(*[[1] * 15 for _ in points])
    found = []
    for _ in range(SEEDS):
        shared = luck.normal(0.0, 4.0, 15)
        counts = [100 * share + shared + luck.normal(0.0, spread, 15) for share, spread in points]
        made = compare(redrawn(first, counts), "lost")
        found.append((made, made.best.parameters["producer.retries"] == 0))
    return found


def redrawn(result, counts):
    """The same points, whose replications lost so many of 100 messages each instead."""
    points = []
    for point, lost in zip(result.points, counts, strict=True):
        pairs = zip(point.samples, lost, strict=True)
        samples = [replace(sample, parts={"lost": (float(one), 100.0)}) for sample, one in pairs]
        points.append(replace(point, samples=tuple(samples)))
    return replace(result, points=tuple(points))


def beyond(share):
    """The most of `SEEDS` results that may do what *share* of them do, but for one in a million."""
    return stats.binom.isf(1e-6, SEEDS, share)


@pytest.mark.parametrize("name", TRUTHS)
def test_all_intervals_hold_together(name):
    truth, _ = TRUTHS[name]
    missed = sum(not all(covered(made, truth)) for made, _ in many(name))
    assert missed <= beyond(0.05)


def covered(made, truth):
    """Whether each difference of *made*, from the best and from the one before, is the true one."""
    ranked = [made.best, *(other.point for other in made.differences)]
    places = [point.parameters["producer.retries"] for point in ranked]
    for place, (far, step) in enumerate(zip(made.differences, made.steps, strict=True), 1):
        here = truth[places[place]]
        yield far.low <= here - truth[places[0]] <= far.high
        yield step.low <= here - truth[places[place - 1]] <= step.high


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("doubt", [0.01, 0.05, 0.1, 0.2, 0.5])
def test_a_wrong_one_is_seldom_chosen_without_doubt(name, doubt):
    wrong = sum(not right and made.probability >= 1 - doubt for made, right in many(name))
    assert wrong <= beyond(doubt)


def test_where_points_differ_the_best_is_chosen_as_often_as_is_said():
    found = many("far apart")
    said = sum(made.probability for made, _ in found)
    assert sum(right for _, right in found) >= said - 5 * math.sqrt(SEEDS / 4)
    assert sum(made.steps[0].apart for made, _ in found) > SEEDS / 10  # it can be told


def test_of_two_that_are_nearly_alike_each_is_chosen_in_half_of_the_results():
    # This is what the probability does not promise: see `sim.comparison`.
    found = many("two nearly alike")
    assert sum(right for _, right in found) <= beyond(0.5)
    assert np.mean([made.probability for made, _ in found]) > 0.7


def test_shared_luck_saves_what_it_should():
    # Apart each has a variance of 4^2 + 2^2, together their difference one of 2 * 2^2.
    saved = [made.steps[0].saved for made, _ in many("two nearly alike")]
    assert np.median(saved) == pytest.approx(2 * (16 + 4) / 8, rel=0.1)


def test_the_command_says_which_is_the_best(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = """
        title = "Losses"
        [run]
        messages = 200
        replications = 5
        warmup = 0
        [producer]
        arrivals = { law = "regular", rate = "10/s" }
        retries = 0
        [network.publish]
        loss = 0.5
    """
    (tmp_path / "one.toml").write_text(file, encoding="utf-8")
    sweep = file + '[sweep]\n"network.publish.loss" = [0.5, 0.1]\n'
    (tmp_path / "two.toml").write_text(sweep, encoding="utf-8")
    ran = CliRunner().invoke(app, ["compare", "two.toml", "--estimate", "lost"])
    assert ran.exit_code == 0, ran.output
    assert "The best is loss = 0.1, with a probability of 99.9 % at least." in ran.stdout
    assert "the best" in ran.stdout
    for arguments, words in (
        (["one.toml"], "a comparison needs a [sweep]"),
        (["two.toml", "--estimate", "speed"], "must be one of"),
        (["two.toml", "--set", "run.replications=1"], "two replications or more"),
        (["none.toml"], "none.toml"),
    ):
        refused = CliRunner().invoke(app, ["compare", *arguments])
        assert refused.exit_code == 2, refused.output
        assert words in refused.stderr.replace("\n", " ")
