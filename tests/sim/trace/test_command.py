"""`msgfate trace`: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from sim.cli.app import app

ROOT = Path(__file__).parents[3]
FILE = """
title = "Small <& careful>"
seed = 3
[run]
messages = 40
replications = 2
warmup = "1 s"
[producer]
arrivals = { law = "regular", rate = "10/s" }
timeout = "100 ms"
retries = 1
backoff = { law = "none" }
[network.publish]
delay = "1 ms"
loss = 0.3
[broker]
confirm_when = "received"
"""
SWEEP = f'{FILE}\n[sweep]\n"producer.retries" = [0, 1]\n'


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(FILE, encoding="utf-8")
    Path("sweep.toml").write_text(SWEEP, encoding="utf-8")
    return tmp_path


def traced(*arguments: str):
    return CliRunner().invoke(app, ["trace", *arguments], catch_exceptions=False)


def files() -> set[str]:
    return {path.name for path in Path().iterdir()} - {"small.toml", "sweep.toml"}


def test_a_message_is_found_and_shown():
    ran = traced("small.toml", "--fate", "duplicated")
    assert ran.exit_code == 0
    lines = ran.stdout.splitlines()
    assert lines[0] == "Small <& careful>"
    assert lines[1].startswith("message ")
    assert " of producer 0, created at 1." in lines[1]
    assert lines[1].endswith("; replication 0, seed 3")
    assert "Confirmed after " in lines[-1]
    assert "; duplicated, 2 effects, the first after " in lines[-1]
    assert max(map(len, lines)) <= 80
    assert ran.stderr == ""


def test_the_same_seed_gives_the_same_trace_and_another_one_another():
    arguments = ("small.toml", "--fate", "failed", "--svg", "a.svg", "--perfetto", "a.json")
    drawn = [traced(*arguments).stdout]
    written = [Path("a.svg").read_bytes() + Path("a.json").read_bytes()]
    drawn.append(traced(*arguments).stdout)
    written.append(Path("a.svg").read_bytes() + Path("a.json").read_bytes())
    assert drawn[0] == drawn[1]
    assert written[0] == written[1]
    assert traced(*arguments, "--seed", "4").stdout != drawn[0]


def test_a_message_has_a_number_that_counts_the_warm_up():
    ran = traced("small.toml", "--message", "2", "--replication", "1")
    assert "message 2 of producer 0" in ran.stdout
    assert "replication 1, seed 3\nnot measured: it was created in the warm-up\n" in ran.stdout
    measured = traced("small.toml", "--message", "12").stdout
    assert "not measured" not in measured


def test_a_point_of_a_sweep_is_named():
    first_point = traced("sweep.toml", "--fate", "lost")
    assert "\npoint 1 of 2: producer.retries = 0\n" in first_point.stdout
    assert "; lost after 0 s by network (the network lost it): a reported loss." in " ".join(
        first_point.stdout.split("\n")
    )
    second = traced("sweep.toml", "--fate", "confirmed", "--point", "2")
    assert "\npoint 2 of 2: producer.retries = 1\n" in second.stdout


def test_all_that_is_asked_for_must_be_so():
    ran = traced("small.toml", "--fate", "failed", "--fate", "once")
    assert "a false failure." in ran.stdout
    assert traced("small.toml", "--fate", "False-Failure").stdout == ran.stdout


def test_nothing_found_is_told_with_where_it_was_looked_for():
    ran = traced("sweep.toml", "--fate", "silent_loss")
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr == (
        "no message was silent_loss in 2 replications of 40 messages at producer.retries = 0; "
        "--set run.replications=20 looks further, and [run.rare] with "
        'estimate = "silent_loss" finds how rare it is\n'
    )
    ran = traced("small.toml", "--fate", "page_cache", "--replication", "1")
    assert ran.exit_code == 1
    assert "in replication 1 of 40 messages; another --replication may have one" in ran.stderr
    assert 'estimate = "lost"' in ran.stderr


def test_drawings_are_written():
    ran = traced("small.toml", "--fate", "lost", "--svg", "out/a.svg", "--perfetto", "b.json")
    assert ran.exit_code == 0
    assert ran.stderr == f"wrote {Path('out/a.svg')}\nwrote b.json\n"
    root = ET.fromstring(Path("out/a.svg").read_text(encoding="utf-8"))  # noqa: S314 - our own
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words[0] == "Small <& careful>"
    assert "attempt 1 lost: network" in words
    events = json.loads(Path("b.json").read_text(encoding="utf-8"))["traceEvents"]
    assert {event["ph"] for event in events} >= {"M", "X", "i"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["small.toml", "--fate", "silent_los"],
            "--fate must be what a message can be, got silent_los; did you mean silent_loss?",
        ),
        (
            ["small.toml", "--fate", "zzz"],
            "--fate must be what a message can be, got zzz; known are once, duplicated, dead_",
        ),
        (
            ["small.toml", "--message", "50000"],
            "--message must be between 0 and 50 in replication 0, got 50000",
        ),
        (["small.toml", "--message", "-1"], "--message must be between 0 and 50 in replication 0"),
        (
            ["sweep.toml", "--fate", "lost", "--point", "3"],
            "--point must be between 1 and 2, got 3 (1: producer.retries = 0; 2: producer.ret",
        ),
        (["small.toml", "--fate", "lost", "--point", "0"], "--point must be between 1 and 1"),
        (
            ["small.toml", "--fate", "lost", "--set", "producer.retires=3"],
            "producer.retires is not a known key (small.toml); did you mean producer.retries?",
        ),
        (["none.toml", "--fate", "lost"], "the file cannot be read: no such file or directory"),
        (["small.toml", "--fate", "lost", "--svg", "a.png"], "--svg must end in .svg, got a.png"),
        (
            ["small.toml", "--fate", "lost", "--perfetto", "a.toml"],
            "--perfetto must end in .json, got a.toml",
        ),
        (
            ["small.toml", "--fate", "lost", "--svg", "small.toml/a.svg"],
            "--svg must lie in a folder, and ",
        ),
    ],
)
def test_bad_input(arguments, message):
    ran = traced(*arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(message)
    assert files() == set()


def test_all_mistakes_are_told_at_once():
    ran = traced("small.toml", "--fate", "gone", "--svg", "a.png", "--seed", "-1")
    assert len(ran.stderr.splitlines()) == 3


@pytest.mark.parametrize("wanted", [[], ["--fate", "lost", "--message", "1"]])
def test_one_way_to_choose_a_message(wanted):
    ran = traced("small.toml", *wanted)
    assert ran.exit_code == 2
    assert "one of --fate and --message" in ran.stderr


def test_a_file_that_cannot_be_finished(monkeypatch):
    def full(_self, _target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    ran = traced("small.toml", "--fate", "lost", "--svg", "a.svg")
    assert ran.exit_code == 2
    assert ran.stderr == "--svg a.svg cannot be written: No space left on device\n"
    assert "a reported loss" in ran.stdout
    assert files() == set()


def test_an_interruption_is_one_line(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.cli.trace.look_for", interrupted)
    ran = traced("small.toml", "--fate", "lost")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (130, "", "interrupted\n")


def test_one_of_several_groups_can_be_shown_alone():
    Path("fan.toml").write_text(
        FILE.replace("[broker]", '[consumer]\ngroups = 3\n[broker]\nrouting = "fanout"'),
        encoding="utf-8",
    )
    every = traced("fan.toml", "--fate", "once").stdout
    alone = traced("fan.toml", "--fate", "once", "--group", "1").stdout
    assert all(f"group {group}: stored" in every for group in range(3))
    assert {f"group {group}: stored" in alone for group in (0, 2)} == {False}
    assert "group 1: stored" in alone
    assert "; group 1: once, its effect after " in alone
    refused = traced("fan.toml", "--fate", "once", "--group", "3")
    assert (refused.exit_code, refused.stderr) == (2, "--group must be between 0 and 2, got 3\n")


def test_the_readme_shows_what_is_printed(monkeypatch):
    monkeypatch.chdir(ROOT)
    readme = Path("README.md").read_text(encoding="utf-8")
    asked, _, shown = readme.partition("`msgfate trace experiments/")[2].partition(
        "`:\n\n```text\n"
    )
    ran = traced(*f"experiments/{asked}".split())
    told = "\n".join(line.rstrip() for line in ran.stdout.splitlines())
    assert shown.startswith(f"{told}\n```\n")
