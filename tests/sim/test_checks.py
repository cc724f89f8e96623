"""Verdicts: what agrees, what disagrees, what cannot tell, and how much more would."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from sim.checks import FORMS, Evidence, Verdict, check
from sim.checks.check import POWER, Prediction, compare, correct
from sim.checks.curve import ack_curve
from sim.checks.form import Value, family
from sim.config import ConfigError, from_mapping
from sim.estimates import of_parts
from sim.runner import run

NAN = math.nan


def predicted(value, *, probability=True):
    return Prediction(
        name="a form",
        estimate="lost",
        formula="p",
        source="a book",
        value=value,
        probability=probability,
    )


def shares(events, trials, *, coupled=False):
    """The estimate of a probability; of coupled messages if the replications alone count."""
    trials = np.asarray(trials, dtype=float)
    return of_parts(
        "lost",
        np.asarray(events, dtype=float),
        trials,
        messages=int(trials.sum()),
        confidence=0.95,
        probability=True,
        independent=len(trials) if coupled else int(trials.sum()),
    )


def means(values, messages=1000):
    return of_parts(
        "sojourn_mean",
        np.asarray(values, dtype=float) * messages,
        np.full(len(values), float(messages)),
        messages=messages * len(values),
        confidence=0.95,
        probability=False,
        independent=messages * len(values),
    )


def verdict(prediction, estimate, margin=0.2):
    (told,) = correct([compare(prediction, estimate, margin)], 0.95)
    return told


# ---------------------------------------------------------------- verdicts


def test_a_close_and_narrow_estimate_agrees():
    told = verdict(predicted(0.43), shares([400, 440, 420, 460, 430], [1000] * 5))
    assert told.verdict is Verdict.AGREES
    assert told.power > 0.99
    assert told.more_messages == 0
    assert (told.predicted, told.value) == (0.43, 0.43)
    assert (told.name, told.formula, told.source) == ("a form", "p", "a book")


def test_a_far_estimate_disagrees():
    told = verdict(predicted(0.5), shares([400, 440, 420, 460, 430], [1000] * 5, coupled=True))
    assert told.verdict is Verdict.DISAGREES
    assert told.p_value == pytest.approx(2 * stats.t.sf(7, 4), rel=0.05)
    assert told.more_messages == 0


def test_independent_messages_are_compared_with_the_binomial_law():
    # Their replications vary less than they should: that is luck, and makes nothing more certain.
    told = verdict(predicted(0.44), shares([430, 430, 430, 430, 430], [1000] * 5))
    assert told.p_value == pytest.approx(stats.binomtest(2150, 5000, 0.44).pvalue)
    assert told.verdict is Verdict.AGREES


def test_a_wide_estimate_cannot_tell_and_says_how_much_more_it_takes():
    wide = shares([300, 550, 420, 500, 380], [1000] * 5, coupled=True)
    told = verdict(predicted(0.43), wide, margin=0.02)
    assert told.verdict is Verdict.UNDECIDED
    assert told.power < POWER
    assert told.more_messages > 0


def test_a_wide_estimate_can_still_disagree():
    wide = shares([300, 550, 420, 500, 380], [1000] * 5, coupled=True)
    told = verdict(predicted(0.05), wide, margin=0.02)
    assert told.verdict is Verdict.DISAGREES


@pytest.mark.parametrize("nothing", [shares([0, 0], [0, 0]), means([NAN, NAN])])
def test_what_is_not_defined_decides_nothing(nothing):
    told = verdict(predicted(0.5), nothing)
    assert told.verdict is Verdict.UNDECIDED
    assert (told.p_value, told.power, told.more_messages) == (1.0, 0.0, -1)


def test_one_replication_of_means_decides_nothing():
    told = verdict(predicted(2.0, probability=False), means([1.0]))
    assert told.verdict is Verdict.UNDECIDED
    assert told.more_messages == -1


def test_one_replication_of_independent_messages_decides():
    assert verdict(predicted(0.4), shares([4000], [10_000])).verdict is Verdict.AGREES
    assert verdict(predicted(0.5), shares([4000], [10_000])).verdict is Verdict.DISAGREES


def test_means_without_any_variation_agree_exactly_or_do_not_tell():
    still = means([1.25] * 5)
    assert verdict(predicted(1.25, probability=False), still).verdict is Verdict.AGREES
    # One message in a thousand may take a thousand times as long: none of these did.
    assert verdict(predicted(2.25, probability=False), still).verdict is Verdict.UNDECIDED


# ---------------------------------------------------------------- never and always


@pytest.mark.parametrize(("p", "all_alike"), [(0.0, [0, 0]), (1.0, [1000, 1000])])
def test_one_event_to_the_contrary_is_enough_against_never_and_always(p, all_alike):
    trials = [1000, 1000]
    assert verdict(predicted(p), shares(all_alike, trials)).verdict is Verdict.AGREES
    contrary = np.abs(np.array(all_alike) - [1, 0])
    told = verdict(predicted(p), shares(contrary, trials))
    assert told.verdict is Verdict.DISAGREES
    assert told.p_value == 0.0


def test_a_rounding_error_is_never_not_rare():
    told = verdict(predicted(1e-17), shares([0, 0], [1000, 1000]))
    assert (told.verdict, told.more_messages) == (Verdict.AGREES, 0)


def test_nothing_seen_of_what_is_rare_cannot_tell():
    told = verdict(predicted(1e-5), shares([0, 0], [1000, 1000]))
    assert told.verdict is Verdict.UNDECIDED
    assert told.p_value == pytest.approx((1 - 1e-5) ** 2000)


def test_nothing_seen_of_what_is_common_disagrees():
    told = verdict(predicted(0.01), shares([0, 0], [1000, 1000]))
    assert told.verdict is Verdict.DISAGREES


# ---------------------------------------------------------------- the margin


def test_the_margin_is_a_share_of_the_smaller_side():
    # 0.9987 is 0.0013 from certainty: that is what twenty percent are taken of.
    low = compare(predicted(0.0013), shares([13, 12, 14, 11, 15], [10_000] * 5), 0.2)
    high = compare(predicted(0.9987), shares([9987, 9988, 9986, 9989, 9985], [10_000] * 5), 0.2)
    assert low.power == pytest.approx(high.power, rel=1e-6)
    assert low.power < 0.5


def test_the_margin_of_a_mean_is_a_share_of_it():
    values = [0.9, 1.0, 1.1, 1.0, 1.0]
    small = compare(predicted(1.0, probability=False), means(values), 0.2)
    large = compare(predicted(1000.0, probability=False), means(1000 * np.array(values)), 0.2)
    assert small.power == pytest.approx(large.power)


# ---------------------------------------------------------------- power


def alarms(rng, *, truth, prediction, replications, messages, seeds=400):
    """How often a check would disagree if *truth* were the truth."""
    alarmed = 0
    for _ in range(seeds):
        events = rng.binomial(messages, truth, replications)
        told = verdict(predicted(prediction), shares(events, [messages] * replications))
        alarmed += told.verdict is Verdict.DISAGREES
    return alarmed / seeds


def test_power_is_the_chance_to_notice_an_error_of_the_margin():
    rng = np.random.default_rng(1)
    told = compare(predicted(0.1), shares(rng.binomial(150, 0.1, 10), [150] * 10), 0.2)
    seen = alarms(rng, truth=0.12, prediction=0.1, replications=10, messages=150)
    # 400 seeds: a standard error of 2.5 %. The spread that power is made of is a guess itself.
    assert told.power == pytest.approx(seen, abs=0.15)
    assert 0.3 < seen < 0.8


def test_the_messages_asked_for_reach_the_power_promised():
    """Where a check is undecided, as many further messages as it asks for decide it."""
    rng = np.random.default_rng(2)
    replications, messages = 10, 80
    told = compare(
        predicted(0.1), shares(rng.binomial(messages, 0.1, replications), [messages] * 10), 0.2
    )
    assert told.verdict is Verdict.UNDECIDED
    enough = math.ceil(messages + told.more_messages / replications)
    seen = alarms(rng, truth=0.12, prediction=0.1, replications=replications, messages=enough)
    assert seen == pytest.approx(POWER, abs=0.12)
    again = compare(
        predicted(0.1), shares(rng.binomial(enough, 0.1, replications), [enough] * 10), 0.2
    )
    assert again.power == pytest.approx(POWER, abs=0.12)


def test_few_events_are_as_powerful_as_the_binomial_law():
    # 2 of 1000, exactly tested: no degrees of freedom are lost, however few the replications.
    two = compare(predicted(0.002), shares([10, 10], [5000, 5000]), 0.5)
    ten = compare(predicted(0.002), shares([2] * 10, [1000] * 10), 0.5)
    assert two.power == pytest.approx(ten.power)
    error = math.sqrt(0.002 * 0.998 / 10_000)
    reach = 0.5 * 0.002 / error
    expected = stats.norm.sf(1.95996 - reach) + stats.norm.cdf(-1.95996 - reach)
    assert two.power == pytest.approx(expected, abs=1e-4)
    assert two.more_messages == pytest.approx(
        ((1.95996 + 0.84162) / reach) ** 2 * 10_000 - 10_000, 1e-3
    )


def test_among_many_siblings_the_same_sample_is_less_powerful():
    estimate = shares([97, 104, 99, 102, 98], [1000] * 5)
    alone = compare(predicted(0.1), estimate, 0.2)
    crowd = compare(predicted(0.1), estimate, 0.2, siblings=20)
    assert crowd.power < alone.power
    assert crowd.p_value == alone.p_value


# ---------------------------------------------------------------- many checks at once


def with_p_values(*p_values):
    base = verdict(predicted(0.43), shares([400, 440, 420, 460, 430], [1000] * 5))
    return [replace(base, p_value=p) for p in p_values]


def test_holm_multiplies_by_the_number_of_checks_that_are_left():
    told = correct(with_p_values(0.03, 0.001, 0.2, 0.02), 0.95)
    # Ascending: 4 * 0.001; 3 * 0.02; 2 * 0.03 is no less than before; 0.2.
    assert [c.p_value for c in told] == pytest.approx([0.06, 0.004, 0.2, 0.06])
    assert [c.verdict for c in told] == [
        Verdict.AGREES,
        Verdict.DISAGREES,
        Verdict.AGREES,
        Verdict.AGREES,
    ]


def test_holm_never_exceeds_certainty_and_never_reverses_the_order():
    told = correct(with_p_values(0.9, 0.8, 0.01), 0.95)
    assert [c.p_value for c in told] == pytest.approx([1.0, 1.0, 0.03])
    assert correct([], 0.95) == []


def test_holm_is_that_of_scipy_in_effect():
    # Against the definition: reject in ascending order until one fails.
    rng = np.random.default_rng(3)
    for _ in range(50):
        p_values = rng.random(6) ** 3
        told = correct(with_p_values(*p_values), 0.95)
        rejected = np.zeros(6, dtype=bool)
        for rank, place in enumerate(np.argsort(p_values)):
            if p_values[place] >= 0.05 / (6 - rank):
                break
            rejected[place] = True
        assert [c.verdict is Verdict.DISAGREES for c in told] == rejected.tolist()


def test_a_level_of_its_own():
    assert correct(with_p_values(0.03), 0.99)[0].verdict is Verdict.AGREES
    assert correct(with_p_values(0.03), 0.90)[0].verdict is Verdict.DISAGREES


# ---------------------------------------------------------------- families

EXPERIMENT = from_mapping({})
GOOD = (predicted(0.1), shares([97, 104, 99, 102, 98], [1000] * 5))


def test_a_family_speaks_through_the_worst_and_is_as_weak_as_the_weakest():
    worse = (predicted(0.1), shares([110, 104, 99, 112, 108], [1000] * 5))
    weak = (predicted(0.001), shares([1, 0, 2, 1, 1], [1000] * 5))
    told = family([GOOD, worse, weak], EXPERIMENT, 1)
    single = compare(*worse, 0.2, siblings=3)
    assert told.value == worse[1].value
    assert told.p_value == pytest.approx(3 * single.p_value)
    weakest = compare(*weak, EXPERIMENT.check.margin, siblings=3)
    assert (told.power, told.more_messages) == (weakest.power, weakest.more_messages)
    assert told.verdict is Verdict.UNDECIDED


def test_a_family_leaves_its_verdict_to_the_correction_over_all():
    # Its own 0.03 is no news among five forms.
    middling = (predicted(0.1), shares([105, 112, 96, 118, 108], [1000] * 5))
    told = family([GOOD, middling], EXPERIMENT, 5)
    assert 0.01 < told.p_value < 0.25
    others = with_p_values(0.5, 0.6, 0.7, 0.8)
    assert correct([told, *others], 0.95)[0].verdict is not Verdict.DISAGREES
    hopeless = (predicted(0.2), GOOD[1])
    wrong = family([GOOD, hopeless], EXPERIMENT, 5)
    assert correct([wrong, *others], 0.95)[0].verdict is Verdict.DISAGREES


# ---------------------------------------------------------------- real experiments

SMALL = {
    "seed": 3,
    "run": {"messages": 2000, "replications": 5, "warmup": "1 s"},
    "network": {"publish": {"delay": "5 ms", "loss": 0.3}},
    "broker": {"confirm_when": "received"},
    "producer": {"retries": 2},
}


@pytest.fixture(scope="module")
def small():
    (point,) = run(from_mapping(SMALL)).points
    return point


def evidence_of(point):
    return Evidence(samples=point.samples, estimates=point.estimates, trials=10_000)


def test_forms_that_hold_are_checked_and_all_others_say_why_not(small):
    names = [form.name for form in FORMS]
    checked, skipped = {c.name for c in small.checks}, {s.name for s in small.skipped}
    assert checked | skipped == set(names)
    assert not checked & skipped
    assert {"P_ack", "R(t)", "P(copies = d)", "E[T | ack]"} <= checked
    assert all(s.reasons and s.formula for s in small.skipped)
    assert all(c.formula and c.source for c in small.checks)


def test_right_formulas_do_not_disagree(small):
    assert [c.name for c in small.checks if c.verdict is Verdict.DISAGREES] == []


@pytest.mark.parametrize("estimate", ["confirmed", "sends_per_message", "confirm_latency_mean"])
def test_a_wrong_formula_disagrees(small, estimate):
    # Twenty percent wrong, in the smaller side of a probability.
    value = small.estimates[estimate].value
    wrong_value = 1 - 1.2 * (1 - value) if estimate == "confirmed" else 1.2 * value
    wrong = Value(
        name="wrong",
        estimate=estimate,
        formula="wrong",
        source="nobody",
        needs=(),
        predict=lambda _experiment: wrong_value,
    )
    told = wrong.check(from_mapping(SMALL), evidence_of(small))
    (told,) = correct([told], 0.95)
    assert told.verdict is Verdict.DISAGREES


@pytest.mark.parametrize("name", ["P_ack", "R(t)", "E[sends]", "P(copies = d)", "E[T | ack]"])
def test_the_right_formula_of_another_experiment_disagrees(small, name):
    other = from_mapping(SMALL | {"network": {"publish": {"delay": "5 ms", "loss": 0.25}}})
    form = next(form for form in FORMS if form.name == name)
    (told,) = correct([form.check(other, evidence_of(small))], 0.95)
    assert told.verdict is Verdict.DISAGREES


def test_only_named_formulas_are_checked():
    named = from_mapping(SMALL | {"check": {"formulas": ["P_ack"]}, "run": {"messages": 50}})
    (point,) = run(named).points
    assert [c.name for c in point.checks] == ["P_ack"]
    assert point.skipped == ()


def test_a_named_formula_that_does_not_hold_is_refused():
    asked = from_mapping(SMALL | {"check": {"formulas": ["P_K"]}})
    with pytest.raises(ConfigError, match="P_K"):
        run(asked)


def test_little_without_a_window_is_undefined():
    # The only message is created at the very end of the warm-up.
    at_once = {
        "run": {"messages": 1, "replications": 2, "warmup": "1 s"},
        "producer": {"arrivals": {"law": "regular", "rate": "1/s"}},
    }
    (point,) = run(from_mapping(at_once)).points
    little = next(c for c in point.checks if c.name == "Little")
    assert little.verdict is Verdict.UNDECIDED
    assert math.isnan(little.value)


def windows(*stays_and_lengths):
    """Replications of 100 s and 200 arrivals, of these mean stays and queue lengths."""
    return [
        SimpleNamespace(
            messages=200,
            arrivals=200,
            window_s=100.0,
            parts={"sojourn_mean": (stay_s * 200, 200.0), "queue_length": (length * 100, 100.0)},
        )
        for stay_s, length in stays_and_lengths
    ]


def little(*stays_and_lengths):
    samples = windows(*stays_and_lengths)
    form = next(form for form in FORMS if form.name == "Little")
    told = form.check(EXPERIMENT, Evidence(samples=samples, estimates={}, trials=1000))
    return correct([told], 0.95)[0]


def test_little_compares_replication_by_replication():
    # Loads differ by half from one to the next, and yet each obeys the law within two percent.
    told = little((1.0, 2.01), (1.5, 2.98), (0.5, 1.01), (2.0, 3.97), (1.25, 2.52))
    assert told.predicted == pytest.approx(2.5)
    assert told.verdict is Verdict.AGREES


def test_little_disagrees_where_messages_come_and_go_unseen():
    told = little((1.0, 2.5), (1.5, 3.6), (0.5, 1.3), (2.0, 4.9), (1.25, 3.1))
    assert told.verdict is Verdict.DISAGREES


def test_little_forgives_one_stay_at_the_end_of_each_window():
    # All short of the same 0.4 %: alike, and no more than what a window cuts off.
    told = little(*((stay_s, 2 * stay_s * 0.996) for stay_s in (1.0, 1.5, 0.5, 2.0, 1.25)))
    assert told.verdict is Verdict.AGREES


def test_each_form_is_told_how_many_are_asked():
    told = []

    class Asked:
        name, formula = "asked", "none"

        def broken(self, _experiment):
            return []

        def check(self, _experiment, evidence):
            told.append(evidence.forms)
            return verdict(*GOOD)

    import sim.checks as checks

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "FORMS", (Asked(), Asked(), Asked()))
        check(EXPERIMENT, Evidence(samples=(), estimates={}, trials=0))
    assert told == [3, 3, 3]


# ---------------------------------------------------------------- what is predicted

PUBLISH = {"network": {"publish": {"loss": 0.1, "ack_loss": 0.1}}, "producer": {"retries": 3}}
PATIENT = {
    "network": {"publish": {"delay": "5 ms", "ack_delay": "15 ms", "loss": 0.5, "ack_loss": 0}},
    "producer": {
        "timeout": "200 ms",
        "retries": 11,
        "backoff": {"law": "exponential", "first": "100 ms", "cap": "1 s"},
    },
}
COMMITS = {
    "producer": {"instances": 2, "arrivals": {"law": "poisson", "rate": "500/s"}},
    "network": {"publish": {"delay": "2 ms", "ack_delay": "1 ms"}},
    "disk": {"sync": "1 ms"},
}
LOSSES = {
    "producer": {"instances": 2, "arrivals": {"law": "poisson", "rate": "1/s"}},
    "disk": {"policy": "interval", "interval": "60 s", "sync": 0, "writeback": "inf"},
    "faults": [{"target": "broker", "kind": "power_loss", "every": "100 s"}],
}
COUNTED = {**LOSSES, "disk": {"policy": "count", "count": 3, "sync": 0}}
WRITTEN_BACK = {**LOSSES, "disk": {"policy": "never", "sync": "10 s"}}
DELIVERIES = {
    "network": {"deliver": {"loss": 0.1, "ack_loss": 0.05}},
    "consumer": {"failure": 0.2},
    "broker": {"redelivery": {"limit": 5}},
}
R = 1 - 0.9 * 0.8  # lost on the way, or raised
F = 1 - (1 - R) * 0.95


def queue(rate, **consumer):
    service = {"service": {"law": "exponential", "mean": "1 s"}, **consumer}
    return {"producer": {"arrivals": {"law": "poisson", "rate": rate}}, "consumer": service}


@pytest.mark.parametrize(
    ("name", "mapping", "expected"),
    [
        ("P_ack", PUBLISH, 0.99869679),
        ("P_delivered", PUBLISH, 0.9999),
        ("P_false_failure", PUBLISH, 0.00120321),
        ("E[sends]", PUBLISH, (1 - 0.19**4) / 0.81),
        ("E[copies]", PUBLISH, 0.9 * (1 - 0.19**4) / 0.81),
        ("E[T | ack]", PATIENT, 0.47941392),
        ("P_persist", LOSSES, 1 - 0.27017847),
        ("E[lost | crash]", LOSSES, 2 * 27.017847),
        ("E[lost | crash]", COUNTED, (1 / 1.005 + 2 / 1.005**2) / (1 + 1 / 1.005 + 1 / 1.005**2)),
        # c = 1/100 s, l = 2/s, W = 30 s, S = 10 s.
        (
            "P_persist | writeback",
            WRITTEN_BACK,
            math.exp(-0.4) * 61 / (1 + 200 * (1 - math.exp(-0.3))),
        ),
        (
            "E[lost | crash, writeback]",
            WRITTEN_BACK,
            200 * (1 - math.exp(-0.4) * 61 / (1 + 200 * (1 - math.exp(-0.3)))),
        ),
        ("E[T | sync]", COMMITS, 0.003 + 1.3655293e-3),
        ("P(T)", DELIVERIES, 1 - R**4),
        ("P_parked", DELIVERIES, F**5),
        ("P_dead_lettered", DELIVERIES, R**5),
        ("P_limit_lost", DELIVERIES, R**5),
        ("E[deliveries]", DELIVERIES, (1 - F**5) / (1 - F)),
        ("E[effects]", DELIVERIES, (1 - R) * (1 - F**5) / (1 - F)),
        (
            "P_duplicated",
            DELIVERIES,
            1 - R**5 - 0.95 * (1 - R**5) - 5 * (1 - R) * 0.05 * R**4,
        ),
        ("W", queue(0.5, failure=0.2), 3.3333333),
        ("L", queue(0.5, failure=0.2), 0.5 * 3.3333333),
        ("W", queue(0.8, service="1 s"), 3.0),
        ("W", queue(2.4, instances=3), 2.0786517),
        ("W", queue(2.4, concurrency=3, prefetch=3), 2.0786517),
        ("P_K", {**queue(1.0), "broker": {"capacity": 3}}, 0.2),
        ("P_K", {**queue(0.8, failure=0.2), "broker": {"capacity": 3}}, 0.2),
        ("T-bar", queue(0.5), 1.0),
        (
            "Throughput",
            {"producer": {"instances": 2, "confirm": False}, "network": {"publish": {"loss": 0.3}}},
            140.0,
        ),
    ],
)
def test_predictions(name, mapping, expected):
    form = next(form for form in FORMS if form.name == name)
    assert form.predict(from_mapping(mapping)) == pytest.approx(expected, rel=1e-7)


# ---------------------------------------------------------------- the curve for plots


def test_the_curve_of_the_plot_is_that_of_the_check():
    experiment = from_mapping(SMALL)
    times_s = np.array([0.0, 0.009, 0.011, 1e6])
    curve = ack_curve(experiment, times_s)
    a = 0.7 * 0.7
    assert curve == pytest.approx([0.0, 0.0, a, 1 - (1 - a) ** 3], abs=1e-12)


def test_there_is_no_curve_where_the_form_does_not_hold():
    silent = from_mapping(SMALL | {"producer": {"confirm": False}})
    assert ack_curve(silent, np.array([1.0])) is None


# ---------------------------------------------------------------- false alarms of it all

SEEDS = 40


def test_the_whole_judge_cries_wolf_as_seldom_as_it_promises():
    """Some check of a point disagrees with right formulas in at most one run in twenty.

    Forty tiny runs: so many alarms that luck makes them once in a thousand times are too many.
    """
    tiny = SMALL | {"run": {"messages": 150, "replications": 6, "warmup": "1 s"}}
    alarmed = 0
    for seed in range(SEEDS):
        (point,) = run(from_mapping(tiny | {"seed": 1000 + seed})).points
        alarmed += any(c.verdict is Verdict.DISAGREES for c in point.checks)
    assert alarmed <= stats.binom.isf(1e-3, SEEDS, 0.05)
