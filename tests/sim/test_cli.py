from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sim.checks.check import Verdict
from sim.cli import outputs
from sim.cli.app import app
from sim.cli.progress import progress_text, shown_progress
from sim.config import json_schema
from sim.tally import Status
from tests.sim.made import a_check, a_point, a_result, retry_sweep

FILE = """
title = "Small"
question = "How much is lost?"
seed = 3
[run]
messages = 40
replications = 2
warmup = "0 s"
[producer]
backoff = { law = "none" }
[network.publish]
delay = "1 ms"
loss = 0.3
[broker]
confirm_when = "received"
"""
SWEEP = f'{FILE}\n[sweep]\n"producer.retries" = [0, 1, 2]\n'


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(FILE, encoding="utf-8")
    Path("sweep.toml").write_text(SWEEP, encoding="utf-8")
    return tmp_path


def msgfate(*arguments: str):
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def files() -> set[str]:
    """Return what was written, besides what is kept of each run."""
    found = {str(path) for path in Path().rglob("*") if path.is_file()}
    kept = {path for path in found if re.search(r"-[0-9a-f]{10}/", path)}
    return found - kept - {"small.toml", "sweep.toml"}


def said(ran) -> str:
    """Return what was told beside the result, but for where it is kept."""
    return re.sub(r"^(kept in|already there:) results/.*\n", "", ran.stderr, flags=re.MULTILINE)


def returns(result):
    """Return a stand-in for running that gives *result*."""
    return lambda *_, **__: result


# What is shown.


def test_a_run_shows_question_tables_and_summary():
    ran = msgfate("run", "small.toml", "--no-plot")
    assert ran.exit_code == 0
    assert ran.stdout.startswith(
        "Small\nHow much is lost?\nseed 3; 2 replications of 40 messages\n"
    )
    for title in ("Outcomes of 80 messages", "Estimates over 2 replications", "Checks against"):
        assert title in ran.stdout
    assert "Of 80 messages, " in ran.stdout
    assert said(ran) == ""


def test_a_sweep_shows_a_row_and_a_sentence_per_point():
    ran = msgfate("run", "sweep.toml", "--no-plot")
    assert ran.exit_code == 0
    assert "3 points" in ran.stdout
    for retries in range(3):
        assert f"\nproducer.retries = {retries}\n" in ran.stdout
    assert "Outcomes of" not in ran.stdout


def test_details_show_all_tables_of_each_point():
    ran = msgfate("run", "sweep.toml", "--no-plot", "--details")
    assert ran.stdout.count("Outcomes of 80 messages") == 3


def test_quiet_shows_only_the_summary():
    ran = msgfate("run", "small.toml", "--quiet")
    assert "Of 80 messages, " in ran.stdout
    assert "Estimates" not in ran.stdout
    assert said(ran) == ""
    assert files() == {"results/small.png"}


def test_options_override_the_file():
    arguments = ("--set", "producer.retries=0", "--seed", "0", "--replications", "3")
    ran = msgfate("run", "small.toml", "--no-plot", "--quiet", *arguments)
    assert "seed 0; 3 replications of 40 messages" in ran.stdout


# What is written.


def test_the_plot_is_called_after_the_experiment():
    ran = msgfate("run", "small.toml")
    assert files() == {"results/small.png"}
    assert Path("results/small.png").read_bytes().startswith(b"\x89PNG")
    assert said(ran) == f"wrote {Path('results/small.png')}\n"


@pytest.mark.parametrize(("name", "start"), [("a/b.svg", b"<?xml"), ("c.PDF", b"%PDF")])
def test_a_plot_may_be_called_otherwise(name, start):
    assert msgfate("run", "sweep.toml", "--plot", name).exit_code == 0
    assert files() == {name}
    assert Path(name).read_bytes().startswith(start)


def test_json_goes_to_a_file():
    ran = msgfate("run", "sweep.toml", "--no-plot", "--json", "out/result.json")
    assert files() == {"out/result.json"}
    document = json.loads(Path("out/result.json").read_text(encoding="utf-8"))
    assert [point["parameters"]["producer.retries"] for point in document["points"]] == [0, 1, 2]
    assert "3 points" in ran.stdout


def test_json_to_standard_output_is_all_there_is():
    ran = msgfate("run", "small.toml", "--json", "-")
    document = json.loads(ran.stdout)
    assert document["experiment"]["seed"] == 3
    assert files() == {"results/small.png"}


