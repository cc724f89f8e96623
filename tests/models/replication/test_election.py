"""Who leads next, given who works, who is in sync, and how long the logs are."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from models.replication.election import next_leader
from tests.models.replication.shared import IN_SYNC, LEADER, MAJORITY, replication


def elected(lengths, *, in_sync=(), **changes):
    """Who leads of replicas with logs of these *lengths*, None for one that is down."""
    replicas = [
        SimpleNamespace(index=index, up=length is not None, received=length or 0)
        for index, length in enumerate(lengths)
    ]
    leader = next_leader(replication(replicas=len(lengths), **changes), replicas, in_sync)
    return None if leader is None else leader.index


@pytest.mark.parametrize("confirm_by", [LEADER, IN_SYNC])
@pytest.mark.parametrize(
    ("lengths", "in_sync", "leader"),
    [
        ((3, 5, 9), {0, 1, 2}, 0),
        ((None, 5, 9), {0, 1, 2}, 1),  # the first, not the longest
        ((3, 5, 9), {2}, 2),
        ((3, 5, None), {2}, None),
        ((None, None, None), {0, 1}, None),
    ],
)
def test_the_first_that_works_of_those_in_sync(confirm_by, lengths, in_sync, leader):
    assert elected(lengths, in_sync=in_sync, confirm_by=confirm_by) == leader


@pytest.mark.parametrize("confirm_by", [LEADER, IN_SYNC])
@pytest.mark.parametrize(
    ("lengths", "in_sync", "leader"),
    [
        ((3, 5, None), {2}, 1),  # the longest of those that work
        ((5, 5, None), {2}, 0),  # of equals the first
        ((3, 9, 5), {2}, 2),  # one that is in sync goes first all the same
        ((None, None, None), {2}, None),
    ],
)
def test_unclean_the_one_with_the_longest_log_if_none_in_sync_works(
    confirm_by, lengths, in_sync, leader
):
    assert elected(lengths, in_sync=in_sync, confirm_by=confirm_by, unclean=True) == leader


@pytest.mark.parametrize("unclean", [False, True])
@pytest.mark.parametrize(
    ("lengths", "leader"),
    [
        ((3, 5, 9), 2),
        ((3, 5, None), 1),
        ((5, 5, 3), 0),
        ((9, None, None), None),  # one of three is no majority
        ((None, 9), None),
        ((None, 4, 7, 7, None), 2),
        ((None, 4, 7, None, None), None),
    ],
)
def test_by_majority_the_longest_log_if_more_than_half_work(lengths, leader, unclean):
    # Who was in sync does not matter, nor is there an unclean way.
    assert elected(lengths, in_sync={0}, confirm_by=MAJORITY, unclean=unclean) == leader
