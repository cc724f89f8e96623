"""Commits by themselves: what is revealed, what is told to whom, and what begins again."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from models.message import Answer
from models.replication.commits import Commits
from tests.models.replication.shared import IN_SYNC, LEADER, MAJORITY, replication


class Confirms:
    """Keeps what was answered."""

    def __init__(self):
        self.answers = []

    def answer(self, packet, verdict):
        self.answers.append((packet, verdict))


def slots(*indices):
    return [
        SimpleNamespace(
            index=index, void=False, told=False, copy=SimpleNamespace(packet=f"packet {index}")
        )
        for index in indices
    ]


def commits(confirm_by, *, answers=True, min_in_sync=1):
    """Commits, what they have answered, and what they have revealed."""
    confirms, revealed = Confirms(), []
    options = replication(confirm_by=confirm_by, min_in_sync=min_in_sync)
    made = Commits(
        options, confirms, reveal=lambda slot: revealed.append(slot.index), answers=answers
    )
    return made, confirms.answers, revealed


def test_what_was_committed_stays_so_under_one_leader():
    made, _, revealed = commits(IN_SYNC)
    for slot in slots(0, 1, 2):
        made.add(slot)
    for end in (1, 0, -1):
        made.reach(end, 3)
        assert made.end == 1
    assert revealed == [0, 1]


def test_under_the_next_leader_its_log_is_all_there_is():
    made, _, revealed = commits(IN_SYNC)
    first, second, third = slots(0, 1, 2)
    for slot in (first, second, third):
        made.add(slot)
    made.reach(2, 3)
    made.restart([first, second], 1)
    assert made.end == 1
    assert not made.reached(third, -1)
    made.reach(2, 3)
    assert revealed == [0, 1, 2]


def test_who_asks_again_is_told_when_the_next_leader_has_it_that_deep():
    # Committed before, it was not synced yet by the one that leads now.
    made, answers, _ = commits(LEADER)
    (slot,) = slots(0)
    slot.copy.packet = None
    made.add(slot)
    made.reach(0, 2)
    made.restart([slot], 0)
    assert not made.reached(slot, -1)
    slot.copy.packet = "again"
    made.led(0)
    assert answers == [("again", Answer.ACCEPTED)]


@pytest.mark.parametrize(
    ("confirm_by", "verdict"),
    [(LEADER, []), (MAJORITY, [Answer.ACCEPTED]), (IN_SYNC, [Answer.TRY_AGAIN])],
)
def test_too_few_in_sync_are_an_error_where_they_are_what_is_waited_for(confirm_by, verdict):
    made, answers, revealed = commits(confirm_by, min_in_sync=2)
    (slot,) = slots(0)
    made.add(slot)
    made.reach(0, 1)
    assert [given for _, given in answers] == verdict
    assert revealed == [0]
    assert slot.told is (verdict == [Answer.ACCEPTED])


def test_what_is_void_is_neither_committed_nor_confirmed():
    made, answers, revealed = commits(MAJORITY)
    bad, good = slots(0, 1)
    made.add(bad)
    made.add(good)
    bad.void = True
    made.reach(1, 3)
    assert revealed == [1]
    assert [packet for packet, _ in answers] == ["packet 1"]


def test_where_consumers_confirm_nothing_is_said():
    made, answers, revealed = commits(IN_SYNC, answers=False)
    (slot,) = slots(0)
    made.add(slot)
    made.reach(0, 3)
    assert not answers
    assert revealed == [0]
    assert not made.reached(slot, 0)
