"""What may be asked of replicas, and what is refused."""

from __future__ import annotations

import math

import pytest

from tests.models.replication.shared import replication


@pytest.mark.parametrize(("replicas", "majority"), [(2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4)])
def test_a_majority_is_more_than_half_of_all(replicas, majority):
    assert replication(replicas=replicas).majority == majority


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"replicas": 1}, "replicas must be >= 2, got 1"),
        ({"min_in_sync": 0}, "min_in_sync must be >= 1, got 0"),
        ({"min_in_sync": 4}, "min_in_sync must be <= replicas = 3, got 4"),
        ({"lag_timeout_s": 0.0}, "lag_timeout_s must be > 0"),
        ({"lag_timeout_s": math.nan}, "lag_timeout_s must be > 0"),
    ],
)
def test_what_cannot_be_is_refused_with_its_bound(changes, line):
    with pytest.raises(ValueError, match=line):
        replication(**changes)


def test_all_replicas_may_have_to_keep_up():
    assert replication(min_in_sync=3).min_in_sync == 3
