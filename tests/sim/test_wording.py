from __future__ import annotations

import math
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.measures import MEASURES
from sim.numerals import probability, seconds
from sim.wording import (
    interval_text,
    point_name,
    predicted_text,
    run_text,
    short_text,
    value_text,
    why_undefined,
)
from tests.sim.made import a_point

NAN = math.nan


def told(value, low, high):
    return SimpleNamespace(value=value, low=low, high=high)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.5, "50.0 %"),
        (0.123456, "12.3 %"),
        (0.0123456, "1.2 %"),
        (0.001, "0.10 %"),
        (0.00099996, "0.10 %"),
        (0.00034, "3.4e-4"),
        (1.2e-6, "1.2e-6"),
        (0.9987, "99.87 %"),
        (0.99987, "99.987 %"),
        (1 - 1.2e-7, "99.999988 %"),
        (1 - 2.0**-40, "1 - 9.1e-13"),
    ],
)
def test_a_probability_has_two_digits_of_what_it_is_short_of_0_or_1(value, text):
    assert probability(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 s"),
        (2.5e-9, "2.50 ns"),
        (4e-6, "4.00 µs"),
        (0.0123, "12.3 ms"),
        (0.9999, "1.00 s"),
        (119.0, "119 s"),
        (121.0, "2.02 min"),
        (7300.0, "2.03 h"),
        (1e6, "11.6 d"),
    ],
)
def test_a_time_has_three_digits_and_the_unit_that_fits(value, text):
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("name", "interval", "value", "text"),
    [
        # As many digits as the interval is worth: two of its half-width.
        ("confirmed", (0.99848, 0.99765, 0.99931), "99.848 %", "99.765 to 99.931 %"),
        ("once", (0.9018, 0.8983, 0.9052), "90.18 %", "89.83 to 90.52 %"),
        ("delivered", (0.99992, 0.99978, 1.0), "99.992 %", "99.978 to 100 %"),
        ("lost", (8e-5, 0.0, 2.16e-4), "8e-5", "0 to 2.2e-4"),
        ("lost", (9.2e-5, 1.5e-5, 1.68e-4), "9.2e-5", "1.5e-5 to 1.68e-4"),
        ("confirm_latency_mean", (0.1336, 0.1317, 0.1354), "133.6 ms", "131.7 to 135.4 ms"),
        ("confirm_latency_p99", (1.2139, 1.2056, 1.2222), "1.2139 s", "1.2056 to 1.2222 s"),
        ("queue_length", (9.96, 7.72, 12.2), "10.0", "7.7 to 12.2"),
        ("throughput", (99.56, 97.52, 101.6), "99.6 /s", "97.5 to 101.6 /s"),
        ("sends_per_message", (1.0, 1.0, 1.0), "1.00", "no variation"),
        ("copies_per_message", (1.1, 1.1 - 1e-15, 1.1 + 1e-15), "1.10", "no variation"),
        ("lost", (0.0039, 0.0, 0.9), "0.4 %", "0 to 90 %"),
        ("once", (0.9961, 0.1, 1.0), "99.6 %", "10 to 100 %"),
        # Nothing seen is a bound.
        ("lost", (0.0, 0.0, 1.5e-5), "none seen", "below 1.5e-5"),
        ("lost", (0.0, 0.0, 0.451), "none seen", "below 45.1 %"),
        ("confirmed", (1.0, 0.9998, 1.0), "all", "above 99.980 %"),
        # What has no interval says so, what has no value says why.
        ("sends_per_message", (1.25, NAN, NAN), "1.25", "none, of one replication"),
        ("persisted", (NAN, NAN, NAN), "not defined", "the broker did not crash"),
        # Where too few lie beyond, there is no upper end.
        (
            "confirm_latency_p999",
            (1.2139, 1.2056, math.inf),
            "1.2139 s",
            "above 1.2056 s, upper end unknown",
        ),
        (
            "confirm_latency_p999",
            (1.2139, 1.2139, math.inf),
            "1.214 s",
            "above 1.214 s, upper end unknown",
        ),
        ("delivery_latency_p50", (NAN, NAN, NAN), "not defined", "no message had an effect"),
        # A check may look at something that is no estimate of its own: a probability.
        ("confirmed within 0.3 s", (0.2346, 0.23, 0.2392), "23.46 %", "23.00 to 23.92 %"),
    ],
)
def test_an_interval_decides_how_many_digits_a_value_is_worth(name, interval, value, text):
    assert value_text(name, told(*interval)) == value
    assert interval_text(name, told(*interval)) == text


