"""Conditions on estimates: how they are read, and how surely they hold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from sim.confidence import confidence, of_share
from sim.constraints import ConstraintError, Holds, judge, parse
from sim.estimate import BOUND
from sim.estimates import estimate
from tests.sim.made import a_point, a_sample
from tests.theory.coverage import of_times


def a_point_of(name, **changed):
    point = a_point(estimates={name: (0.5, 0.4, 0.6)})
    point.estimates[name] = replace(point.estimates[name], **changed)
    return point


@pytest.mark.parametrize(
    ("text", "name", "sign", "bound"),
    [
        ("lost <= 1e-6", "lost", "<=", 1e-6),
        ("lost<0.1 %", "lost", "<", 0.001),
        ("  confirmed >=99.9%", "confirmed", ">=", 0.999),
        ("confirm_latency_p99 <= 50 ms", "confirm_latency_p99", "<=", 0.05),
        ("sojourn_mean > 2", "sojourn_mean", ">", 2.0),
        ("throughput >= 90/s", "throughput", ">=", 90.0),
        ("throughput >= 5400/min", "throughput", ">=", 90.0),
        ("sends_per_message < 1.5", "sends_per_message", "<", 1.5),
        ("queue_length < 12", "queue_length", "<", 12.0),
    ],
)
def test_a_condition_is_read_in_the_units_of_its_estimate(text, name, sign, bound):
    made = parse(text)
    assert (made.name, made.sign, made.bound) == (name, sign, pytest.approx(bound))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lost", "must look like"),
        ("lost == 1", "must look like"),
        ("lost <= 1 <= 2", "must look like"),
        ("losst <= 1", 'must name an estimate, got "losst"; did you mean "lost"?'),
        ("speed <= 1", "estimates: confirmed, failed"),
        ("lost <= 5", 'must be in [0, 1], got "5"; did you mean 5 %?'),
        ("lost <= 5 ms", 'must be a number or a share such as "0.1 %", got "5 ms"'),
        ("sojourn_mean <= 5 sx", 'has an unknown unit "sx", got "5 sx"; did you mean "s"?'),
        ("sojourn_mean <= 5 %", "must be a duration"),
        ("sojourn_mean <= inf", "must be finite"),
        ("sends_per_message <= 5 s", "must be a plain number"),
        ("sends_per_message <= -5", "must be finite and >= 0"),
        ("throughput <= 5 s", "must be a rate"),
    ],
)
def test_what_is_no_condition_is_refused(text, words):
    with pytest.raises(ConstraintError) as refused:
        parse(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("lost <= 70 %", Holds.SURELY),
        ("lost <= 60 %", Holds.SURELY),
        ("lost < 60 %", Holds.OPEN),
        ("lost < 50 %", Holds.OPEN),
        ("lost <= 40 %", Holds.OPEN),
        ("lost < 40 %", Holds.NOT),
        ("lost > 70 %", Holds.NOT),
        ("lost > 39 %", Holds.SURELY),
        ("lost >= 40 %", Holds.SURELY),
        ("lost > 40 %", Holds.OPEN),
    ],
)
def test_a_condition_holds_surely_if_the_whole_interval_does(text, holds):
    assert judge(parse(text), a_point_of("lost")).holds is holds


def test_what_has_no_interval_is_open():
    for changed in ({"value": math.nan}, {"low": math.nan, "high": math.nan}):
        verdict = judge(parse("lost < 1"), a_point_of("lost", **changed))
        assert verdict.holds is Holds.OPEN
        assert math.isnan(verdict.confidence)


def test_a_tail_without_an_upper_end_is_never_surely_short():
    point = a_point_of("confirm_latency_p99", high=math.inf)
    assert judge(parse("confirm_latency_p99 < 1 d"), point).holds is Holds.OPEN


# ---------------------------------------------------------------- how surely


def test_nothing_seen_is_as_sure_as_the_bound_says():
    n = 1000
    most = 1 - 0.05 ** (1 / n)
    point = a_point_of("lost", value=0.0, low=0.0, high=most, units=n, method=BOUND)
    assert confidence("lost", point, most, below=True) == pytest.approx(0.95)
    assert confidence("lost", point, 1e-3, below=True) == pytest.approx(1 - 0.999**n)
    assert confidence("lost", point, 1e-3, below=False) == 0.0


@pytest.mark.parametrize("events", [0, 1, 7, 20])
def test_independent_messages_are_as_sure_as_clopper_and_pearson(events):
    found = stats.binomtest(events, 20).proportion_ci(0.9)
    if events < 20:
        assert of_share(events, 20, found.high, below=True) == pytest.approx(0.95)
    if events > 0:
        assert of_share(events, 20, found.low, below=False) == pytest.approx(0.95)


@pytest.mark.parametrize("below", [True, False])
def test_the_ends_of_an_interval_have_its_level(below):
    # Few messages that go together, and a mean: whatever way the interval was made.
    luck = np.random.default_rng(3)
    samples = [
        replace(
            a_sample(replication=place),
            parts={"lost": (float(lost), 1000.0), "sends_per_message": (1000.0 + lost, 1000.0)},
        )
        for place, lost in enumerate(luck.integers(50, 150, 12))
    ]
    for name in ("lost", "sends_per_message"):
        made = estimate(name, samples, confidence=0.95, trials=12.0)
        point = a_point(samples=samples)
        point.estimates[name] = made
        end = made.high if below else made.low
        assert confidence(name, point, end, below=below) == pytest.approx(0.975, abs=0.002)
        inside = confidence(name, point, made.value, below=below)
        # Clopper and Pearson count what was seen itself to neither side: of a hundred events or so
        # it is 1 / sqrt(2 pi 100), or 4 %.
        assert 0.46 < inside < 0.501


@pytest.mark.parametrize("trials", [12 * 400.0, 12.0])
def test_a_quantile_is_as_sure_as_its_interval(trials):
    luck = np.random.default_rng(4)
    samples = of_times(luck.exponential(1.0, (12, 400)))
    name = "confirm_latency_p90"
    point = a_point(samples=samples)
    made = point.estimates[name] = estimate(name, samples, confidence=0.95, trials=trials)
    # Between two order statistics lie some of 480 beyond: a few parts in a thousand.
    assert confidence(name, point, made.high, below=True) == pytest.approx(0.975, abs=0.01)
    assert confidence(name, point, made.low, below=False) == pytest.approx(0.975, abs=0.01)
    assert confidence(name, point, made.value, below=True) == pytest.approx(0.5, abs=0.05)


def test_confidence_is_at_most_as_often_wrong_as_it_says():
    # 400 results of a share that is just at the bound: surer than c in at most 1 - c of them.
    luck = np.random.default_rng(5)
    found = [of_share(one, 300, 0.02, below=True) for one in luck.binomial(300, 0.02, 400)]
    for sure in (0.5, 0.8, 0.95):
        most = stats.binom.isf(1e-6, 400, 1 - sure)
        assert sum(one > sure for one in found) <= most
    assert special.ndtri(0.975) == pytest.approx(1.96, abs=0.01)
