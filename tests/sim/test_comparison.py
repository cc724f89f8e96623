"""Points of a sweep against the best of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from sim.cli.app import app
from sim.comparison import compare
from sim.tables.comparison import selection_sentence
from tests.sim.made import a_point, a_result, a_sample


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


def test_all_intervals_hold_together_and_the_best_is_chosen_as_often_as_is_said():
    luck = np.random.default_rng(5)
    truth, runs = np.array([0.20, 0.21, 0.23, 0.23]), 600
    hold = chosen = 0
    said = 0.0
    for _ in range(runs):
        shared = luck.normal(0.0, 4.0, 15)
        counts = [100 * share + shared + luck.normal(0.0, 2.0, 15) for share in truth]
        made = compare(a_sweep(*counts), "lost")
        best = made.best.parameters["producer.retries"]
        hold += all(
            other.low
            <= truth[other.point.parameters["producer.retries"]] - truth[best]
            <= other.high
            for other in made.differences
        )
        chosen += best == 0
        said += made.probability
    error = 3 * math.sqrt(0.05 * 0.95 / runs)
    assert hold / runs > 0.95 - error
    assert chosen / runs > said / runs - 3 * math.sqrt(0.25 / runs)


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
