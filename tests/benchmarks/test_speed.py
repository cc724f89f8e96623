"""The benchmark runs, and compares models that do the same work. No times are asserted."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.benchmarks import engine, naive, speed

TINY = ["--messages", "60", "--rounds", "1", "--sizes", "30", "60", "--size-rounds", "1"]
MEMORY = ["--memory", "30", "60"]


def test_it_prints_a_table(capsys):
    speed.main([*TINY, *MEMORY])
    printed = capsys.readouterr().out
    for words in ("naive SimPy", "events one by one", "models", "bytes/message", "messages/s"):
        assert words in printed


def test_it_runs_by_its_path_and_as_a_module():
    for how in ([speed.__file__], ["-m", "tests.benchmarks.speed"]):
        command = [sys.executable, *how, *TINY, *MEMORY]
        done = subprocess.run(  # noqa: S603 - ourselves
            command, check=True, capture_output=True, text=True, cwd=speed.ROOT
        )
        assert "bytes/message" in done.stdout


def test_the_ledger_is_the_same_with_shortcuts_and_without():
    work = naive.Work(messages=2000)
    short, long = engine.run(work, 3), engine.run(work, 3, shortcuts=False)
    for kind, facts in long.kinds.items():
        same = short.kinds[kind]
        assert np.array_equal(same.messages(), facts.messages()), kind
        assert np.array_equal(same.times_s(), facts.times_s()), kind


@pytest.mark.parametrize("kind", ["sent", "arrived", "delivered", "confirmed", "effected"])
def test_the_naive_model_does_the_same_work(kind):
    # Facts per message, of 4000 messages each: five standard errors of the difference.
    work = naive.Work(messages=4000)
    told = [message for name, _, message in naive.run(work, 1) if name == kind]
    counts = [np.bincount(told, minlength=work.messages)]
    rows = engine.run(work, 1).kinds[kind].messages()
    counts.append(np.bincount(rows[rows < work.messages], minlength=work.messages))
    error = np.sqrt(sum(count.var(ddof=1) / len(count) for count in counts))
    assert abs(counts[0].mean() - counts[1].mean()) <= 5 * error
