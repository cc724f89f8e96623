"""Pictures by the names of their kinds."""

from __future__ import annotations

import io

import pytest

from models.ledger import Cause
from sim.plots import KINDS, PictureError, draw, save, suitable
from tests.sim.drawn import swept
from tests.sim.made import a_point, a_result, a_sample

GRID = {"producer.retries": [0, 1, 2], "broker.capacity": [1, 2]}


def one_point():
    return a_result(a_point(samples=[a_sample(causes={Cause.NETWORK: 10})] * 2))


def silent():
    nothing = a_sample(((0,) * 5, (0,) * 5, (0, 0, 0, 9, 0)), confirms={1.0: 0}, effects={1.0: 0})
    return a_result(a_point(samples=[nothing]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_meaning_of_one_line_and_can_be_drawn(kind):
    assert KINDS[kind].meaning
    assert "\n" not in KINDS[kind].meaning
    for number in (None, 2):
        point = number if "point" in KINDS[kind].takes else None
        target = io.BytesIO()
        save(draw(swept(GRID), kind, point=point), target, "png")
        assert target.getvalue().startswith(b"\x89PNG")


def test_what_suits_depends_on_what_there_is():
    assert suitable(swept(GRID)) == ["tradeoff", "lines", "heatmap", "latency"]
    assert suitable(swept({"producer.retries": [0, 1]})) == ["tradeoff", "lines", "latency"]
    presets = swept({"preset": ["kafka-acks-1", "mqtt-qos-0"]})
    assert suitable(presets) == ["tradeoff", "presets", "latency"]
    assert suitable(one_point()) == ["confirmation", "latency", "causes"]
    assert suitable(silent()) == []


def test_what_suits_can_be_drawn():
    sample = {"points": 4, "producer.retries": {"from": 0, "to": 9}, "seed": {"from": 0, "to": 9}}
    zipped = {"zip": {"producer.retries": [0, 1], "seed": [1, 2]}}
    for result in (swept({"sample": sample}), swept(zipped), swept(GRID), one_point()):
        for kind in suitable(result):
            assert draw(result, kind).axes


def test_more_lines_than_can_be_told_apart_do_not_suit():
    # Three keys: the lines over one of them are as many as the others have combinations.
    keys = {"broker.capacity": list(range(1, 7)), "seed": list(range(6))}
    many = swept({"producer.retries": list(range(7)), **keys})
    assert suitable(many) == ["tradeoff", "heatmap", "latency"]
    for kind in suitable(many):
        assert draw(many, kind).axes


def test_options_choose_keys_estimates_and_points():
    [axes] = draw(swept(GRID), "tradeoff", x="throughput", y="duplicated").axes
    assert axes.get_xlabel().startswith("throughput")
    assert "duplicated" in axes.get_ylabel()
    [axes] = draw(swept(GRID), "lines", x="capacity", y="duplicated").axes
    assert axes.get_xlabel() == "broker.capacity"
    assert "duplicated" in axes.get_ylabel()
    axes, bar = draw(swept(GRID), "heatmap", x="capacity", estimate="duplicated").axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("broker.capacity", "producer.retries")
    assert "duplicated" in bar.get_ylabel()
    right = draw(swept(GRID), "causes", point=3).axes[0]
    assert [name.get_text() for name in right.get_yticklabels()] == ["retries = 1, capacity = 1"]


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        ("heatmp", {}, '"heatmp" is no kind of picture; did you mean "heatmap"'),
        ("zzz", {}, "kinds: tradeoff, presets, lines"),
        ("lines", {"x": "retires"}, 'did you mean "retries"'),
        ("lines", {"x": "zzz"}, "varied are: producer.retries, broker.capacity"),
        ("tradeoff", {"x": "lots"}, '"lots" is no estimate; did you mean "lost"'),
        ("presets", {"y": "lots"}, 'did you mean "lost"'),
        ("heatmap", {"estimate": "lots"}, 'did you mean "lost"'),
        ("latency", {"x": "lost"}, "latency takes no x, got lost; it takes point: the number"),
        ("causes", {"point": 7}, "point must be between 1 and 6, got 7"),
        ("confirmation", {"point": 0}, "point must be between 1 and 6, got 0"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_what_is_known(kind, options, text):
    with pytest.raises(PictureError) as refused:
        draw(swept(GRID), kind, **options)
    assert text in str(refused.value)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("tradeoff", "tradeoff needs several points, and the result has one"),
        ("presets", "presets needs several points"),
        ("lines", "lines need a key that is varied, and nothing is varied here"),
        ("heatmap", "a heatmap needs two keys"),
        ("confirmation", "confirmation needs confirmed messages, and none was"),
    ],
)
def test_what_a_result_has_not_is_told(kind, text):
    with pytest.raises(PictureError, match=text):
        draw(silent(), kind)
