"""The order of a queue: first in, first out, and back to the old place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.broker.queue import ReadyQueue


class Copy:
    """All that a queue looks at."""

    def __init__(self, order):
        self.order = order
        self.ready = False


def filled(count):
    queue, copies = ReadyQueue(), [Copy(order) for order in range(count)]
    for copy in copies:
        queue.push(copy)
    return queue, copies


def drain(queue):
    return [queue.pop().order for _ in range(queue.size)]


def test_first_in_first_out():
    queue, copies = filled(3)
    assert all(copy.ready for copy in copies)
    assert queue.size == 3
    assert drain(queue) == [0, 1, 2]
    assert not any(copy.ready for copy in copies)


def test_what_comes_back_stands_where_it_was():
    queue, copies = filled(5)
    out = [queue.pop() for _ in range(3)]
    for copy in (out[2], out[0]):
        queue.put_back(copy)
    assert drain(queue) == [0, 2, 3, 4]
    assert copies[1].ready is False


def test_what_is_taken_out_of_the_middle_is_skipped():
    queue, copies = filled(4)
    queue.take_out(copies[0])
    queue.take_out(copies[2])
    assert queue.size == 2
    assert drain(queue) == [1, 3]


def test_all_of_it_in_order_and_then_nothing():
    queue, copies = filled(4)
    queue.put_back(queue.pop())
    queue.take_out(copies[2])
    assert [copy.order for copy in queue.take_all()] == [0, 1, 3]
    assert queue.size == 0
    assert not any(copy.ready for copy in copies)


def test_what_is_put_in_after_a_crash_takes_its_place_again():
    queue, copies = filled(4)
    survivors = queue.take_all()
    queue.refill(reversed(survivors))
    queue.push(Copy(9))
    assert queue.size == 5
    assert drain(queue) == [0, 1, 2, 3, 9]
    assert copies[0].ready is False


def test_there_must_be_one_to_take():
    with pytest.raises(IndexError):
        ReadyQueue().pop()


@given(st.lists(st.sampled_from(["push", "pop", "put_back", "take_out", "crash"]), max_size=60))
def test_any_history_keeps_the_order_of_arrival(history):
    # Against a sorted list, which is slow and simple.
    queue, waiting, out, orders = ReadyQueue(), [], [], iter(range(100))
    for step in history:
        if step == "push":
            copy = Copy(next(orders))
            queue.push(copy)
            waiting.append(copy)
        elif step == "pop" and waiting:
            assert queue.pop() is waiting[0]
            out.append(waiting.pop(0))
        elif step == "put_back" and out:
            queue.put_back(out[-1])
            waiting = sorted([*waiting, out.pop()], key=lambda copy: copy.order)
        elif step == "take_out" and waiting:
            queue.take_out(waiting.pop(len(waiting) // 2))
        elif step == "crash":
            assert queue.take_all() == waiting
            queue.refill(waiting)
        assert queue.size == len(waiting)
    assert drain(queue) == [copy.order for copy in waiting]
