"""The README's examples work as printed."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli.app import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands():
    lines = [line.partition("#")[0].strip() for block in blocks("sh") for line in block.split("\n")]
    return [line for line in lines if line]


@pytest.fixture
def my_system(tmp_path, monkeypatch):
    (system,) = blocks("toml")
    (tmp_path / "my_system.toml").write_text(system, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [line for line in commands() if line.startswith("msgfate")])
def test_the_commands_run(command, my_system):
    if shlex.split(command)[1] in {"plot", "report", "results"}:
        before = ["run", "my_system.toml", "--no-plot", "--quiet"]
        assert CliRunner().invoke(app, before, catch_exceptions=False).exit_code == 0
    result = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    if "--json" in command:
        assert (my_system / "result.json").stat().st_size > 1000
    if " run " in command:
        assert (my_system / "results" / "my_system.png").stat().st_size > 10_000


def test_the_other_commands_are_targets_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    others = [line for line in commands() if not line.startswith("msgfate")]
    assert others[:2] == ["make run", "make test"]
    for line in others:
        assert f"\n{line.removeprefix('make ')}:" in makefile


def test_the_python_example_runs(monkeypatch, capsys):
    (example,) = blocks("python")
    monkeypatch.chdir(ROOT)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - our own README
    assert "sends_per_message" in capsys.readouterr().out


def test_links_lead_somewhere():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    missing = [target for target in targets if "://" not in target and not (ROOT / target).exists()]
    assert missing == []
