"""A sweep of 200 points that is killed three times ends as one that ran through, byte for byte.

It is killed as hard as can be, with SIGKILL, wherever it is: with one worker, with two, and with a
Dask cluster, one of whose workers is killed, too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from sim.store import open_result
from tests.sim.store.kept import bytes_of

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
title = "Two hundred points"
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
[check]
formulas = []
[sweep]
"producer.retries" = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
"network.publish.loss" = [0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2]
"consumer.service" = ["0 s", "1 ms"]
"""
POINTS = 200
KILLS = 3
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the bytes of the result of a run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "many.toml").write_text(FILE, encoding="utf-8")
    with begun(folder, "--workers", "1") as run:
        run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0
    [path] = (folder / "results").iterdir()
    assert len(open_result(path).points) == POINTS
    return bytes_of(path)


def begun(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "sim", "run", "many.toml", "--no-plot", "--quiet", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def pieces(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("results/*/pieces/*") if path.name[0] != "."}


def killed(folder: Path, *arguments: str, least: int) -> set[str]:
    """Begin, kill after *least* new pieces, and return the pieces that are there then."""
    before = pieces(folder)
    with begun(folder, *arguments) as run:
        workers = wait_for(lambda: pieces_and_workers(folder, run, len(before) + least))
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=PATIENCE_S)
    assert run.returncode == -signal.SIGKILL
    # Nobody is left behind, and nothing that was done is gone.
    wait_for(lambda: not any(alive(worker) for worker in workers) or None)
    after = pieces(folder)
    assert before < after
    return after


def pieces_and_workers(folder: Path, run: subprocess.Popen[str], size: int):
    assert run.poll() is None, run.communicate()
    if len(pieces(folder)) < size:
        return None
    return psutil.Process(run.pid).children(recursive=True)


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def wait_for(found):
    end_s = time.monotonic() + PATIENCE_S
    while (result := found()) is None:
        assert time.monotonic() < end_s, "it took too long"
        time.sleep(0.01)
    return result


def killed_three_times(folder: Path, *arguments: str) -> dict[str, str]:
    """Return the bytes of the result in the end."""
    (folder / "many.toml").write_text(FILE, encoding="utf-8")
    for time_of_death in range(KILLS):
        kept = killed(folder, *arguments, least=20 + 13 * time_of_death)
    with begun(folder, *arguments) as run:
        told = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, told
    [path] = (folder / "results").iterdir()
    assert not (path / "pieces").exists()
    assert len(kept) >= 20 + 33 + 46
    return bytes_of(path)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_three_times(workers, whole, tmp_path):
    assert killed_three_times(tmp_path, "--workers", workers) == whole


# Dask's own loops and sockets warn of things that are not ours to mend.
@pytest.mark.filterwarnings("default")
def test_killed_three_times_with_a_cluster(whole, tmp_path):
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(processes=True, **options) as cluster:
        worker = cluster.workers[0].pid
        os.kill(worker, signal.SIGKILL)  # another one takes its place
        assert killed_three_times(tmp_path, "--cluster", cluster.scheduler_address) == whole
