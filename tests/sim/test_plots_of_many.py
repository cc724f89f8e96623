"""A tradeoff of many points: which have labels."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from sim.plots import plot_tradeoff
from sim.plots.labelled import MOST, MOST_OF_A_FRONT
from sim.plots.labels import Label, _crossed, _overlaps, place_labels
from sim.plots.tradeoff import MOST_SERIES
from tests.sim.drawn import labels, swept
from tests.sim.made import retry_sweep

DESIGN = {"producer.retries": {"from": 0, "to": 10**6}, "seed": {"from": 0, "to": 10**6}}


def many(size, sweep=None):
    """Return a sweep of *size* points, the first of which have lost nothing."""
    luck = np.random.default_rng(size)
    lost = 10 ** -luck.uniform(0.5, 4.0, size)
    latency = 0.1 * np.exp(luck.normal(0.0, 1.0, size))
    values = {
        "lost": [(0.0, 0.0, 1e-3)] * 3 + [(v, v / 2, 2 * v) for v in lost[3:]],
        "delivery_latency_p99": [(v, 0.9 * v, 1.1 * v) for v in latency],
    }
    return swept(sweep, **values) if sweep else retry_sweep(**values)


def footer(figure):
    return " ".join(figure.get_supxlabel().split())


def test_few_points_all_have_a_label():
    figure = plot_tradeoff(many(MOST))
    assert len(labels(figure.axes[0])) == MOST
    assert "Labels:" not in footer(figure)


def test_of_many_points_the_front_has_labels_and_the_footer_says_so():
    result = many(200)
    figure = plot_tradeoff(result)
    seen = np.array(
        [
            [p.estimates["lost"].value, p.estimates["delivery_latency_p99"].value]
            for p in result.points
        ]
    )
    on = {
        place
        for place in range(200)
        if not ((seen <= seen[place]).all(1) & (seen < seen[place]).any(1)).any()
    }
    written = {int(text.rpartition(" ")[2]) for text in labels(figure.axes[0])}
    assert on <= written
    assert len(written) <= len(on) + 4
    assert sum(text.startswith("retries = ") for text in labels(figure.axes[0])) == 1
    assert "Labels: the front, and the outermost points where there is room" in footer(figure)


def test_of_a_long_front_some_have_labels():
    falling = [(1 / place, 0.9 / place, 1.1 / place) for place in range(1, 101)]
    rising = [(0.01 * place, 0.009 * place, 0.011 * place) for place in range(1, 101)]
    figure = plot_tradeoff(retry_sweep(lost=falling, delivery_latency_p99=rising))
    assert 2 < len(labels(figure.axes[0])) <= MOST_OF_A_FRONT + 4
    assert "Labels: some points of the front" in footer(figure)


def test_points_that_lie_on_each_other_have_the_labels_that_there_is_room_for():
    figure = plot_tradeoff(
        retry_sweep(**dict.fromkeys(("lost", "delivery_latency_p99"), [(0.5, 0.4, 0.6)] * 60))
    )
    assert 0 < len(labels(figure.axes[0])) <= MOST_OF_A_FRONT


def test_the_front_of_a_design_has_labels():
    figure = plot_tradeoff(many(64, {"sample": {"points": 64, **DESIGN}}))
    assert labels(figure.axes[0])
    assert labels(figure.axes[0])[0].startswith("retries = ")


def test_long_labels_become_numbers():
    keys = {
        "producer.retries": {"from": 0, "to": 10**6},
        "producer.timeout": {"from": "1 ms", "to": "1 s"},
        "network.publish.loss": {"from": 0.001, "to": 0.01},
        "network.publish.delay": {"from": "1 ms", "to": "1 s"},
        "broker.capacity": {"from": 1000, "to": 10**6},
    }
    figure = plot_tradeoff(many(64, {"sample": {"points": 64, **keys}}))
    assert all(text.startswith("point ") for text in labels(figure.axes[0]))
    assert "Points have their numbers, in the order of the sweep." in footer(figure)


def test_more_series_than_can_be_told_apart_are_one():
    sweep = {
        "producer.retries": list(range(MOST_SERIES + 2)),
        "broker.capacity": list(range(1, MOST_SERIES + 3)),
    }
    [axes] = plot_tradeoff(many((MOST_SERIES + 2) ** 2, sweep)).axes
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert not any("capacity" in name for name in names)
    assert labels(axes)[0].startswith("retries = ")
    assert "capacity = " in labels(axes)[0]


def test_a_label_stays_in_the_axes_even_beside_a_crowd():
    figure = Figure(dpi=150, layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    # Many lines on the right of the point, none on its left, where the axes end.
    crowd = np.array([[(x, 0.0), (x, 1.0)] for x in np.linspace(0.05, 0.9, 50)])
    place_labels(figure, axes, [Label(0.02, 0.5, "a label of some length", "black")], crowd)
    [note] = axes.texts
    inside, box = axes.get_window_extent(), note.get_window_extent()
    assert inside.x0 <= box.x0 <= box.x1 <= inside.x1


def test_a_page_is_settled_once():
    figure = plot_tradeoff(many(5))
    assert figure.get_layout_engine() is None
    legend = figure.axes[0].get_legend()
    assert legend._loc != 0  # no longer where there is most room, which takes a search


def test_thousands_of_points_are_few_things_to_draw():
    def drawn(size):
        [axes] = plot_tradeoff(many(size)).axes
        return len(axes.get_children())

    assert drawn(2000) < drawn(200) + 50


@pytest.mark.parametrize(
    ("line", "crosses"),
    [
        ((-1, 0.5, 2, 0.5), 1),  # across
        ((0.5, -1, 0.5, 2), 1),  # along
        ((0.4, 0.4, 0.6, 0.6), 1),  # within
        ((-1, 0.9, 0.9, -1), 0),  # past the corner
        ((0.5, -0.2, 1.2, 0.9), 1),  # through the corner
        ((-1, 0.5, -0.1, 0.5), 0),  # ends before
        ((2, 2, 2, 2), 0),
    ],
)
def test_a_line_crosses_a_box_or_passes_it(line, crosses):
    box = np.array([[0.0, 0.0, 1.0, 1.0]])
    assert _crossed(box, np.array([line], dtype=float)).tolist() == [crosses]


def test_boxes_that_only_touch_do_not_overlap():
    boxes = np.array([[0.0, 0.0, 1.0, 1.0]])
    others = np.array([[1.0, 0.0, 2.0, 1.0], [0.5, 0.5, 2.0, 2.0], [3.0, 0.0, 4.0, 1.0]])
    assert _overlaps(boxes, others).tolist() == [1]
    assert _overlaps(boxes, others[:0]).tolist() == [0]
