"""A Dask cluster of processes: the same results as here, whatever dies."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from sim.config import from_mapping
from sim.executors import Trouble, WorkersError
from sim.executors import cluster as cluster_module
from sim.executors.cluster import Cluster, ClusterError
from sim.json_result import to_json
from sim.runner import run
from tests.sim.executors.plays import DiesOnce, dies, done, fails, square

distributed = pytest.importorskip("distributed")

# Dask's own loops and sockets warn of things that are not ours to mend.
pytestmark = pytest.mark.filterwarnings("default")

SWEPT = {
    "seed": 5,
    "run": {"messages": 100, "replications": 3, "warmup": "0 s"},
    "network": {"publish": {"delay": "2 ms", "loss": 0.2}},
    "broker": {"confirm_when": "received"},
    "check": {"formulas": []},
    "sweep": {"producer.retries": [0, 1, 2], "network.publish.loss": [0.1, 0.3]},
}


@pytest.fixture(scope="module")
def local():
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(processes=True, **options) as made:
        yield made


def test_all_tasks_are_done(local):
    assert done(Cluster(local.scheduler_address), square) == {n: [n * n] for n in range(8)}


def test_a_scheduler_file_will_do(local, tmp_path):
    path = tmp_path / "scheduler.json"
    local.scheduler.scheduler_file = str(path)
    path.write_text(f'{{"address": "{local.scheduler_address}"}}', encoding="utf-8")
    assert done(Cluster(str(path)), square, range(2)) == {0: [0], 1: [1]}


def test_an_error_is_told_and_the_others_are_done(local):
    found = done(Cluster(local.scheduler_address), fails)
    assert found.pop(3).text == "ZeroDivisionError: three is too many"
    assert found == {number: [number] for number in range(8) if number != 3}


def test_a_worker_that_dies_is_replaced_and_its_work_done_again(local, tmp_path):
    found = done(Cluster(local.scheduler_address), DiesOnce(tmp_path, 2), range(20))
    assert found == {number: [number] for number in range(20)}
    assert len(list(tmp_path.glob("2-*"))) == 2


def test_who_kills_its_workers_is_given_up(local):
    found = done(Cluster(local.scheduler_address), dies)
    assert isinstance(found[3], Trouble)
    assert "died" in found[3].text
    assert all(found[number] == [number] for number in range(8) if number != 3)


def test_an_experiment_gives_the_same_bytes(local):
    experiment = from_mapping(SWEPT)
    there = run(experiment, executor=Cluster(local.scheduler_address))
    assert to_json(there) == to_json(run(experiment))


def test_nobody_there(monkeypatch):
    monkeypatch.setattr(cluster_module, "WAIT_S", 0.5)
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9: no scheduler there"):
        Cluster("tcp://127.0.0.1:9")


def test_workers_with_another_program_are_refused(local, monkeypatch):
    monkeypatch.setattr(cluster_module, "made_with", lambda: {"msgfate": "9.9"})
    with pytest.raises(ClusterError, match="workers have another program"):
        Cluster(local.scheduler_address)


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(cluster_module, "_dask", None)
    with pytest.raises(ClusterError, match=r"the extra \[cluster\]"):
        Cluster("tcp://127.0.0.1:8786")


def test_a_cluster_that_was_started_by_hand(tmp_path):
    """As experiments/CLUSTER.md says: a scheduler and a worker that meet in a file."""
    file = tmp_path / "scheduler.json"
    known = {"--host": "127.0.0.1", "--scheduler-file": str(file)}
    scheduler = started("distributed.cli.dask_scheduler", **known, **{"--port": "0"})
    worker = started(
        "distributed.cli.dask_worker", **known, **{"--nworkers": "1", "--nthreads": "1"}
    )
    try:
        wait_for_file(file)
        experiment = from_mapping(SWEPT)
        there = run(experiment, executor=Cluster(str(file)))
        assert to_json(there) == to_json(run(experiment))
    finally:
        for process in (worker, scheduler):
            process.terminate()
            process.wait(timeout=30)


def test_a_scheduler_that_dies_is_told(tmp_path):
    file = tmp_path / "scheduler.json"
    known = {"--host": "127.0.0.1", "--scheduler-file": str(file)}
    scheduler = started("distributed.cli.dask_scheduler", **known, **{"--port": "0"})
    worker = started("distributed.cli.dask_worker", **known, **{"--nworkers": "1"})
    try:
        wait_for_file(file)
        experiment = from_mapping({**SWEPT, "run": {**SWEPT["run"], "replications": 100}})
        with pytest.raises(WorkersError, match="the scheduler of the cluster has gone"):
            run(experiment, lambda _: scheduler.kill(), executor=Cluster(str(file)))
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait(timeout=30)


def started(module, **options):
    words = [word for option in options.items() for word in option]
    arguments = [sys.executable, "-m", module, *words, "--no-dashboard"]
    return subprocess.Popen(arguments, stderr=subprocess.DEVNULL)  # noqa: S603 - our own


def wait_for_file(file):
    end_s = time.monotonic() + 60.0
    while not file.exists():
        assert time.monotonic() < end_s, "the scheduler has not begun"
        time.sleep(0.05)
