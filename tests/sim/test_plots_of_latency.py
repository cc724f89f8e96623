"""Tails of latencies, of one point and of several."""

from __future__ import annotations

import numpy as np

from sim.plots import plot_latency
from sim.plots.curves import latency_within
from tests.sim.drawn import texts
from tests.sim.made import a_point, a_result, a_sample


def waiting(place, confirms=None):
    return a_point(
        parameters={"producer.retries": place},
        samples=[
            a_sample(
                replication=replication,
                confirms=confirms or {0.01: 900, 0.1 * (place + 1): 80},
                effects={0.02: 900, 0.2 * (place + 1): 80},
            )
            for replication in range(2)
        ],
    )


def several(size):
    return a_result(*(waiting(place) for place in range(size)), run={"messages": 1000})


def curves(axes):
    return [line for line in axes.lines if line.get_linewidth() == 1.6]


def test_several_points_have_a_panel_for_each_latency():
    result = several(3)
    confirm, delivery = plot_latency(result).axes
    for axes, latency in ((confirm, "confirm"), (delivery, "delivery")):
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        for line, point in zip(curves(axes), result.points, strict=True):
            curve = latency_within(point, latency)
            np.testing.assert_allclose(line.get_xdata(), curve.times_s)
            np.testing.assert_allclose(line.get_ydata(), 1.0 - curve.value)
        assert len(axes.collections) == 3  # bands
    assert confirm.get_xlim() == delivery.get_xlim()


def test_each_point_has_a_colour_and_a_line_of_its_own_and_a_name():
    figure = plot_latency(several(6))
    looks = [(line.get_color(), line.get_linestyle()) for line in curves(figure.axes[0])]
    assert len(set(looks)) == len({colour for colour, _ in looks}) == 6
    handles = figure.legends[0].get_lines()
    assert len({repr(handle._unscaled_dash_pattern) for handle in handles}) == 6
    assert {f"retries = {place}" for place in range(6)} <= set(texts(figure))


def test_of_many_points_six_are_drawn_from_the_first_to_the_last():
    figure = plot_latency(several(20))
    assert len(curves(figure.axes[0])) == 6
    assert "6 of 20 points, spread evenly over them." in figure.get_supxlabel()
    assert {"retries = 0", "retries = 19"} <= set(texts(figure))


def test_a_latency_that_no_point_has_takes_no_room():
    none = [waiting(place, {1.0: 0}) for place in range(2)]
    figure = plot_latency(a_result(*none))
    [axes] = figure.axes
    assert axes.get_title(loc="left").startswith("First effect")
    assert "No message was confirmed." in figure.get_supxlabel()


def test_a_result_of_one_point_is_drawn_as_that_point():
    [axes] = plot_latency(several(1)).axes
    assert len(curves(axes)) == 2


def test_one_replication_has_no_interval_where_messages_meet():
    alone = a_point(
        samples=[a_sample(confirms={0.01: 500, 0.1: 480}, effects={0.02: 900, 0.3: 80})]
    )
    figure = plot_latency(alone)
    _, delivery = figure.axes[0].collections
    assert not delivery.get_paths()
    assert "Of one replication there is no interval" in figure.get_supxlabel()
    assert "Of one replication" not in plot_latency(several(1)).get_supxlabel()
