"""The commands on stored results, and what is kept of a run, as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from sim.cli.app import app
from sim.executors import WorkersError

FILE = """
title = "Lost ones"
seed = 3
[run]
messages = 200
replications = 3
warmup = "0 s"
[producer]
backoff = { law = "none" }
[network.publish]
delay = "1 ms"
loss = 0.3
[broker]
confirm_when = "received"
[check]
formulas = []
[sweep]
"producer.retries" = [0, 1]
"""


def msgfate(*arguments: str):
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("lost.toml").write_text(FILE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def kept(here):
    """Return the name of a stored result."""
    msgfate("run", "lost.toml", "--no-plot", "--quiet")
    [folder] = (here / "results").iterdir()
    return folder.name


def test_a_run_tells_where_it_is_kept_and_the_next_finds_it(here):
    first = msgfate("run", "lost.toml", "--no-plot", "--json", "a.json")
    [folder] = (here / "results").iterdir()
    assert f"kept in results/{folder.name}\n" in first.stderr
    again = msgfate("run", "lost.toml", "--no-plot", "--json", "b.json")
    assert f"already there: results/{folder.name}\n" in again.stderr
    assert again.stdout == first.stdout
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()


@pytest.mark.usefixtures("here")
def test_nothing_is_kept_if_nobody_wants_it():
    ran = msgfate("run", "lost.toml", "--no-plot", "--no-store")
    assert ran.exit_code == 0
    assert ran.stderr == ""
    assert not Path("results").exists()


@pytest.mark.usefixtures("here")
def test_other_commands_use_what_is_there():
    msgfate("run", "lost.toml", "--no-plot", "--quiet")
    for command in (
        ["compare", "lost.toml", "--estimate", "lost"],
        ["best", "lost.toml", "--minimize", "lost"],
    ):
        ran = msgfate(*command)
        assert ran.exit_code == 0
        assert "already there: results/lost-" in ran.stderr


@pytest.mark.usefixtures("here")
def test_the_same_with_two_workers():
    one = msgfate("run", "lost.toml", "--no-plot", "--results", "one", "--workers", "1")
    two = msgfate("run", "lost.toml", "--no-plot", "--results", "two", "--workers", "2")
    assert one.stdout == two.stdout
    tables = [sorted(Path(name).glob("*/*.parquet")) for name in ("one", "two")]
    assert [p.read_bytes() for p in tables[0]] == [p.read_bytes() for p in tables[1]]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "be greater than or equal to 1"),
        (["--workers", "2", "--cluster", "tcp://a:1"], "exclude each other"),
        (["--cluster", "nowhere"], "--cluster nowhere: no scheduler there"),
        (["--results", "lost.toml"], "lost.toml/lost-"),
    ],
)
def test_bad_input(arguments, message):
    ran = msgfate("run", "lost.toml", "--no-plot", *arguments)
    assert ran.exit_code == 2
    assert message in ran.stderr


def test_a_damaged_result_is_named_and_nothing_is_shown(kept):
    table = Path("results", kept, "points.parquet")
    table.write_bytes(table.read_bytes()[:-1])
    for command in (["run", "lost.toml", "--no-plot"], ["results", kept], ["plot", kept]):
        ran = msgfate(*command)
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert f"results/{kept}/points.parquet is damaged" in ran.stderr


def test_a_point_that_fails_is_told_and_the_rest_is_shown(here, monkeypatch):
    from sim import runner

    real = runner.evaluate

    def poisoned(experiment, parameters, *rest):
        if parameters == {"producer.retries": 1}:
            raise ValueError("poison")
        return real(experiment, parameters, *rest)

    monkeypatch.setattr(runner, "evaluate", poisoned)
    ran = msgfate("run", "lost.toml", "--no-plot")
    assert ran.exit_code == 3
    assert "failed: producer.retries = 1: ValueError: poison\n1 of 2 points failed\n" in ran.stderr
    assert "Of 600 messages" in ran.stdout
    assert msgfate("compare", "lost.toml").exit_code == 3
    monkeypatch.setattr(runner, "evaluate", real)
    assert msgfate("run", "lost.toml", "--no-plot").exit_code == 0
    assert len(list((here / "results").iterdir())) == 1


# Looking at what is kept.


def test_where_all_points_fail_that_is_told_and_nothing_else(here, monkeypatch):
    def poisoned(*_):
        raise ValueError("poison")

    monkeypatch.setattr("sim.runner.evaluate", poisoned)
    for command in ("run", "compare"):
        ran = msgfate(command, "lost.toml")
        assert ran.exit_code == 3
        assert ran.stderr.endswith("ValueError: poison\n2 of 2 points failed\n")
    [folder] = (here / "results").iterdir()
    assert not (folder / "manifest.json").exists()


@pytest.mark.usefixtures("here")
def test_without_workers_that_is_told(monkeypatch):
    def nobody(*_):
        raise WorkersError("worker processes die before they begin")

    monkeypatch.setattr("sim.executors.Here.wait", nobody)
    ran = msgfate("run", "lost.toml", "--no-plot")
    assert (ran.exit_code, ran.stderr) == (2, "worker processes die before they begin\n")


def test_a_new_title_stands_in_the_stored_result_too(kept):
    text = Path("lost.toml").read_text(encoding="utf-8")
    Path("lost.toml").write_text(text.replace("Lost ones", "Those lost"), encoding="utf-8")
    ran = msgfate("run", "lost.toml", "--no-plot")
    assert f"already there: results/{kept}" in ran.stderr
    assert msgfate("results", kept).stdout.startswith("Those lost")
    assert "Those lost" in msgfate("results").stdout


@pytest.mark.usefixtures("here")
def test_names_that_are_too_long_are_cut_or_not_found():
    Path("x" * 240 + ".toml").write_text(FILE, encoding="utf-8")
    assert msgfate("run", "x" * 240 + ".toml", "--no-plot", "--quiet").exit_code == 0
    ran = msgfate("report", "y" * 300)
    assert ran.exit_code == 2
    assert "no result in results is called y" in ran.stderr


def test_the_list(kept):
    ran = msgfate("results")
    assert kept in ran.stdout
    assert "Lost ones" in ran.stdout
    assert "1,200" in ran.stdout


@pytest.mark.usefixtures("here")
def test_an_empty_list():
    assert "no results in results" in msgfate("results").stdout
    ran = msgfate("plot", "lost")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "no result in results is called lost; there is none" in ran.stderr


def test_a_result_is_found_by_its_name_its_folder_and_a_part(kept):
    shown = {msgfate("results", name).stdout for name in (kept, f"results/{kept}", "lost", "lo")}
    assert len(shown) == 1
    assert "Lost ones" in shown.pop()
    ran = msgfate("results", "lots-123")
    assert ran.exit_code == 2
    assert f"did you mean {kept}?" in ran.stderr or f"there are {kept}" in ran.stderr


def test_a_result_is_found_by_its_experiment_file(kept):
    msgfate("run", "lost.toml", "--no-plot", "--quiet", "--seed", "4")
    assert msgfate("results", "lost.toml").stdout == msgfate("results", kept).stdout
    Path("other.toml").write_text(FILE.replace("seed = 3", "seed = 9"), encoding="utf-8")
    ran = msgfate("plot", "other.toml")
    assert ran.exit_code == 2
    assert ran.stderr == "other.toml has no result in results yet: msgfate run other.toml\n"
    Path("wrong.toml").write_text("seed = -1", encoding="utf-8")
    assert "seed must be >= 0" in msgfate("report", "wrong.toml").stderr


def test_what_another_version_has_found_can_be_looked_at(kept, monkeypatch):
    monkeypatch.setattr("sim.store.folder.made_with", lambda: {"msgfate": "9.9"})
    monkeypatch.setattr("sim.store.listing.made_with", lambda: {"msgfate": "9.9"})
    assert "by another version" in " ".join(msgfate("results").stdout.split())
    assert msgfate("results", "lost.toml").exit_code == 0
    # But it is not taken for what this version would find.
    assert "kept in" in msgfate("run", "lost.toml", "--no-plot").stderr
    assert len([path for path in Path("results").iterdir() if path.is_dir()]) == 2
    assert kept in msgfate("results").stdout


def test_two_that_may_be_meant_are_named(kept):
    msgfate("run", "lost.toml", "--no-plot", "--quiet", "--seed", "4")
    ran = msgfate("results", "lost")
    assert ran.exit_code == 2
    assert "lost may be any of " in ran.stderr
    assert kept in ran.stderr


def test_two_are_compared(kept):
    msgfate("run", "lost.toml", "--no-plot", "--quiet", "--set", "network.publish.loss=0.4")
    other = next(p.name for p in Path("results").iterdir() if p.name != kept)
    ran = msgfate("results", kept, other)
    assert ran.exit_code == 0
    assert "Lost, point by point" in ran.stdout
    assert "Both have the same seed" in ran.stdout
    wrong = msgfate("results", kept, other, "--estimate", "lots")
    assert wrong.exit_code == 2
    assert "--estimate must name an estimate, got lots" in wrong.stderr


def test_one_as_csv(kept):
    msgfate("results", kept, "--csv", "lost.csv")
    table = pd.read_csv("lost.csv")
    assert table["producer.retries"].tolist() == [0, 1]
    assert msgfate("results", kept, "--csv", "-").stdout == Path("lost.csv").read_text()
    assert msgfate("results", "--csv", "-").exit_code == 2


def test_pictures(kept):
    assert msgfate("plot", kept).exit_code == 0
    assert Path("results", f"{kept}-plot.png").read_bytes().startswith(b"\x89PNG")
    ran = msgfate("plot", kept, "--kind", "lines", "--y", "lost", "-o", "a.svg")
    assert ran.exit_code == 0
    assert ran.stderr == "wrote a.svg\n"
    assert Path("a.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "heatmap"], "--kind heatmap: "),
        (["--kind", "line"], 'did you mean "lines"?'),
        (["--x", "lost"], "--x needs a --kind"),
        (["-o", "a.gif"], "--output must end in .png, .svg, .pdf, got a.gif"),
        (["--kind", "latency", "--point", "9"], "--kind latency: "),
    ],
)
def test_pictures_that_cannot_be_drawn(kept, arguments, message):
    ran = msgfate("plot", kept, *arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert message in ran.stderr


@pytest.mark.usefixtures("here")
def test_the_kinds_of_pictures():
    shown = msgfate("plot", "any", "--kind", "help").stdout
    assert all(name in shown for name in ("tradeoff", "heatmap", "causes"))


def test_a_page(kept):
    ran = msgfate("report", kept)
    assert ran.exit_code == 0
    page = Path("results", f"{kept}.html").read_text(encoding="utf-8")
    manifest = json.loads(Path("results", kept, "manifest.json").read_text(encoding="utf-8"))
    assert "<h1" in page
    assert "Lost ones" in page
    assert manifest["made_with"]["source"] in page


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("estimate", "best"), [("lost", 1), ("delivered", 1), ("sends_per_message", 0)]
)
def test_the_best_is_what_is_usually_wanted(estimate, best):
    ran = msgfate("compare", "lost.toml", "--estimate", estimate)
    assert f"The best is retries = {best}, " in " ".join(ran.stdout.split())
