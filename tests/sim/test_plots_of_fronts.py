"""The Pareto front in a tradeoff."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.front import Objective
from sim.plots import plot_tradeoff
from sim.plots.frontier import FRONT, unbeaten
from tests.sim.drawn import arrows, swept, texts

RETRIES = {"producer.retries": [0, 1, 2, 3]}
# The third is beaten by the second in both; the last has lost none.
LOST = [(0.1, 0.08, 0.12), (0.01, 0.005, 0.02), (0.02, 0.01, 0.03), (0.0, 0.0, 1e-3)]
LATENCY = [(0.02, 0.018, 0.022), (0.3, 0.25, 0.35), (0.4, 0.35, 0.45), (0.9, 0.8, 1.0)]


def a_sweep(latency=LATENCY):
    return swept(RETRIES, lost=LOST, delivery_latency_p99=latency)


def steps(axes):
    found = [line for line in axes.lines if line.get_linewidth() == FRONT["linewidth"]]
    return [tuple(corner) for corner in found[0].get_xydata()] if found else None


def marked(axes, colour):
    """Return how many points have marks of that *colour*, bounds left aside."""
    return sum(
        len(line.get_xdata())
        for line in axes.lines
        if line.get_marker() == "o"
        and line.get_color() == colour
        and line.get_markerfacecolor() != "white"
    )


def test_the_front_goes_down_in_steps_through_the_points_that_none_beats():
    [axes] = plot_tradeoff(a_sweep()).axes
    floor = axes.get_ylim()[0]
    np.testing.assert_allclose(
        steps(axes), [(0.02, 0.1), (0.3, 0.1), (0.3, 0.01), (0.9, 0.01), (0.9, floor)]
    )


def test_points_that_are_beaten_are_paler_and_keep_their_bars():
    [axes] = plot_tradeoff(a_sweep()).axes
    assert marked(axes, "#0072B2") == 3
    pale = {line.get_color() for line in axes.lines if line.get_marker() == "o"} - {"#0072B2"}
    assert [marked(axes, colour) for colour in pale] == [1]
    bars = [segment for lines in axes.collections for segment in lines.get_segments()]
    assert len(bars) == 8
    assert arrows(axes) == [(0.9, 1e-3)]


def test_the_footer_says_what_the_front_is_and_what_it_is_not():
    figure = plot_tradeoff(a_sweep())
    footer = " ".join(figure.get_supxlabel().split())
    for part in (
        "3 of 4 points",
        "by the values as estimated, none seen being zero",
        "where bars overlap, the order is not sure",
        "Better is less delivery latency p99 and less lost",
    ):
        assert part in footer
    assert {"front, as estimated", "beaten by another"} <= set(texts(figure))


def test_where_more_is_better_the_front_goes_the_other_way():
    rising = swept(
        RETRIES,
        throughput=[(10, 9, 11), (20, 19, 21), (15, 14, 16), (30, 29, 31)],
        sojourn_mean=[(0.1, 0.09, 0.11), (0.2, 0.1, 0.3), (0.25, 0.2, 0.3), (0.4, 0.3, 0.5)],
    )
    figure = plot_tradeoff(rising, "throughput", "sojourn_mean")
    np.testing.assert_allclose(
        steps(figure.axes[0]), [(10, 0.1), (10, 0.2), (20, 0.2), (20, 0.4), (30, 0.4)]
    )
    assert "Better is more throughput and less sojourn mean" in figure.get_supxlabel().replace(
        "\n", " "
    )


def test_of_what_is_drawn_as_1_minus_p_more_lies_lower():
    nines = [(0.9, 0.89, 0.91), (0.99, 0.98, 0.995), (0.95, 0.94, 0.96), (0.999, 0.998, 0.9995)]
    sweep = swept(RETRIES, confirmed=nines, delivery_latency_p99=LATENCY)
    [axes] = plot_tradeoff(sweep, y="confirmed").axes
    assert axes.get_ylabel().startswith("1 - probability of confirmed")
    np.testing.assert_allclose(
        steps(axes), [(0.02, 0.1), (0.3, 0.1), (0.3, 0.01), (0.9, 0.01), (0.9, 0.001)], rtol=1e-6
    )


def test_an_objective_says_which_way_is_better():
    worst = Objective("delivery_latency_p99", highest=True)
    [axes] = plot_tradeoff(a_sweep(), worst, "lost").axes
    assert [corner[0] for corner in steps(axes)] == [0.9]  # the last beats all


def test_what_should_be_neither_high_nor_low_has_no_front():
    figure = plot_tradeoff(a_sweep(), "effects_per_message", "lost")
    assert steps(figure.axes[0]) is None
    assert "Front" not in figure.get_supxlabel()


def test_a_point_that_lacks_one_of_the_two_is_not_on_the_front():
    [axes] = plot_tradeoff(a_sweep([(math.nan,) * 3, *LATENCY[1:]])).axes
    assert steps(axes)[0] == (0.3, 0.01)


@pytest.mark.parametrize(
    ("costs", "on"),
    [
        ([(1, 2), (2, 1)], [True, True]),
        ([(1, 1), (1, 1)], [True, True]),
        ([(1, 1), (1, 2)], [True, False]),
        ([(3, 3), (1, 2), (2, 1), (2, 2)], [False, True, True, False]),
    ],
)
def test_beaten_is_as_good_in_both_and_better_in_one(costs, on):
    assert unbeaten(np.array(costs, dtype=float)).tolist() == on
