"""What `explain` grants is never seen broken, however hard random experiments try."""

from __future__ import annotations

import pytest

from tests.properties.promised import assert_granted_holds
from tests.properties.quiet import drawn

BATCH = 60


@pytest.mark.parametrize("batch", range(8))
def test_a_guarantee_that_is_granted_holds(batch):
    seeds = range(batch * BATCH, (batch + 1) * BATCH)
    assert_granted_holds(map(drawn, seeds), replications=2)
