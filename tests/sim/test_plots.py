from __future__ import annotations

import io
import math
from itertools import combinations

import matplotlib as mpl
import matplotlib.figure
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.transforms import Bbox

import sim
from sim.plots import (
    plot_confirmation,
    plot_latency,
    plot_point,
    plot_result,
    plot_tradeoff,
    save,
)
from sim.plots.curves import confirmed_within, latency_within
from sim.plots.page import probability_ticks, time_ticks
from sim.plots.scales import scale_of
from sim.plots.series import series_of
from tests.sim.drawn import arrows, ways
from tests.sim.made import NAN, a_point, a_result, a_sample, an_estimate, retry_sweep

LOSS = [(0.1, 0.08, 0.12), (0.01, 0.005, 0.02), (0.0, 0.0, 1e-4)]
LATENCY = [(0.02, 0.018, 0.022), (0.3, 0.25, 0.35), (0.9, 0.8, 1.0)]
PNG = b"\x89PNG"

CONFIRMS = {0.01: 800, 0.5: 150, 1.0: 30}
EFFECTS = {0.005: 900, 0.4: 90}


def a_run():
    samples = [
        a_sample(replication=index, confirms=CONFIRMS, effects=EFFECTS) for index in range(2)
    ]
    return a_point(samples=samples)


def a_sweep():
    return retry_sweep(lost=LOSS, delivery_latency_p99=LATENCY)


def texts(figure) -> list[str]:
    figure.draw_without_rendering()
    found = [figure.get_suptitle(), figure.get_supxlabel()]
    for axes in figure.axes:
        found += [axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()]
        found += [text.get_text() for text in axes.texts]
        found += [label.get_text() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
        if axes.get_legend():
            found += [text.get_text() for text in axes.get_legend().get_texts()]
    return found


def drawn(figure) -> bytes:
    target = io.BytesIO()
    save(figure, target, "png")
    return target.getvalue()


# What every picture has.

PICTURES = {
    "tradeoff": lambda: plot_tradeoff(a_sweep()),
    "confirmation": lambda: plot_confirmation(a_run()),
    "latency": lambda: plot_latency(a_run()),
    "point": lambda: plot_point(a_run()),
}


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_has_a_title_and_says_how_it_was_made(picture):
    figure = PICTURES[picture]()
    assert figure.get_suptitle() == "A title"
    footer = figure.get_supxlabel()
    for part in ("seed 7", "2 replications of 1,000 messages", "95 % intervals", "msgfate 0.1.0"):
        assert part in footer


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_can_be_drawn_and_is_the_same_each_time(picture):
    assert drawn(PICTURES[picture]()).startswith(PNG)
    assert drawn(PICTURES[picture]()) == drawn(PICTURES[picture]())


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_vector_formats_are_the_same_each_time(form):
    first, second = io.BytesIO(), io.BytesIO()
    save(plot_tradeoff(a_sweep()), first, form)
    save(plot_tradeoff(a_sweep()), second, form)
    assert first.getvalue() == second.getvalue()


@pytest.mark.parametrize("picture", PICTURES)
def test_lines_can_be_told_apart_without_colour(picture):
    for axes in PICTURES[picture]().axes:
        if axes.get_legend():
            styles = [
                (handle.get_linestyle(), handle.get_marker())
                for handle in axes.get_legend().legend_handles
            ]
            assert len(set(styles)) == len(styles)


def test_settings_of_matplotlib_stay_as_they_were():
    before = dict(mpl.rcParams)
    drawn(plot_tradeoff(a_sweep()))
    drawn(plot_point(a_run()))
    assert dict(mpl.rcParams) == before


def test_titles_are_text_and_no_formulas():
    sweep = retry_sweep(lost=LOSS, delivery_latency_p99=LATENCY)
    title = "What costs $1 and {2} and $x_$?"
    experiment = sweep.experiment.model_copy(update={"title": title, "question": title})
    points = tuple(
        a_point(parameters={"producer.retries": "$_$"}, estimates={}, file={"title": title})
        for _ in sweep.points
    )
    assert drawn(plot_tradeoff(type(sweep)(experiment=experiment, points=points))).startswith(PNG)


def test_one_point_gives_curves_and_several_a_tradeoff():
    assert len(plot_result(a_result(a_run())).axes) == 3
    assert len(plot_result(a_sweep()).axes) == 1


# Reliability against latency.


def test_points_lie_at_their_estimates_with_intervals_both_ways():
    [axes] = plot_tradeoff(a_sweep()).axes
    [markers] = [
        line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata()) > 1
    ]
    np.testing.assert_allclose(markers.get_xdata(), [0.02, 0.3, 0.9])
    np.testing.assert_allclose(markers.get_ydata(), [0.1, 0.01, 1e-4])
    bars = [segment for lines in axes.collections for segment in lines.get_segments()]
    assert len(bars) == 6
    np.testing.assert_allclose(bars[0], [(0.018, 0.1), (0.022, 0.1)])
    np.testing.assert_allclose(bars[4], [(0.3, 0.005), (0.3, 0.02)])


