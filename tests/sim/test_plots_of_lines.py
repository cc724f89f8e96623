"""An estimate over one swept key."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.plots import PictureError, plot_lines
from sim.plots.varied import varied
from tests.sim.drawn import arrows, swept, texts

LOSSES = {"network.publish.loss": [0.001, 0.01, 0.1, 0.3]}
LOST = [(0.0, 0.0, 1e-4), (0.01, 0.008, 0.012), (0.1, 0.09, 0.11), (0.3, 0.28, 0.32)]


def bands(axes):
    return [band for band in axes.collections if not hasattr(band, "get_segments")]


def corners(axes):
    """Return the corners of all bands."""
    return {
        tuple(np.round(corner, 9))
        for band in bands(axes)
        for path in band.get_paths()
        for corner in path.vertices
    }


def ticks(axes):
    axes.figure.draw_without_rendering()
    return [label.get_text() for label in axes.get_xticklabels()]


def test_the_line_goes_through_the_estimates_and_stops_at_a_bound():
    [axes] = plot_lines(swept(LOSSES, lost=LOST)).axes
    solid = [line for line in axes.lines if line.get_linewidth() == 1.6]
    [line] = solid
    np.testing.assert_allclose(line.get_xdata(), LOSSES["network.publish.loss"])
    np.testing.assert_allclose(line.get_ydata(), [math.nan, 0.01, 0.1, 0.3])
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert axes.get_xlabel() == "network.publish.loss"
    assert ticks(axes) == ["0.001", "0.01", "0.1", "0.3"]


def test_where_nothing_was_seen_an_arrow_starts_at_the_bound():
    figure = plot_lines(swept(LOSSES, lost=LOST))
    assert arrows(figure.axes[0]) == [(0.001, 1e-4)]
    assert "none seen: an upper bound" in texts(figure)


def test_the_band_is_the_interval_where_something_was_seen():
    drawn = corners(plot_lines(swept(LOSSES, lost=LOST)).axes[0])
    for loss, (_, low, high) in list(zip(LOSSES["network.publish.loss"], LOST, strict=True))[1:]:
        assert {(loss, low), (loss, high)} <= drawn
    assert min(x for x, _ in drawn) == 0.01


def test_each_combination_of_the_other_keys_has_a_line():
    grid = {"producer.retries": [0, 1, 2], "broker.confirm_when": ["written", "synced"]}
    lost = [(0.1 * (place + 1), 0.05, 0.9) for place in range(6)]
    figure = plot_lines(swept(grid, lost=lost))
    lines = [line for line in figure.axes[0].lines if line.get_linewidth() == 1.6]
    np.testing.assert_allclose(lines[0].get_ydata(), [0.1, 0.3, 0.5])
    np.testing.assert_allclose(lines[1].get_ydata(), [0.2, 0.4, 0.6])
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 2
    assert {"confirm_when = written", "confirm_when = synced"} <= set(texts(figure))


def test_values_without_an_order_stand_side_by_side_and_are_not_joined():
    grid = {"broker.confirm_when": ["received", "written", "synced"], "producer.retries": [0, 1]}
    figure = plot_lines(swept(grid, lost=[(0.5, 0.4, 0.6)] * 6), "confirm_when")
    [axes] = figure.axes
    assert not bands(axes)
    assert {line.get_linestyle() for line in axes.lines} == {"None"}
    assert ticks(axes) == ["received", "written", "synced"]
    marks = [line.get_xdata() for line in axes.lines if line.get_marker() in ("o", "s")]
    assert len(marks) == 2
    np.testing.assert_allclose(np.mean(marks, axis=0), [0, 1, 2])
    assert (marks[0] < marks[1]).all()


def test_many_long_names_are_all_written():
    presets = ["rabbitmq-classic-transient", "rabbitmq-classic", "rabbitmq-quorum", "kafka-acks-0"]
    presets += ["kafka-acks-1", "kafka-acks-all", "kafka-idempotent", "activemq-nonpersistent"]
    figure = plot_lines(swept({"preset": presets}, lost=[(0.5, 0.4, 0.6)] * 8))
    assert ticks(figure.axes[0]) == presets


def test_the_numbers_of_a_key_come_in_order_whatever_that_of_the_file():
    [axes] = plot_lines(
        swept(
            {"disk.interval": ["1 s", "10 ms", "100 ms"]},
            sojourn_mean=[(3.0, 2.0, 4.0), (1.0, 0.5, 1.5), (2.0, 1.5, 2.5)],
        ),
        y="sojourn_mean",
    ).axes
    assert axes.get_xscale() == "log"
    assert ticks(axes) == ["10 ms", "100 ms", "1 s"]
    lines = [line for line in axes.lines if line.get_linewidth() == 1.6]
    np.testing.assert_allclose(lines[0].get_xydata(), [(0.01, 1.0), (0.1, 2.0), (1.0, 3.0)])


def test_keys_that_move_together_are_named():
    rates = {"zip": {"producer.timeout": ["1 s", "2 s", "3 s"], "producer.retries": [1, 2, 3]}}
    figure = plot_lines(swept(rates, lost=[(0.5, 0.4, 0.6)] * 3), "timeout")
    assert "With producer.timeout moves producer.retries." in figure.get_supxlabel()
    assert len(bands(figure.axes[0])) == 1


def test_a_key_that_does_not_tell_what_moves_with_it_has_a_line_for_each():
    cases = {"zip": {"producer.timeout": ["1 s", "2 s", "1 s", "2 s"], "disk.sync": [1, 1, 2, 2]}}
    figure = plot_lines(swept(cases, lost=[(0.5, 0.4, 0.6)] * 4), "timeout")
    assert {"sync = 1", "sync = 2"} <= set(texts(figure))


def test_points_of_a_design_are_not_joined():
    sample = {"points": 8, "producer.retries": {"from": 0, "to": 99}, "seed": {"from": 0, "to": 99}}
    figure = plot_lines(swept({"sample": sample}, lost=[(0.5, 0.4, 0.6)] * 8))
    assert {line.get_linestyle() for line in figure.axes[0].lines} == {"None"}
    assert "Points of a design" in figure.get_supxlabel()


def test_without_an_upper_end_there_is_no_band_and_a_bar_that_leaves_the_picture():
    waits = [(1.0, 0.9, math.inf), (2.0, 1.8, math.inf), (3.0, 2.0, 4.0)]
    sweep = swept({"producer.retries": [0, 1, 2]}, delivery_latency_p99=waits)
    [axes] = plot_lines(sweep, y="delivery_latency_p99").axes
    assert all(y <= 4.0 for _, y in corners(axes))
    assert "A bar without an end" in axes.figure.get_supxlabel()


def test_one_replication_has_no_band():
    alone = [(0.1, math.nan, math.nan), (0.2, math.nan, math.nan), (0.3, math.nan, math.nan)]
    [axes] = plot_lines(swept({"producer.retries": [0, 1, 2]}, lost=alone)).axes
    assert {y for _, y in corners(axes)} <= {0.1, 0.2, 0.3}


def test_what_cannot_be_drawn_is_refused_with_what_there_is():
    sweep = swept(LOSSES, lost=LOST)
    with pytest.raises(PictureError, match='did you mean "loss"'):
        plot_lines(sweep, "los")
    with pytest.raises(PictureError, match='did you mean "lost"'):
        plot_lines(sweep, y="lots")
    with pytest.raises(PictureError, match="nothing is varied"):
        plot_lines(swept({}))
    many = {"producer.retries": list(range(6)), "broker.capacity": list(range(6)), "seed": [1, 2]}
    with pytest.raises(PictureError, match=r"lines over .* would be"):
        plot_lines(swept(many, lost=[(0.5, 0.4, 0.6)] * 72), "seed")


@pytest.mark.parametrize(
    ("values", "numbers", "logarithmic"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], False),
        ([1, 2, 5, 10], [1, 2, 5, 10], True),
        ([1, 10, 100], [1, 10, 100], True),
        ([0, 0.001, 0.01, 0.1], [0, 0.001, 0.01, 0.1], True),
        (["10 ms", "1 s", 10], [0.01, 1, 10], True),
        (["20/s", "50/s"], [20, 50], False),
        (["1 KiB", "64 KiB"], [1024, 65536], True),
        ([True, False], None, False),
        (["inf", "1 s"], None, False),
        (["written", "synced"], None, False),
        ([{"law": "none"}, {"law": "fixed", "pause": 1}], None, False),
    ],
)
def test_numbers_lie_where_they_belong_and_names_side_by_side(values, numbers, logarithmic):
    across = varied("a.key", [{"a.key": value} for value in values])
    assert across.categorical == (numbers is None)
    np.testing.assert_allclose(across.values, numbers or list(range(len(values))))
    assert across.logarithmic == logarithmic


def test_zero_on_a_logarithmic_axis_is_told():
    sweep = swept({"disk.failure": [0.0, 0.001, 0.01, 0.1]}, lost=LOST)
    figure = plot_lines(sweep)
    assert figure.axes[0].get_xscale() == "symlog"
    assert "linear from 0 to 0.001, logarithmic beyond" in figure.get_supxlabel()
    assert ticks(figure.axes[0]) == ["0.0", "0.001", "0.01", "0.1"]
