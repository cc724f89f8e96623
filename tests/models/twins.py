"""Two runs that must be one: the same world with foresight and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tests.models.world import World


def assert_same_run(foreseen: World, plain: World) -> None:
    """Run both, and compare their ledgers, array by array, and how they ended."""
    ahead, one_by_one = foreseen.run(), plain.run()
    for kind, facts in one_by_one.kinds.items():
        same = ahead.kinds[kind]
        assert_equal(kind, "messages", same.messages(), facts.messages())
        assert_equal(kind, "times", same.times_s(), facts.times_s())
        for column in facts.further:
            assert_equal(kind, column, same.column(column), facts.column(column))
    assert ahead.crashes == one_by_one.crashes
    assert ahead.restarts == one_by_one.restarts
    assert foreseen.now_s == plain.now_s
    assert foreseen.census.measured == plain.census.measured


def assert_equal(kind: str, column: str, one: np.ndarray, other: np.ndarray) -> None:
    first = next(
        (n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), "end"
    )
    assert np.array_equal(one, other), f"{column} of {kind} differ at {first}: {one} != {other}"