def test_where_nothing_was_seen_an_arrow_starts_at_the_bound():
    [axes] = plot_tradeoff(a_sweep()).axes
    assert arrows(axes) == [(0.9, 1e-4)]
    [(across, along)] = ways(axes)
    assert across == 0
    assert along < 0
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert [tuple(line.get_xdata()) for line in hollow] == [(0.9,)]
    assert "none seen: an upper bound" in texts(axes.figure)


def test_an_arrow_points_left_where_the_horizontal_estimate_is_a_bound():
    [axes] = plot_tradeoff(a_sweep(), x="lost", y="delivery_latency_p99").axes
    assert arrows(axes) == [(1e-4, 0.9)]
    [(across, along)] = ways(axes)
    assert across < 0
    assert along == 0


@pytest.mark.parametrize("later", [(0.9, 0.8, math.inf), (0.03, 0.02, math.inf)])
def test_a_bar_without_an_upper_end_leaves_the_picture(later):
    # On a logarithmic axis, and on a linear one.
    latency = [(0.02, 0.018, 0.022), later]
    figure = plot_tradeoff(retry_sweep(lost=LOSS[:2], delivery_latency_p99=latency))
    [axes] = figure.axes
    bars = [segment for lines in axes.collections for segment in lines.get_segments()]
    ends = [segment[1][0] for segment in bars if segment[0][1] == segment[1][1]]
    assert sum(end > axes.get_xlim()[1] for end in ends) == 1
    assert later[0] < axes.get_xlim()[1] < 3.0
    assert "A bar without an end" in figure.get_supxlabel()
    assert drawn(figure).startswith(PNG)


def test_axes_are_labelled_with_meaning_and_unit():
    told = texts(plot_tradeoff(a_sweep()))
    assert "probability of lost: no effect, and never will have" in told
    assert any(label.startswith("delivery latency p99: ") for label in told)
    assert {"10 %", "1e-4", "20 ms", "1 s"} <= set(told)


def test_labels_say_what_was_varied():
    assert {"retries = 0", "1", "2"} <= set(texts(plot_tradeoff(a_sweep())))


def test_of_several_series_the_legend_says_what_the_labels_are():
    grid = a_grid({"sweep": {"producer.retries": [0, 1, 2], "disk.interval": ["1 s", "2 s"]}})
    [axes] = plot_tradeoff(grid).axes
    assert axes.get_legend().get_title().get_text() == "labels: retries"
    assert [text.get_text() for text in axes.texts] == ["0", "1", "2"] * 2


def test_labels_hide_neither_each_other_nor_points():
    close = [(0.5 + 0.001 * place, 0.49, 0.52) for place in range(6)]
    figure = plot_tradeoff(retry_sweep(lost=close, delivery_latency_p99=LATENCY[:1] * 6))
    figure.draw_without_rendering()
    [axes] = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
    assert len(boxes) == 6
    assert not any(Bbox.intersection(one, other) for one, other in combinations(boxes, 2))