@pytest.mark.parametrize(
    ("name", "interval", "text"),
    [
        ("lost", (0.0, 0.0, 1.5e-5), "< 1.5e-5"),
        ("confirmed", (1.0, 0.9998, 1.0), "> 99.980 %"),
        ("lost", (0.1, 0.09, 0.11), "10.0 %"),
        ("persisted", (NAN, NAN, NAN), "-"),
        ("confirm_latency_p99", (1.234, 1.2, 1.3), "1.23 s"),
        ("confirm_latency_p99", (1.234, 1.2, math.inf), "1.23 s"),
        ("lost_per_crash", (0.0, 0.0, 0.0), "0"),
    ],
)
def test_in_a_few_characters(name, interval, text):
    assert short_text(name, told(*interval)) == text


@pytest.mark.parametrize(
    ("predicted", "text"),
    [
        (0.99869679, "99.870 %"),  # as precise as the value beside it
        (1.0, "1"),
        (0.0, "0"),
        (1.3e-7, "1.3e-7"),  # not rounded to nothing
        (NAN, "not defined"),
        (math.inf, "inf"),
    ],
)
def test_a_prediction_is_told_like_the_value_beside_it(predicted, text):
    assert predicted_text("confirmed", told(0.99848, 0.99765, 0.99931), predicted) == text


def numbers(text: str) -> list[float]:
    """Return the numbers in *text*, per cent as shares."""
    share = 0.01 if "%" in text else 1.0
    found = re.findall(r"\d[\d,]*\.?\d*(?:e-?\d+)?", text)
    return [float(number.replace(",", "")) * share for number in found]


@given(
    st.floats(1e-12, 0.999999),
    st.floats(1e-3, 0.99),
    st.floats(1e-3, 10.0),
)
def test_what_is_told_of_a_probability_is_right_to_a_tenth_of_its_interval(value, below, above):
    low, high = value * (1 - below), min(value * (1 + above), 1.0)
    if high - low < 1e-6 * value or 1 - value < 1e-8:
        return
    interval = told(value, low, high)
    tolerance = 0.051 * (high - low)
    [read] = numbers(value_text("lost", interval))
    assert read == pytest.approx(value, abs=tolerance, rel=0)
    assert numbers(interval_text("lost", interval)) == [
        pytest.approx(low, abs=tolerance, rel=0),
        pytest.approx(high, abs=tolerance, rel=0),
    ]


@given(
    st.sampled_from(sorted(MEASURES)),
    st.floats(0.0, 1.0) | st.just(NAN),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
)
def test_nothing_is_ever_told_as_nan_or_0_percent(name, value, one, other):
    low, high = (NAN, NAN) if math.isnan(value) else (min(value, one), max(value, other))
    interval = told(value, low, high)
    for text in (value_text(name, interval), short_text(name, interval)):
        assert "nan" not in text
        assert not re.fullmatch(r"[<>]? ?0(\.0*)? %", text)
        assert not re.fullmatch(r"100(\.0*)? %", text) or 1 - value < 1e-8


def test_every_estimate_has_a_reason_for_being_undefined():
    reasons = {name: why_undefined(name) for name in MEASURES}
    assert all(reasons.values())
    assert reasons["confirm_latency_p99"] == "no message was confirmed"


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({}, ""),
        ({"producer.retries": 3}, "producer.retries = 3"),
        (
            {"broker.durable": False, "disk.sync": {"law": "constant", "value": "1 ms"}},
            "broker.durable = false, disk.sync = constant 1 ms",
        ),
        ({"faults": [{"at": ["1 s", "2 s"]}]}, "faults = 1 s, 2 s"),
    ],
)
def test_a_point_is_called_by_what_sets_it_apart(parameters, name):
    assert point_name(parameters) == name


def of_preset(name):
    point = a_point()
    return replace(point, experiment=point.experiment.model_copy(update={"preset": name}))


def test_a_run_is_described_by_its_preset_unless_that_is_varied():
    one, other = of_preset("sqs-fifo"), of_preset("mqtt-qos-0")
    assert run_text([one]) == "preset sqs-fifo; seed 7; 2 replications of 1,000 messages"
    assert run_text([one, one]).startswith("preset sqs-fifo; seed 7; 2 points, ")
    assert run_text([one, other]).startswith("seed 7; 2 points, ")


def test_a_run_is_described_by_seed_and_sizes():
    one = a_point()
    long = a_point(file={"run": {"messages": 20000, "replications": 2}})
    alone = a_point(file={"run": {"messages": 20000, "replications": 1}})
    assert run_text([one]) == "seed 7; 2 replications of 1,000 messages"
    assert run_text([one, one]) == "seed 7; 2 points, 2 replications of 1,000 messages each"
    assert run_text([one, long]) == ("seed 7; 2 points, 2 replications of 1,000 or 20,000 messages")
    assert run_text([one, alone]) == (
        "seed 7; 2 points, 1 replication of 20,000 messages or 2 replications of 1,000 messages"
    )