def test_a_file_that_was_there_is_replaced_whole():
    Path("result.json").write_text("x" * 10**6, encoding="utf-8")
    Path("link.json").symlink_to("result.json")
    msgfate("run", "small.toml", "--no-plot", "--json", "link.json")
    assert Path("link.json").is_symlink()
    json.loads(Path("result.json").read_text(encoding="utf-8"))


def test_a_device_is_written_to_and_not_replaced():
    assert msgfate("run", "small.toml", "--no-plot", "--json", os.devnull).exit_code == 0
    assert not Path(os.devnull).is_file()


def test_a_file_that_cannot_be_finished_leaves_nothing_behind(monkeypatch):
    def full(_self, _target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    ran = msgfate("run", "small.toml", "--no-plot", "--no-store", "--json", "result.json")
    assert ran.exit_code == 2
    assert ran.stderr == "--json result.json cannot be written: No space left on device\n"
    assert "Of 80 messages" in ran.stdout
    assert files() == set()


# How it ends.


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.AGREES, 0), (Verdict.UNDECIDED, 0), (Verdict.DISAGREES, 1)]
)
def test_the_exit_code_tells_whether_a_check_disagrees(monkeypatch, verdict, code):
    result = a_result(a_point(checks=[a_check(), a_check("L", "lost", verdict=verdict)]))
    monkeypatch.setattr("sim.cli.running.attempt", returns(result))
    ran = msgfate("run", "small.toml", "--no-store", "--json", "result.json")
    assert ran.exit_code == code
    assert files() == {"result.json", "results/small.png"}
    assert ("L disagrees: predicted" in ran.stdout) == (code == 1)


def test_a_point_of_a_sweep_that_disagrees_is_seen_without_details(monkeypatch):
    sweep = retry_sweep(lost=[(0.1, 0.08, 0.12)] * 2)
    bad = a_point(parameters={"producer.retries": 1}, checks=[a_check(verdict=Verdict.DISAGREES)])
    result = type(sweep)(experiment=sweep.experiment, points=(sweep.points[0], bad))
    monkeypatch.setattr("sim.cli.running.attempt", returns(result))
    ran = msgfate("run", "sweep.toml", "--no-plot", "--no-store")
    assert ran.exit_code == 1
    assert "  P_ack disagrees: predicted 98.00 %, simulated 98.10 %" in ran.stdout


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written():
    arguments = ("--set", "producer.retires=3", "--set", "network.publish.loss=2")
    ran = msgfate("run", "small.toml", *arguments, "--plot", "plot.gif")
    assert ran.exit_code == 2
    assert ran.stdout == ""
    assert ran.stderr.splitlines() == [
        "producer.retires is not a known key (small.toml); did you mean producer.retries?",
        "network.publish.loss must be in [0, 1], got 2 (small.toml)",
        "--plot must end in .png, .svg, .pdf, got plot.gif",
    ]
    assert files() == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.toml"], "the file cannot be read: no such file or directory (none.toml)"),
        (["small.toml", "--json", "."], "--json must name a file, not a folder, got ."),
        (
            ["small.toml", "--json", "small.toml"],
            "--json must not be the experiment file, got small.toml",
        ),
        (
            ["small.toml", "--json", "a.png", "--plot", "a.png"],
            "--plot must not be what --json writes, got a.png",
        ),
        (
            ["small.toml", "--replications", "0"],
            "run.replications must be >= 1, got 0 (small.toml)",
        ),
        (["small.toml", "--seed", "-1"], "seed must be >= 0, got -1 (small.toml)"),
        (
            ["small.toml", "--set", "retries"],
            "an override must look like key.path=value, got retries (small.toml)",
        ),
    ],
)
def test_bad_input(arguments, message):
    ran = msgfate("run", *arguments)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (2, "", f"{message}\n")
    assert files() == set()


def test_an_output_must_lie_in_a_folder(here):
    ran = msgfate("run", "small.toml", "--json", "small.toml/result.json")
    assert ran.exit_code == 2
    assert ran.stderr == (
        f"--json must lie in a folder, and {here / 'small.toml'} is none, "
        "got small.toml/result.json\n"
    )


def test_an_output_must_be_writable(monkeypatch):
    def refuse(**_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(outputs, "TemporaryFile", refuse)
    assert outputs.refusals({"--json": Path("a")}, Path("small.toml")) == [
        "--json cannot be written (Permission denied), got a"
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "small.toml", "--bogus"],
        ["run", "small.toml", "--seed", "x"],
        ["run", "small.toml", "--plot", "a.png", "--no-plot"],
        ["walk"],
    ],
)
def test_a_wrong_command_line_is_bad_input(arguments):
    ran = msgfate(*arguments)
    assert ran.exit_code == 2
    assert ran.stdout == ""
    assert "Error" in ran.stderr
    assert files() == set()