def test_points_that_cannot_be_drawn_are_named_with_the_reason():
    latency = [(NAN, NAN, NAN), *LATENCY[1:]]
    figure = plot_tradeoff(retry_sweep(lost=LOSS, delivery_latency_p99=latency))
    assert figure.get_supxlabel().startswith(
        "Not drawn: producer.retries = 0 (delivery latency p99: no message had an effect)."
    )
    assert "retries = 1" in texts(figure)


def test_nothing_to_draw_is_drawn_all_the_same():
    nothing = [(NAN, NAN, NAN)] * 2
    figure = plot_tradeoff(retry_sweep(lost=nothing, delivery_latency_p99=nothing))
    assert drawn(figure).startswith(PNG)


SHARES = [0.0, 1e-5, 0.3, 0.6, 0.99, 1.0]


@pytest.mark.parametrize(
    ("name", "complement"),
    [
        ("lost", False),
        ("duplicated", False),
        ("failed", False),
        ("silent_loss", False),
        ("confirmed", True),
        ("delivered", True),
        ("persisted", True),
    ],
)
@pytest.mark.parametrize("values", [SHARES, SHARES[:2], SHARES[2:4], SHARES[4:]])
def test_what_is_good_is_drawn_as_what_is_left_and_what_is_bad_as_it_is(name, complement, values):
    scale = scale_of(name, [an_estimate(name, value, value, value) for value in values])
    assert scale.complement == complement
    assert scale.label.startswith("1 - probability of" if complement else "probability of")


@pytest.mark.parametrize(
    "told",
    [
        [(0.6, 0.55, 0.65), (0.99, 0.985, 0.995)],
        [(0.97, 0.965, 0.975), (0.999, 0.998, 0.9995)],
        [(0.5, 0.4, 0.6), (1.0, 0.998, 1.0)],
        [(1e-4, 5e-5, 2e-4), (1.0, 1.0, 1.0)],
        [(1.0, NAN, NAN)],
    ],
)
def test_an_axis_of_probabilities_ends_at_1_and_uses_its_room(told):
    scale = scale_of("duplicated", [an_estimate("duplicated", *each) for each in told])
    lower, upper = scale.limits()
    lowest, highest = np.nanmin(told), np.nanmax(told)
    assert lower < lowest <= highest < upper < 1.25
    # What is drawn takes half of the axis or more, whatever it is close to.
    if lowest < highest:
        assert math.log(highest / lowest) > 0.5 * math.log(upper / lower)
    figure = mpl.figure.Figure()
    axes = figure.subplots()
    scale.prepare(axes, "y")
    figure.draw_without_rendering()
    ticks = [tick for tick in axes.get_yticks() if lower <= tick <= upper]
    assert len(ticks) >= 2
    assert max(ticks) <= 1.0


def test_the_complement_turns_interval_and_bound_around():
    scale = scale_of(
        "confirmed",
        [an_estimate("confirmed", *told) for told in [(0.99, 0.98, 0.995), (1, 0.9, 1)]],
    )
    np.testing.assert_allclose(scale.values, [0.01, 0.1])
    np.testing.assert_allclose(scale.lows[0], 0.005)
    np.testing.assert_allclose(scale.highs[0], 0.02)
    assert scale.bounded.tolist() == [False, True]
    assert scale.label.startswith("1 - probability of confirmed: ")


def test_without_an_interval_there_is_no_bar():
    scale = scale_of("lost", [an_estimate("lost", 0.1, NAN, NAN)])
    np.testing.assert_array_equal(scale.errors, [[0.0], [0.0]])


@pytest.mark.parametrize(
    ("values", "logarithmic"), [([0.01, 0.05], False), ([0.01, 0.2], True), ([0.0, 0.2], False)]
)
def test_times_far_apart_stand_on_a_logarithmic_axis(values, logarithmic):
    estimates = [an_estimate("sojourn_mean", value, value, value) for value in values]
    assert scale_of("sojourn_mean", estimates).logarithmic == logarithmic


def a_grid(file):
    experiment = sim.from_mapping({"title": "A grid", **file})
    points = [
        a_point(parameters=point.parameters, estimates={"lost": (0.1, 0.08, 0.12)})
        for point in experiment.points()
    ]
    return type(a_result())(experiment=experiment, points=tuple(points))


