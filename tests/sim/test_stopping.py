"""When there are enough replications."""

import math

import pytest

from sim.config import ConfigError, from_mapping
from sim.config.run import Precision
from sim.runner import run
from sim.stopping import LEAST, first_size, half_width, next_size, width_text
from tests.sim.made import NAN, an_estimate

RELATIVE = Precision(relative=0.1)
ABSOLUTE = Precision(absolute=0.01)


def seen(value, half, replications=20):
    return an_estimate("lost", value, value - half, value + half, replications=replications)


@pytest.mark.parametrize(
    ("precision", "value", "half", "size"),
    [
        (RELATIVE, 0.5, 0.0499, None),
        (RELATIVE, 0.5, 0.0501, 23),  # 1.1 times as many, at least
        (RELATIVE, 0.5, 0.075, 50),  # 1.1 * 1.5^2 * 20
        (RELATIVE, 0.5, 0.4, 80),  # four times as many, at most
        (ABSOLUTE, 0.5, 0.0099, None),
        (ABSOLUTE, 0.5, 0.015, 50),
        (Precision(relative=0.1, absolute=0.01), 0.5, 0.015, 50),  # both are asked for
    ],
)
def test_the_next_size_follows_from_the_width(precision, value, half, size):
    assert next_size(seen(value, half), precision) == size


def test_where_nothing_was_seen_a_share_of_it_is_not_narrow():
    nothing = an_estimate("lost", 0.0, 0.0, 0.01, replications=20)
    assert next_size(nothing, RELATIVE) == 80
    assert next_size(nothing, ABSOLUTE) is None
    undefined = an_estimate("lost", NAN, NAN, NAN, replications=20)
    assert half_width(undefined) == math.inf
    assert next_size(undefined, RELATIVE) == next_size(undefined, ABSOLUTE) == 80


def test_there_is_a_most_and_a_least():
    few = Precision(relative=0.1, max_replications=30)
    assert next_size(seen(0.5, 0.4), few) == 30
    assert next_size(seen(0.5, 0.4, replications=30), few) is None
    assert first_size(5, RELATIVE) == LEAST
    assert first_size(50, RELATIVE) == 50
    assert first_size(50, few) == 30


def test_the_width_is_told_in_words():
    assert width_text(seen(0.5, 0.1), RELATIVE) == "lost to 20%, asked: 10%"
    assert width_text(seen(0.5, 0.1), ABSOLUTE) == "lost to 0.1, asked: 0.01"
    nothing = an_estimate("lost", 0.0, 0.0, 0.01)
    assert width_text(nothing, RELATIVE) == "lost: nothing seen yet"


LOSSY = {
    "run": {"messages": 200, "warmup": 0},
    "producer": {"arrivals": {"law": "regular", "rate": "1/s"}, "retries": 0},
    "network": {"publish": {"loss": 0.1}},
    "broker": {"confirm_when": "received"},
    "sweep": {"network.publish.loss": [0.5, 0.05]},
}


def test_a_run_goes_on_until_every_point_is_narrow_enough():
    precision = {"estimate": "lost", "relative": 0.1}
    told, widths = [], []
    made = from_mapping({**LOSSY, "run": LOSSY["run"] | {"precision": precision}})
    result = run(made, told.append, widths.append)
    easy, hard = (point.estimates["lost"] for point in result.points)
    assert easy.replications == LEAST
    assert hard.replications > LEAST
    for one in (easy, hard):
        assert half_width(one) <= 0.1 * one.value
    done = [status.replications_done for status in told]
    assert done == sorted(done)
    assert done[-1] == told[-1].replications == easy.replications + hard.replications
    assert widths[-1].endswith("asked: 10%")


def test_the_replications_are_those_of_a_run_of_that_size():
    precision = {"estimate": "lost", "relative": 0.1}
    made = from_mapping({**LOSSY, "run": LOSSY["run"] | {"precision": precision}})
    *_, hard = run(made).points
    size = {"replications": len(hard.samples)}
    *_, plain = run(from_mapping({**LOSSY, "run": LOSSY["run"] | size})).points
    assert plain.estimates == hard.estimates


def test_a_precision_has_to_ask_for_something():
    with pytest.raises(ConfigError, match=r"run\.precision must have one of relative and absolute"):
        from_mapping({"run": {"precision": {"estimate": "lost"}}})
