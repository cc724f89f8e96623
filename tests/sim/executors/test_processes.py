"""Work done here or in other processes: the same results, and no death that stops the rest."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time

import pytest

from sim.executors import Done, Here, Processes, Trouble
from tests.sim.executors.plays import DiesOnce, DiesTelling, dies, done, fails, sleeps, square, task


@pytest.mark.parametrize("executor", [Here, lambda: Processes(2)], ids=["here", "processes"])
def test_all_tasks_are_done(executor):
    assert done(executor(), square) == {number: [number * number] for number in range(8)}


@pytest.mark.parametrize("executor", [Here, lambda: Processes(2)], ids=["here", "processes"])
def test_an_error_is_told_and_the_others_are_done(executor):
    found = done(executor(), fails)
    trouble = found.pop(3)
    assert isinstance(trouble, Trouble)
    assert trouble.text == "ZeroDivisionError: three is too many"
    assert "in fails" in trouble.trace
    assert found == {number: [number] for number in range(8) if number != 3}


def test_here_the_error_itself_is_kept():
    assert isinstance(done(Here(), fails)[3].error, ZeroDivisionError)


def test_who_kills_its_worker_is_found_and_given_up():
    found = done(Processes(2), dies)
    assert found.pop(3) == Trouble("its worker process died 3 times")
    assert found == {number: [number] for number in range(8) if number != 3}


def test_a_worker_that_dies_is_replaced_and_its_work_done_again(tmp_path):
    found = done(Processes(2), DiesOnce(tmp_path, 2), range(20))
    assert found == {number: [number] for number in range(20)}
    played = [len(list(tmp_path.glob(f"{number}-*"))) for number in range(20)]
    assert played[2] == 2
    # Besides, only what was at hand when it died: two for each worker.
    assert sum(played) <= 20 + 4


def test_a_worker_that_dies_in_the_middle_of_its_result_is_replaced(tmp_path):
    with Processes(1) as executor:
        plays = DiesTelling(tmp_path / "note")
        executor.submit(1, task(plays, [0]))
        executor.submit(2, task(plays, [1]))
        assert executor.wait() == [Done(1, [b""])]
        time.sleep(1.5)  # nobody listens until it is dead
        assert executor.wait() == [Done(2, [bytes(10_000_000)])]


def test_who_stops_while_a_worker_tells_its_result_does_not_wait(tmp_path):
    (tmp_path / "note").touch()
    with Processes(1) as executor:
        executor.submit(1, task(DiesTelling(tmp_path / "note"), [0]))
        executor.submit(2, task(DiesTelling(tmp_path / "note"), [1]))
        assert executor.wait() == [Done(1, [b""])]
        time.sleep(0.5)


def test_a_script_that_would_begin_again_in_each_worker_is_told(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from sim.executors import Processes\n"
        "from sim.tasks import Task\n"
        "with Processes(2) as executor:\n"
        "    executor.submit(1, Task('plain', abs, (1,), 1))\n"
        "    executor.wait()\n",
        encoding="utf-8",
    )
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, script], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 1
    assert "WorkersError: worker processes die before they begin" in ran.stderr


def test_a_worker_that_dies_idle_is_replaced():
    others = set(multiprocessing.active_children())
    with Processes(1) as executor:
        executor.submit(1, task(square, [2]))
        assert executor.wait() == [Done(1, [4])]
        for worker in set(multiprocessing.active_children()) - others:
            worker.kill()
            worker.join()
        executor.submit(2, task(square, [3]))
        assert executor.wait() == [Done(2, [9])]


def test_what_cannot_be_pickled_is_told():
    found = done(Processes(1), lambda number: number, range(1))
    assert "cannot be sent to a worker" in found[0].text


def test_no_process_is_left_behind():
    others = set(multiprocessing.active_children())
    with Processes(2) as executor:
        for ticket in range(2):
            executor.submit(ticket, task(sleeps, [0]))
    assert set(multiprocessing.active_children()) <= others
