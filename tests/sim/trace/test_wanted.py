"""What a message can be asked for by, and in which order it is looked for."""

from __future__ import annotations

import numpy as np

from sim.config import from_mapping
from sim.outcomes import Belief, Fate
from sim.trace import NAMES
from sim.trace.wanted import first, look_for, matches


def outcomes(*publications):
    """Stand-ins for outcomes, each (belief, fate, cause)."""

    class Columns:
        def __init__(self):
            self.belief, self.fate, self.cause = (
                np.array(column) for column in zip(*publications, strict=True)
            )

        def __len__(self):
            return len(publications)

    return Columns()


def test_every_cell_of_the_matrix_can_be_asked_for():
    cells = [(belief, fate, -1) for belief in Belief for fate in Fate]
    all_cells = outcomes(*cells)
    for place, (belief, fate, _) in enumerate(cells):
        both = matches(belief.name.lower(), all_cells) & matches(fate.name.lower(), all_cells)
        assert both.nonzero()[0].tolist() == [place]
    named = {
        "silent_loss": [(Belief.CONFIRMED, Fate.LOST)],
        "reported_loss": [(Belief.FAILED, Fate.LOST)],
        "false_failure": [(Belief.FAILED, Fate.ONCE), (Belief.FAILED, Fate.DUPLICATED)],
        "unknown_loss": [(Belief.UNKNOWN, Fate.LOST)],
    }
    for name, wanted in named.items():
        found = [cells[place][:2] for place in matches(name, all_cells).nonzero()[0]]
        assert found == wanted
        assert name in NAMES


def test_of_several_groups_any_may_have_what_is_asked_for():
    lost, once = (0, Fate.LOST, 6), (0, Fate.ONCE, -1)
    two_groups = outcomes(once, once, once, once, once, lost)  # three messages, two groups
    assert first(["lost"], two_groups, 3) == 2
    assert first(["once"], two_groups, 3) == 0
    assert first(["page_cache"], two_groups, 3) == 2
    assert first(["lost"], two_groups, 3, group=0) is None
    assert first(["lost"], two_groups, 3, group=1) == 2
    assert first(["lost", "once"], two_groups, 3) is None  # one publication is not both


def test_replications_are_looked_through_in_order():
    heard = []
    made = from_mapping({"run": {"messages": 3, "warmup": 0}, "network": {"publish": {"loss": 0}}})
    assert look_for(["lost"], made, range(3), heard.append) is None
    assert heard == [0, 1, 2]
    _, replication, row = look_for(["once"], made, range(2, 9), heard.append)
    assert (replication, row, heard) == (2, 0, [0, 1, 2, 2])
