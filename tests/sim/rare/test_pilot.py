"""The pilot tries what may be needed at once, and reaches as far as faults prolong a run."""

from __future__ import annotations

import numpy as np
import pytest

from sim.rare.fitting import Seen, broad
from sim.rare.pilot import LATER, PIECES, explore
from sim.rare.plan import Candidates, Mixture, Plan, Scope
from sim.tasks import drive
from tests.sim.rare.worlds import losses

ONE = Candidates(1, 100, (1.0,))


def waits_of(plan, name):
    return [np.array(tilt[name]) for tilt in plan.mixture.waits if name in tilt]


def test_two_faults_are_tried_at_the_same_time_in_each_piece():
    nominal = np.array([0.001] * PIECES + [1.0 - 0.001 * PIECES])
    edges_s = tuple(range(1, PIECES + 1))
    plan = Plan(Scope.RUN, ONE, Mixture(edges_s=edges_s))
    tried = broad(plan, Seen(chances={"a": nominal, "b": nominal}))
    both = [
        {int(np.argmax(tilt[name][:-1])) for name in tilt if max(tilt[name][:-1]) > 0.8}
        for tilt in tried.mixture.waits
        if set(tilt) == {"a", "b"}
    ]
    assert [pieces for pieces in both if pieces] == [{piece} for piece in range(PIECES)]
    assert sum(tried.mixture.shares) == pytest.approx(1.0)
    for name in ("a", "b"):
        for chances in waits_of(tried, name):
            assert chances.sum() == pytest.approx(1.0)
            assert chances.min() > 0


@pytest.mark.parametrize(("lasts", "later"), [("1 ms", 0), ("20 s", LATER)])
def test_pieces_reach_as_far_as_faults_prolong_a_run(lasts, later):
    fault = {"target": "broker", "kind": "power_loss", "every": "30 d", "lasts": lasts}
    pilot = drive(
        explore(
            losses(faults=[fault], run={"messages": 50}),
            candidates=ONE,
            end_s=6.0,
            target="silent_loss",
            rare_side=True,
        )
    )
    edges_s = pilot.plan.mixture.edges_s
    assert len(edges_s) == PIECES + later
    assert edges_s[PIECES - 1] == pytest.approx(6.0)
    assert edges_s[-1] == pytest.approx(26.0, abs=5.0) if later else 6.0
