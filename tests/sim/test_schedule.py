"""Courses come to the same end whoever does the work, in whatever order, and remember what was."""

from __future__ import annotations

import pytest

from sim.config import from_mapping
from sim.executors import Done, Here, Trouble
from sim.schedule import Job, Schedule
from sim.tally import Tally
from sim.tasks import Task, drive

SUBJECT = from_mapping({"seed": 1})


def square(number):
    return number * number


def two_steps(first, second, log=None):
    """Play numbers, then as many more as the sum of the results says."""
    squares = yield Task("one", square, tuple(range(first)), 100)
    if log is not None:
        log.append(first)
    more = yield Task("two", square, tuple(range(second)), 100)
    return squares, more


def fails_after_one():
    yield Task("one", square, (1,), 100)
    raise ValueError("nothing came of it")


class Backwards(Here):
    """Does the task first that came last, as if it were the fastest."""

    room = 5
    workers = 2

    def wait(self) -> list[Done]:
        self._waiting.rotate(1)
        return super().wait()


class Known:
    """A memory that counts what it is told."""

    def __init__(self):
        self.kept = {}

    def recall(self, _subject, task):
        return {n: self.kept[task.kind, n] for n in task.numbers if (task.kind, n) in self.kept}

    def keep(self, _subject, task, results):
        for number, result in zip(task.numbers, results, strict=True):
            assert (task.kind, number) not in self.kept
            self.kept[task.kind, number] = result


def brought_to_an_end(courses, executor=None, memory=None, tally=None):
    jobs = [Job(SUBJECT, course) for course in courses]
    with executor or Here() as ready:
        Schedule(jobs, ready, memory, tally).run()
    return jobs


@pytest.mark.parametrize("executor", [Here, Backwards])
def test_results_come_in_the_order_of_their_numbers(executor):
    jobs = brought_to_an_end([two_steps(size, 3) for size in (30, 0, 7)], executor())
    assert [job.result for job in jobs] == [
        ([n * n for n in range(size)], [0, 1, 4]) for size in (30, 0, 7)
    ]


def test_driving_a_course_gives_the_same():
    assert drive(two_steps(5, 2)) == ([0, 1, 4, 9, 16], [0, 1])


def test_what_is_remembered_is_not_done_again():
    memory = Known()
    brought_to_an_end([two_steps(10, 4)], memory=memory)
    played = []

    def noted(number):
        played.append(number)
        return number * number

    def longer():
        return (yield Task("one", noted, tuple(range(13)), 100))

    [job] = brought_to_an_end([longer()], memory=memory)
    assert job.result == [n * n for n in range(13)]
    assert played == [10, 11, 12]


def test_a_course_that_fails_ends_alone():
    fine, bad, other = brought_to_an_end(
        [two_steps(3, 1), fails_after_one(), two_steps(2, 1)], Backwards()
    )
    assert bad.trouble.text == "ValueError: nothing came of it"
    assert isinstance(bad.trouble, Trouble)
    assert (fine.result, other.result) == (([0, 1, 4], [0]), ([0, 1], [0]))


def test_those_in_front_come_to_their_end_first():
    log = []
    brought_to_an_end([two_steps(size, 1, log) for size in (9, 8, 7, 6)])
    assert log == [9, 8, 7, 6]


def test_everything_is_counted_once():
    told = []
    tally = Tally([13, 5], [100, 10], told.append)
    brought_to_an_end([two_steps(10, 3), two_steps(4, 1)], Backwards(), tally=tally)
    assert (told[-1].replications_done, told[-1].replications) == (18, 18)
    assert (told[-1].messages_done, told[-1].points_done) == (1350, 2)
    assert told[-1].remembered == 0


def test_pieces_are_small_where_replications_are_long_and_few_where_they_are_many():
    sizes = []

    class Sizes(Known):
        def keep(self, _subject, _task, results):
            sizes.append(len(results))

    def long_ones():
        yield Task("long", square, tuple(range(8)), 1_000_000)
        yield Task("short", square, tuple(range(1000)), 1)

    brought_to_an_end([long_ones()], memory=Sizes())
    assert sizes == [1] * 8 + [50] * 20
