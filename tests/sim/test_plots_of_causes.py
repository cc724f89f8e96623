"""What losses are due to."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from models.ledger import Cause
from sim.plots import plot_causes
from sim.plots.cause_looks import LOOKS
from sim.plots.losses import losses_of
from tests.sim.drawn import arrows, texts
from tests.sim.made import a_point, a_result, a_sample

MIXED = {Cause.NETWORK: 6, Cause.PAGE_CACHE: 3, Cause.OVERFLOW: 1}


def losing(causes, lost=(0.01, 0.005, 0.02), **parameters):
    samples = [a_sample(causes=causes), a_sample(replication=1, causes=causes)]
    return a_point(parameters=parameters, samples=samples, estimates={"lost": lost})


def a_comparison():
    return a_result(
        losing(MIXED, **{"producer.retries": 0}),
        losing({Cause.PAGE_CACHE: 10}, (0.01, 0.008, 0.012), **{"producer.retries": 1}),
        losing({}, (0.0, 0.0, 0.0015), **{"producer.retries": 2}),
    )


def bars(figure):
    """Return start and width of the parts of each row."""
    found: dict[int, list[tuple[float, float]]] = {}
    for part in figure.axes[1].patches:
        row = round(part.get_y() + part.get_height() / 2)
        found.setdefault(row, []).append((round(part.get_x(), 9), round(part.get_width(), 9)))
    return found


def test_the_parts_of_a_bar_are_the_shares_of_the_causes():
    figure = plot_causes(a_comparison())
    # The page cache takes more over all points, so it comes first.
    assert bars(figure) == {0: [(0.0, 0.3), (0.3, 0.6), (0.9, 0.1)], 1: [(0.0, 1.0)]}
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["page cache", "network", "overflow"]


def test_parts_differ_in_colour_and_hatch():
    looks = [
        (part.get_facecolor(), part.get_hatch())
        for part in plot_causes(losing(MIXED)).axes[1].patches
    ]
    assert len({colour for colour, _ in looks}) == len({hatch for _, hatch in looks}) == 3


def looks(figure):
    entries = figure.legends[0]
    names = [text.get_text() for text in entries.get_texts()]
    drawn = [
        (to_hex(patch.get_facecolor()), patch.get_hatch() or "") for patch in entries.get_patches()
    ]
    return dict(zip(names, drawn, strict=True))


def test_a_cause_looks_the_same_in_every_picture():
    # Once it is the most frequent cause, and once the rarest.
    first = looks(plot_causes(losing({Cause.NETWORK: 6, Cause.PAGE_CACHE: 3, Cause.OVERFLOW: 1})))
    other = looks(plot_causes(losing({Cause.NETWORK: 1, Cause.PAGE_CACHE: 2, Cause.EXPIRED: 9})))
    for cause in ("network", "page cache"):
        assert first[cause] == other[cause]


def test_every_cause_has_a_look_of_its_own():
    assert LOOKS.keys() == set(Cause)
    assert len(set(LOOKS.values())) == len(Cause)


@pytest.mark.parametrize(
    "together",
    [
        # What most systems meet.
        "NETWORK BROKER_DOWN BROKER_MEMORY PAGE_CACHE FAILOVER OVERFLOW AUTO_ACK DELIVERY_LIMIT",
        # A broker falls, and its disk with it.
        "NETWORK BROKER_DOWN BROKER_MEMORY PAGE_CACHE FAILOVER DISK_LOSS TORN_WRITE WRITE_ERROR",
        # It never got in.
        "NETWORK BROKER_DOWN CONNECTION_CUT PRODUCER_CRASH PRODUCER_BUFFER NOT_IN_SYNC",
        "NETWORK BROKER_DOWN FAILOVER NOT_IN_SYNC DEDUPLICATED OUT_OF_SEQUENCE",
        # It never got out.
        "OVERFLOW EXPIRED DELIVERY_LIMIT AUTO_ACK EARLY_ACK COMMIT HANDLER_ERROR REJECTED",
        "OVERFLOW EXPIRED DELIVERY_LIMIT NO_SUBSCRIBER REJECTED",
    ],
)
def test_causes_that_come_together_differ_in_colour_and_in_hatch(together):
    seen = [LOOKS[Cause[name]] for name in together.split()]
    assert len({look.colour for look in seen}) == len({look.hatch for look in seen}) == len(seen)


def test_how_much_is_lost_stands_on_an_axis_of_its_own_with_intervals():
    left, _ = plot_causes(a_comparison()).axes
    assert left.get_xscale() == "log"
    [segments] = [lines.get_segments() for lines in left.collections]
    np.testing.assert_allclose(segments, [[(0.005, 0), (0.02, 0)], [(0.008, 1), (0.012, 1)]])
    assert arrows(left) == [(0.0015, 2)]
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == ["retries = 0", "retries = 1", "retries = 2"]


def test_much_is_drawn_as_it_is_and_not_as_what_is_left():
    left, _ = plot_causes(losing(MIXED, (0.99, 0.98, 0.995))).axes
    assert left.get_xlabel().startswith("probability of lost")


def test_counts_stand_beside_the_bars_and_bounds_where_nothing_was_lost():
    told = texts(plot_causes(a_comparison()))
    assert told.count("20 lost") == 2
    assert {"none lost: below 0.15 %", "all"} <= set(told)


def test_a_share_has_an_interval_where_there_is_room():
    made = losses_of(losing(MIXED)).share([Cause.NETWORK])
    assert made.value == pytest.approx(0.6)
    assert made.low < 0.6 < made.high
    figure = plot_causes(losing(MIXED))
    told = texts(figure)
    assert f"60 % ({100 * made.low:.0f} to {100 * made.high:.0f})" in told
    assert "10 %" in told
    assert "In brackets: the interval of a share" in figure.get_supxlabel()


def test_the_rarest_of_many_causes_are_drawn_together():
    causes = {Cause(place): 20 - place for place in range(8)}
    figure = plot_causes(losing(causes))
    total = sum(causes.values())
    rest = sum(number for cause, number in causes.items() if cause >= 5)
    assert bars(figure)[0][-1][1] == pytest.approx(rest / total)
    assert len(bars(figure)[0]) == 6
    assert "3 others" in texts(figure)


def test_nothing_lost_anywhere_is_a_bound_and_no_legend():
    figure = plot_causes(losing({}, (0.0, 0.0, 0.0015)))
    assert not figure.legends
    assert not figure.axes[1].patches
    assert "none lost: below 0.15 %" in texts(figure)


def rarely(*weights, estimates=None):
    causes = np.zeros((len(weights), len(Cause)))
    causes[:, Cause.PAGE_CACHE] = weights
    samples = [SimpleNamespace(causes=row, messages=1000) for row in causes]
    return SimpleNamespace(
        samples=samples,
        causes=causes.sum(axis=0) / (1000 * len(weights)),
        estimates=estimates or {},
        doubts=("lost rests on 3 effective events only",),
    )


def test_where_rare_events_were_sought_losses_are_weighed():
    from dataclasses import replace

    plain = losing({}, (0.0, 0.0, 0.1))
    point = replace(plain, rare=rarely(1e-6, 3e-6))
    figure = plot_causes(point)
    left, right = figure.axes
    [marks] = [
        line for line in left.lines if len(line.get_xdata()) == 1 and line.get_marker() == "o"
    ]
    np.testing.assert_allclose(marks.get_xdata(), [2e-9])
    assert bars(figure) == {0: [(0.0, 1.0)]}
    assert "weighed" in [text.get_text() for text in right.texts]
    assert "In doubt: lost rests on 3 effective events only." in figure.get_supxlabel()
    # What the search gives itself is taken as it is.
    given = replace(point, rare=rarely(1e-6, 3e-6, estimates={"lost": plain.estimates["lost"]}))
    assert arrows(plot_causes(given).axes[0]) == [(0.1, 0)]


def test_a_search_that_saw_no_loss_leaves_it_to_plain_runs():
    from dataclasses import replace

    found = losses_of(replace(losing(MIXED), rare=rarely(0.0, 0.0)))
    assert not found.weighed
    assert found.by_cause.sum() == 20