def test_an_interrupted_run_writes_nothing(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.cli.running.attempt", interrupted)
    ran = msgfate("run", "small.toml", "--json", "result.json")
    assert (ran.exit_code, ran.stdout) == (130, "")
    first, last = ran.stderr.splitlines()
    assert first.startswith("what is done is kept in results/small-")
    assert last == "interrupted"
    assert files() == set()


# The other commands.


def test_the_schema_is_json():
    assert json.loads(msgfate("schema").stdout) == json_schema()


def test_the_version():
    assert msgfate("--version").stdout == "msgfate 0.1.0\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["run", "schema", "--version", "Exit codes"]),
        (["run", "-h"], ["FILE", "--set", "--json", "--plot", "--no-plot", "--details", "--seed"]),
    ],
)
def test_help_tells_what_there_is(arguments, words):
    ran = msgfate(*arguments)
    assert ran.exit_code == 0
    assert all(word in ran.stdout for word in words)


# Progress.


def status(done, replications, **more):
    made = {"points_done": 0, "points": 1, "remembered": 0, **more}
    return Status(
        replications_done=done,
        replications=replications,
        messages_done=100 * done,
        messages=100 * replications,
        **made,
    )


def test_progress_tells_points_replications_rate_and_time_left():
    assert progress_text(status(500, 2000, points_done=2, points=8), 2.0) == (
        "2 of 8 points, 500 of 2,000 replications, 25,000 messages/s, 0:06 left"
    )
    assert progress_text(status(1, 7400), 1.0) == (
        "1 of 7,400 replications, 100 messages/s, 2:03:19 left"
    )
    assert progress_text(status(0, 10), 0.0) == "0 of 10 replications"
    # What had been done before says nothing of how fast it goes.
    assert progress_text(status(60, 100, remembered=5000), 10.0) == (
        "60 of 100 replications, 100 messages/s, 0:40 left"
    )


@pytest.mark.parametrize(
    ("terminal", "quiet", "shown"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_progress_is_for_those_who_look(terminal, quiet, shown):
    with Path("err").open("w", encoding="utf-8") as file:
        console = Console(file=file, force_terminal=terminal, width=100)
        with shown_progress(console, quiet=quiet) as progress:
            assert (progress is not None) == shown
            if progress is not None:
                progress(status(5, 10))
    assert ("5 of 10 replications" in Path("err").read_text(encoding="utf-8")) == shown


# As a program.


def run_program(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, *arguments], capture_output=True, text=True, check=False, **options
    )


def test_the_module_is_the_program():
    ran = run_program("-m", "sim", "run", "small.toml", "--json", "-", "--no-plot")
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["experiment"]["title"] == "Small"
    assert said(ran) == ""


def test_help_is_quick_because_nothing_heavy_is_imported():
    script = (
        "import sys\n"
        "from sim.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    ran = run_program("-c", script, "--help")
    assert "msgfate" in ran.stdout
    assert not set(ran.stderr.split()) & {"numpy", "scipy", "pydantic", "simpy", "matplotlib"}


@pytest.mark.parametrize("command", [["run", "small.toml", "--no-plot", "--no-store"], ["schema"]])
def test_a_reader_that_goes_away_is_no_error(command):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        ran = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "sim", *command],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_terminal_without_greek_is_no_error():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = run_program("-m", "sim", "run", "small.toml", "--no-plot", env=environment)
    assert ran.returncode == 0
    assert ran.stdout.isascii()


def test_control_c_ends_with_one_line():
    script = (
        "import time\n"
        "import sim.cli.running as running\n"
        "def slow(*_, **__):\n"
        "    print('running', flush=True)\n"
        "    time.sleep(60)\n"
        "running.attempt = slow\n"
        "from sim.cli import main\n"
        "main()\n"
    )
    arguments = [sys.executable, "-c", script, "run", "small.toml", "--json", "result.json"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout.readline() == "running\n"
        program.send_signal(signal.SIGINT)
        stdout, stderr = program.communicate(timeout=60)
    assert (program.returncode, stdout) == (130, "")
    assert stderr.splitlines()[-1] == "interrupted"
    assert files() == set()
