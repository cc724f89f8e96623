"""Systems side by side."""

from __future__ import annotations

import numpy as np

from sim.plots import plot_kinds, plot_result
from sim.plots.kinds import are_kinds
from tests.sim.drawn import arrows
from tests.sim.made import a_point, a_result, retry_sweep

NAMES = ["kafka-acks-1", "rabbitmq-quorum", "mqtt-qos-0"]
LOST = [(0.1, 0.08, 0.12), (0.0, 0.0, 0.01), (0.3, 0.25, 0.35)]
TWICE = [(0.02, 0.01, 0.03), (0.04, 0.03, 0.05), (0.0, 0.0, 0.02)]


def systems(key="preset"):
    points = [
        a_point(parameters={key: name}, estimates={"lost": lost, "duplicated": twice})
        for name, lost, twice in zip(NAMES, LOST, TWICE, strict=True)
    ]
    return a_result(*points, plot={"x": "duplicated", "y": "lost"})


def test_presets_are_kinds_and_retries_are_not():
    assert are_kinds(systems())
    assert not are_kinds(retry_sweep(lost=LOST))
    assert len(plot_result(systems()).axes) == 2


def test_many_keys_that_move_together_make_cases():
    together = {"producer.retries": [0, 3], "disk.sync": ["1 ms", "2 ms"], "seed": [1, 2]}
    rows = zip(*together.values(), strict=True)
    points = [a_point(parameters=dict(zip(together, row, strict=True))) for row in rows]
    cases = a_result(*points, sweep={"zip": together})
    assert are_kinds(cases)
    names = [label.get_text() for label in plot_kinds(cases).axes[0].get_yticklabels()]
    assert names == ["retries = 0, sync = 1 ms, seed = 1", "retries = 3, sync = 2 ms, seed = 2"]
    two = {key: together[key] for key in ("producer.retries", "seed")}
    points = [a_point(parameters={"producer.retries": n, "seed": n}) for n in (1, 2)]
    assert not are_kinds(a_result(*points, sweep={"zip": two}))


def test_each_system_has_a_row_with_both_estimates_and_their_intervals():
    lost, twice = plot_kinds(systems()).axes
    assert [label.get_text() for label in lost.get_yticklabels()] == NAMES
    assert lost.get_ylim() == (2.5, -0.5)
    for axes, values in ((lost, LOST), (twice, TWICE)):
        seen = [place for place, (value, _, _) in enumerate(values) if value]
        [bars] = axes.collections
        np.testing.assert_allclose(
            bars.get_segments(),
            [[(values[place][1], place), (values[place][2], place)] for place in seen],
        )


def test_where_none_was_seen_an_arrow_starts_at_the_bound():
    lost, twice = plot_kinds(systems()).axes
    for axes, bound, place in ((lost, 0.01, 1), (twice, 0.02, 2)):
        assert arrows(axes) == [(bound, place)]
    assert "upper bound" in plot_kinds(systems()).get_supxlabel()


def test_the_axes_say_what_they_are():
    lost, twice = plot_kinds(systems()).axes
    assert lost.get_xlabel().startswith("probability of lost:\n")
    assert twice.get_xlabel().startswith("probability of duplicated:\n")
    assert lost.get_xscale() == twice.get_xscale() == "log"