def test_points_form_series_along_the_longest_axis_of_the_sweep():
    grid = a_grid({"sweep": {"producer.retries": [0, 1, 2], "disk.interval": ["1 s", "2 s"]}})
    one, other = series_of(grid, range(6))
    assert (one.name, other.name) == ("interval = 1 s", "interval = 2 s")
    assert (one.places, other.places) == ((0, 2, 4), (1, 3, 5))
    assert (one.along, one.labels) == (("retries",), ("0", "1", "2"))


def test_zipped_keys_are_one_axis():
    zipped = {"producer.retries": [0, 1], "producer.timeout": ["1 s", "2 s"]}
    [series] = series_of(a_grid({"sweep": {"zip": zipped}}), range(2))
    assert series.name == ""
    assert (series.along, series.labels) == (("retries", "timeout"), ("0, 1 s", "1, 2 s"))


def test_the_points_of_a_design_are_one_axis_and_no_line():
    sample = {"points": 8, "producer.retries": {"from": 0, "to": 99}, "seed": {"from": 0, "to": 99}}
    design = a_grid({"sweep": {"sample": sample}})
    [series] = series_of(design, range(8))
    assert (series.along, series.scattered) == (("retries", "seed"), True)
    [axes] = plot_tradeoff(design).axes
    lines = [line for line in axes.get_lines() if len(line.get_xdata()) == 8]
    assert {line.get_linestyle() for line in lines} == {"None"}  # marks and ends of bars


def test_the_first_label_names_each_of_the_zipped_keys():
    zipped = {"producer.retries": [0, 1], "producer.timeout": ["1 s", "2 s"]}
    told = texts(plot_tradeoff(a_grid({"sweep": {"zip": zipped}})))
    assert {"retries = 0, timeout = 1 s", "1, 2 s"} <= set(told)


def test_keys_that_end_alike_keep_their_paths():
    loss = {"network.publish.loss": [0.0, 0.1], "network.deliver.loss": [0.0, 0.1, 0.2]}
    series = series_of(a_grid({"sweep": loss}), range(6))
    assert [one.name for one in series] == [
        "network.publish.loss = 0.0",
        "network.publish.loss = 0.1",
    ]
    assert series[0].along == ("network.deliver.loss",)


def test_series_differ_in_colour_marker_and_line():
    grid = a_grid({"sweep": {"producer.retries": [0, 1, 2], "disk.interval": ["1 s", "2 s"]}})
    [axes] = plot_tradeoff(grid).axes
    handles = [one for one in axes.get_legend().legend_handles if one.get_marker() != "None"]
    assert len({to_hex(handle.get_color()) for handle in handles}) == 2
    assert len({handle.get_marker() for handle in handles}) == 2
    assert len({handle.get_linestyle() for handle in handles}) == 2


def test_a_long_legend_stands_beside_the_axes():
    long = {"producer.retries": list(range(9)), "broker.capacity": list(range(8))}
    figure = plot_tradeoff(a_grid({"sweep": long}))
    figure.draw_without_rendering()
    [axes], [legend] = figure.axes, figure.legends
    assert axes.get_legend() is None
    assert legend.get_window_extent().x0 >= axes.get_window_extent().x1


# Curves.


def test_the_curve_is_the_share_confirmed_by_then():
    curve = confirmed_within(a_run())
    shares = {t: curve.value[curve.times_s > t * 1.001][0] for t in (0.01, 0.5, 1.0)}
    assert shares == {0.01: 0.8, 0.5: 0.95, 1.0: 0.98}
    assert curve.value[0] == 0
    assert curve.messages == 2000
    assert (curve.low <= curve.value).all()
    assert (curve.value <= curve.high).all()


def test_a_latency_is_a_share_of_those_that_have_one():
    curve = latency_within(a_run(), "confirm")
    assert curve.value[-1] == 1.0
    assert curve.messages == 2 * 980
    assert curve.value[curve.times_s > 0.0101][0] == 800 / 980


