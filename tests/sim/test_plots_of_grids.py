"""An estimate over two swept keys."""

from __future__ import annotations

import math

import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex

from sim.plots import PictureError, plot_heatmap
from sim.plots.heatmap import COLOURS
from tests.sim.drawn import swept, texts

GRID = {"network.publish.loss": [0.1, 0.01], "producer.retries": [0, 1, 3]}
LOST = [
    *[(0.1, 0.08, 0.12), (0.01, 0.005, 0.02), (0.001, 0.0005, 0.002)],
    *[(0.01, 0.008, 0.012), (1e-4, 1e-5, 2e-4), (0.0, 0.0, 3e-4)],
]


def a_grid():
    return swept(GRID, lost=LOST)


def cells(axes):
    """Return the cells by column and row, counted from below."""
    return {(round(p.get_x() + 0.5), round(p.get_y() + 0.5)): p for p in axes.patches}


def written_in(axes, cell):
    return [
        text.get_text()
        for text in axes.texts
        if (text.get_position()[0], round(text.get_position()[1])) == cell
    ]


def test_each_cell_has_the_value_of_its_point_and_the_interval():
    axes = plot_heatmap(a_grid()).axes[0]
    # Numbers ascend, whatever their order in the file.
    assert written_in(axes, (0, 1)) == ["10.0 %", "8.0 to 12.0 %"]
    assert written_in(axes, (1, 0)) == ["1.0e-4", "1.0e-5 to 2.00e-4"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "3"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.01", "0.1"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("producer.retries", "network.publish.loss")


def test_colours_of_probabilities_go_by_factors_and_more_is_darker():
    axes, bar = plot_heatmap(a_grid()).axes
    found = cells(axes)
    ends = colormaps[COLOURS]
    assert to_hex(found[1, 0].get_facecolor()) == to_hex(ends(0.0))
    assert to_hex(found[0, 1].get_facecolor()) == to_hex(ends(1.0))
    assert to_hex(found[1, 1].get_facecolor()) == to_hex(ends(2 / 3))
    assert bar.get_yscale() == "log"
    assert bar.get_ylim() == pytest.approx((1e-4, 0.1))
    assert bar.get_ylabel().startswith("probability of lost")


def test_where_nothing_was_seen_a_cell_is_hatched_and_has_no_colour():
    figure = plot_heatmap(a_grid())
    axes = figure.axes[0]
    hatched = {place for place, cell in cells(axes).items() if cell.get_hatch()}
    assert hatched == {(2, 0)}
    assert to_hex(cells(axes)[2, 0].get_facecolor()) == "#ffffff"
    assert written_in(axes, (2, 0)) == ["< 3.0e-4"]
    assert "Hatched: none seen" in figure.get_supxlabel()


def test_where_nothing_is_defined_a_cell_is_grey_and_the_footer_tells_why():
    lost = [(math.nan, math.nan, math.nan), *LOST[1:]]
    figure = plot_heatmap(swept(GRID, persisted=lost), estimate="persisted")
    assert written_in(figure.axes[0], (0, 1)) == ["-"]
    assert "not defined (persisted: the broker did not crash)" in figure.get_supxlabel()


def test_with_no_value_anywhere_there_is_no_colour_bar():
    figure = plot_heatmap(swept(GRID, lost=[(0.0, 0.0, 0.01)] * 6))
    assert len(figure.axes) == 1
    assert texts(figure).count("< 1.0 %") == 6


def test_of_1_minus_p_the_cells_tell_what_the_colours_do():
    nines = [(1.0 - value, 1.0 - high, 1.0 - low) for value, low, high in LOST]
    axes, bar = plot_heatmap(swept(GRID, confirmed=nines), estimate="confirmed").axes
    assert bar.get_ylabel().startswith("1 - probability of confirmed")
    assert written_in(axes, (0, 1)) == ["10.0 %", "8.0 % to 12.0 %"]
    assert written_in(axes, (2, 0)) == ["< 3.0e-4"]


def test_one_value_everywhere_is_one_colour():
    axes, _ = plot_heatmap(swept(GRID, lost=[(0.1, 0.08, 0.12)] * 6)).axes
    assert len({to_hex(cell.get_facecolor()) for cell in axes.patches}) == 1


def test_other_keys_are_fixed_as_at_the_first_point_or_at_another():
    sweep = swept(
        {"seed": [7, 8], **GRID}, lost=[(0.1 * (place + 1) / 2, 0, 1) for place in range(12)]
    )
    first = plot_heatmap(sweep, "retries", "loss")
    assert "fixed: seed = 7 (of 2 values)" in first.axes[0].get_title(loc="left")
    assert len(first.axes[0].patches) == 6
    assert written_in(first.axes[0], (0, 1))[0] == "5.0 %"
    other = plot_heatmap(sweep, "retries", "loss", point=sweep.points[6])
    assert "fixed: seed = 8" in other.axes[0].get_title(loc="left")
    assert written_in(other.axes[0], (0, 1))[0] == "35.0 %"


def test_by_default_the_keys_with_the_most_values_are_taken():
    sweep = swept({"seed": [7, 8], "broker.capacity": [1, 2, 3], "producer.retries": [0, 1, 2, 3]})
    axes = plot_heatmap(sweep).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("producer.retries", "broker.capacity")
    axes = plot_heatmap(sweep, "seed").axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("seed", "producer.retries")
    axes = plot_heatmap(sweep, y="retries").axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("broker.capacity", "producer.retries")


def test_what_moves_with_a_key_is_told():
    zipped = {"seed": [7, 8], "zip": {"producer.retries": [0, 1], "producer.timeout": [1, 2]}}
    figure = plot_heatmap(swept(zipped), "seed", "timeout")
    assert len(figure.axes[0].patches) == 4
    assert "With producer.timeout moves producer.retries." in figure.get_supxlabel()


def test_many_columns_have_values_only():
    wide = {"seed": [7, 8], "producer.retries": list(range(20))}
    axes = plot_heatmap(swept(wide)).axes[0]
    assert len(axes.texts) == 40


def test_keys_that_span_no_grid_are_refused():
    with pytest.raises(PictureError, match=r"two keys .*varied here: producer\.retries"):
        plot_heatmap(swept({"producer.retries": [0, 1]}))
    with pytest.raises(PictureError, match="nothing is varied here"):
        plot_heatmap(swept({}))
    with pytest.raises(PictureError, match=r"producer\.retries twice"):
        plot_heatmap(a_grid(), "retries", "retries")
    zipped = {"zip": {"producer.retries": [0, 1], "producer.timeout": [1, 2]}}
    with pytest.raises(PictureError, match="move together"):
        plot_heatmap(swept(zipped), "retries", "timeout")
    with pytest.raises(PictureError, match=r"retries, producer\.timeout \(together\)"):
        plot_heatmap(swept(zipped))
    sample = {"points": 4, "producer.retries": {"from": 0, "to": 9}, "seed": {"from": 0, "to": 9}}
    with pytest.raises(PictureError, match="design"):
        plot_heatmap(swept({"sample": sample}), "retries", "seed")