def test_what_lies_beyond_is_the_complement():
    curve = confirmed_within(a_run())
    left = curve.complement()
    np.testing.assert_allclose(left.value, 1 - curve.value)
    assert (left.low <= left.value).all()
    assert (left.value <= left.high).all()


def test_an_interval_over_replications_grows_with_what_sets_them_apart():
    alike = a_run()
    apart = a_point(
        samples=[
            a_sample(confirms={0.01: 900}, effects=EFFECTS),
            a_sample(replication=1, confirms={0.01: 700}, effects=EFFECTS),
        ],
        file={"broker": {"confirm_when": "synced"}},
    )
    place = -1
    spread = [
        curve.high[place] - curve.low[place] for curve in map(confirmed_within, (alike, apart))
    ]
    assert spread[1] > 10 * spread[0]


def the_truth(_experiment, times_s):
    return np.where(times_s < 0.01, 0.0, 0.8) + np.where(times_s < 0.5, 0.0, 0.17)


def test_the_closed_form_lies_on_the_same_axes():
    above, below = plot_confirmation(a_run(), the_truth).axes
    for axes, of in ((above, lambda share: share), (below, lambda share: 1 - share)):
        [line] = [line for line in axes.lines if line.get_label() == "closed form"]
        np.testing.assert_allclose(line.get_ydata(), of(the_truth(None, line.get_xdata())))
    assert below.get_yscale() == "log"
    assert above.get_xscale() == below.get_xscale() == "log"


def test_without_a_closed_form_only_the_simulation_is_drawn():
    told = texts(plot_confirmation(a_run(), lambda _experiment, _times_s: None))
    assert "simulated, with its interval" in told
    assert "closed form" not in told


def test_where_all_are_confirmed_the_tail_ends_in_a_bound():
    sure = a_point(samples=[a_sample(((1000, 0, 0, 0, 0), (0,) * 5, (0,) * 5))] * 2)
    _, below = plot_confirmation(sure).axes
    assert len(arrows(below)) == 1
    assert any(text.startswith("none left: below ") for text in texts(below.figure))


def never_confirmed():
    return a_point(samples=[a_sample(((0,) * 5, (0,) * 5, (10, 0, 0, 0, 0)), confirms={1.0: 0})])


def test_where_none_was_confirmed_there_is_no_curve():
    point = never_confirmed()
    assert confirmed_within(point) is None
    figure = plot_point(point)
    assert len(figure.axes) == 1
    assert "no R(t)" in figure.get_supxlabel()
    assert "no message was confirmed" in texts(plot_confirmation(point))


def test_nothing_at_all_is_drawn_as_a_sentence():
    nothing = a_sample(((0,) * 5, (0,) * 5, (0, 0, 0, 9, 0)), confirms={1.0: 0}, effects={1.0: 0})
    told = texts(plot_point(a_point(samples=[nothing])))
    assert "no message was confirmed, and none had an effect" in told


def test_the_closed_form_of_a_real_run_goes_through_the_simulation():
    file = {
        "run": {"messages": 3000, "replications": 2, "warmup": 0},
        "producer": {"timeout": "100 ms", "backoff": {"law": "none"}},
        "network": {"publish": {"delay": "1 ms", "loss": 0.2}},
        "broker": {"confirm_when": "received"},
    }
    [point] = sim.run(sim.from_mapping(file)).points
    above, _ = plot_confirmation(point).axes
    simulated, predicted = (line.get_ydata() for line in above.lines)
    # 6,000 independent messages: five standard errors at the very most.
    assert np.max(np.abs(simulated - predicted)) < 5 * 0.5 / 6000**0.5


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "100 %"), (0.5, "50 %"), (1e-3, "0.1 %"), (1e-4, "1e-4"), (2.5e-7, "2.5e-7")],
)
def test_ticks_of_probabilities(value, text):
    assert probability_ticks()(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 s"), (1e-6, "1 µs"), (0.02, "20 ms"), (1.0, "1 s"), (300.0, "5 min")],
)
def test_ticks_of_times(value, text):
    assert time_ticks()(value) == text
