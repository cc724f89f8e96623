"""Which knob matters: Sobol's indices, of known functions and of simulations."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from scipy import stats
from typer.testing import CliRunner

import sim
from sim.cli.app import app
from sim.config import ConfigError
from sim.indices import NothingToLearnError, effects_of
from sim.result import Failure
from sim.sensitivity import sensitivity
from sim.tables.sensitivity import sensitivity_sentence, sensitivity_table
from tests.sim.made import a_point, a_result, a_sample

# T. Ishigami and T. Homma, "An importance quantification technique in uncertainty analysis for
# computer models", ISUMA 1990; with a = 7 and b = 0.1 the indices are known.
_PI4 = 0.1 * math.pi**4
_ALONE = (0.5 * (1 + _PI4 / 5) ** 2, 49 / 8, 0.0)
_PAIR = 8 * _PI4**2 / 225  # of the first and the third
_ALL = math.fsum(_ALONE) + _PAIR
FIRST = dict(zip("abc", (part / _ALL for part in _ALONE), strict=True))
TOTAL = {"a": FIRST["a"] + _PAIR / _ALL, "b": FIRST["b"], "c": _PAIR / _ALL}


def ishigami(units):
    a, b, c = np.pi * (2 * units.T - 1)
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def by_name(effects):
    return {effect.name: effect for effect in effects}


# ---------------------------------------------------------------- a known function


def test_the_indices_of_ishigamis_function():
    effects, spread = effects_of("abc", 2048, 1, ishigami, level=1 - 1e-4)
    assert [effect.name for effect in effects] == ["a", "b", "c"]
    for name, effect in by_name(effects).items():
        assert effect.first.low <= FIRST[name] <= effect.first.high
        assert effect.total.low <= TOTAL[name] <= effect.total.high
        assert effect.total.high - effect.total.low < 0.3
    # A variance of 4096 values; a Sobol design knows it better than as many at random.
    values = ishigami(np.random.default_rng(1).random((4096, 3)))
    error = math.sqrt((stats.kurtosis(values) + 2) / 4096) * _ALL
    assert spread == pytest.approx(_ALL, abs=4 * error)


def test_they_are_those_of_scipy():
    # Its own design has other luck: the two differ by less than both may be wrong.
    effects = by_name(effects_of("abc", 2048, 1, ishigami)[0])
    other = stats.sobol_indices(
        func=lambda x: ishigami((x.T / np.pi + 1) / 2),
        n=2048,
        dists=[stats.uniform(-np.pi, 2 * np.pi)] * 3,
        rng=np.random.default_rng(3),
    )
    for place, name in enumerate("abc"):
        for told, its in (
            (effects[name].first, other.first_order[place]),
            (effects[name].total, other.total_order[place]),
        ):
            assert told.value == pytest.approx(its, abs=2 * (told.high - told.low))


def test_intervals_hold_the_truth():
    seeds = 40
    missed = dict.fromkeys([("first", name) for name in "abc"], 0)
    missed |= dict.fromkeys([("total", name) for name in "abc"], 0)
    for seed in range(seeds):
        for effect in effects_of("abc", 128, seed, ishigami)[0]:
            for kind, truth in (("first", FIRST), ("total", TOTAL)):
                told = getattr(effect, kind)
                missed[kind, effect.name] += not told.low <= truth[effect.name] <= told.high
    # Bootstrapped quantiles of 128 are a little narrow: 10 % for 5 %.
    assert max(missed.values()) <= stats.binom.isf(1e-6, seeds, 0.1)


def test_what_changes_nothing_has_no_effect_at_all():
    effects = by_name(effects_of("ab", 64, 1, lambda units: np.exp(units[:, 0]))[0])
    assert (effects["b"].total.value, effects["b"].total.low, effects["b"].total.high) == (0, 0, 0)
    assert effects["b"].first.value == 0
    assert effects["a"].total.low > 0.5


def test_the_same_seed_gives_the_same_intervals():
    assert effects_of("abc", 16, 5, ishigami) == effects_of("abc", 16, 5, ishigami)
    assert effects_of("abc", 16, 5, ishigami) != effects_of("abc", 16, 6, ishigami)


def test_where_nothing_varies_nothing_is_told():
    with pytest.raises(NothingToLearnError, match="the same everywhere"):
        effects_of("ab", 8, 1, lambda units: np.ones(len(units)))


# ---------------------------------------------------------------- results made by hand

DESIGN = {
    "points": 64,
    "producer.retries": {"from": 0, "to": 99},
    "run.messages": {"from": 1, "to": 1000},
    "seed": {"from": 0, "to": 999},
}
REPLICATIONS = 6


def an_experiment(**changed):
    return sim.from_mapping({"seed": 3, "sweep": {"sample": {**DESIGN, **changed}}})


def made_by_hand(experiment, noise, shared=0.0):
    """Simulate 'lost' as retries / 1000, and luck of which the points share a part."""
    luck = np.random.default_rng(8)
    common = luck.normal(0.0, shared, REPLICATIONS)
    points = []
    for point in experiment.points():
        own = luck.normal(0.0, noise, REPLICATIONS)
        value = point.experiment.producer.retries / 1000
        samples = [
            replace(a_sample(replication=place), parts={"lost": (value + error, 1.0)})
            for place, error in enumerate(own + common)
        ]
        points.append(a_point(parameters=point.parameters, samples=samples))
    return a_result(*points, sweep={"zip": {"seed": [1]}})


def test_noise_is_told_and_makes_totals_too_high():
    # retries / 1000 is uniform: 0.0288 is its standard deviation.
    noise = 0.03
    told = sensitivity(an_experiment(), "lost", lambda e: made_by_hand(e, noise, shared=1.0))
    variance = (100**2 - 1) / 12 / 1000**2
    share = noise**2 / REPLICATIONS
    share /= share + variance
    # 128 points of 6 replications tell a variance to 1 / sqrt(320); the variance of 128 values
    # that go over a range is told to less than that.
    assert told.noise == pytest.approx(share, rel=4 * math.sqrt(2 / 320))
    effects = by_name(told.effects)
    assert told.effects[0].name == "producer.retries"
    # What changes nothing seems to, by as much as the noise makes. Half the mean square of 64
    # differences of two errors tells it to sqrt(2 / 64).
    for name in ("seed", "run.messages"):
        assert effects[name].total.value == pytest.approx(told.noise, rel=4 * math.sqrt(2 / 64))
    assert f"{100 * told.noise:.0f} % of the variance is simulation noise" in sensitivity_sentence(
        told
    )


def test_luck_that_all_points_share_is_no_noise():
    told = sensitivity(an_experiment(), "lost", lambda e: made_by_hand(e, 0.0, shared=1.0))
    assert told.noise == pytest.approx(0.0, abs=1e-9)
    effects = by_name(told.effects)
    assert effects["seed"].total.value == pytest.approx(0.0, abs=1e-9)


def test_each_point_is_simulated_once():
    asked = []

    def simulate(experiment):
        asked.append(experiment)
        return made_by_hand(experiment, 0.01)

    design = {"producer.retries": {"from": 0, "to": 3}, "run.messages": {"choices": [5, 6]}}
    experiment = sim.from_mapping(
        {"sweep": {"sample": {"points": 64, **design}}, "claims": [], "title": "T"}
    )
    sensitivity(experiment, "lost", simulate)
    (made,) = asked
    rows = [tuple(point.parameters.values()) for point in made.points()]
    assert sorted(rows) == [(retries, size) for retries in range(4) for size in (5, 6)]
    assert made.title == "T"


def test_another_estimate_is_told_from_what_was_run():
    runs = []

    def simulate(experiment):
        runs.append(experiment)
        result = made_by_hand(experiment, 0.01)
        points = []
        for point in result.points:
            samples = [
                replace(one, parts={**one.parts, "failed": (2 * one.parts["lost"][0], 1.0)})
                for one in point.samples
            ]
            points.append(replace(point, samples=tuple(samples)))
        return replace(result, points=tuple(points))

    asked = an_experiment()
    told = sensitivity(asked, "lost", simulate)
    assert told.experiment == asked
    assert told.experiment.sweep.sample.points == 64
    other = told.of("failed")
    assert len(runs) == 1
    assert other.estimate == "failed"
    assert other.deviation == pytest.approx(2 * told.deviation)
    assert [effect.name for effect in other.effects] == [effect.name for effect in told.effects]


def test_where_a_point_failed_to_run_nothing_is_told():
    def simulate(experiment):
        result = made_by_hand(experiment, 0.01)
        first, *others = result.points
        failure = Failure(parameters=first.parameters, text="why")
        return replace(result, points=tuple(others), failures=(failure,))

    with pytest.raises(NothingToLearnError, match=r"1 of \d+ points failed to run"):
        sensitivity(an_experiment(), "lost", simulate)


def test_what_is_not_defined_somewhere_has_no_sensitivity():
    def simulate(experiment):
        result = made_by_hand(experiment, 0.01)
        first, *others = result.points
        empty = tuple(replace(one, parts={"lost": (0.0, 0.0)}) for one in first.samples)
        return replace(result, points=(replace(first, samples=empty), *others))

    with pytest.raises(NothingToLearnError, match="not defined at 1 of"):
        sensitivity(an_experiment(), "lost", simulate)


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        ({}, r"a \[sweep.sample\] with two ranges or more is needed"),
        ({"seed": [1, 2]}, r"a \[sweep.sample\] with two ranges or more is needed"),
        (
            {"sample": {"points": 4, "seed": {"from": 0, "to": 9}}},
            r"a \[sweep.sample\] with two ranges or more is needed",
        ),
        ({"sample": DESIGN, "broker.capacity": [1]}, "must stand alone"),
        (
            {"sample": {**DESIGN, "design": "latin_hypercube", "points": 60}},
            "must be a power of two, got 60; 32 or 64",
        ),
        ({"sample": {**DESIGN, "points": 1}}, "must be a power of two, got 1; 2 or 4"),
    ],
)
def test_what_cannot_be_asked_is_refused(sweep, words):
    with pytest.raises(NothingToLearnError, match=words):
        sensitivity(sim.from_mapping({"sweep": sweep}), "lost", pytest.fail)


def test_points_that_the_design_of_the_file_did_not_have_are_checked():
    # Of two points neither has both at once; some of those that are asked for have.
    sample = {
        "points": 2,
        "broker.replicas": {"choices": [5, 1]},
        "broker.min_in_sync": {"from": 1, "to": 2},
    }
    for seed in range(20):
        try:
            experiment = sim.from_mapping({"seed": seed, "sweep": {"sample": sample}})
        except ConfigError:
            continue
        with pytest.raises(ConfigError, match=r"must be <= broker\.replicas = 1, got 2"):
            sensitivity(experiment, "lost", pytest.fail)
        return
    pytest.fail("no such seed")


# ---------------------------------------------------------------- a simulation

FILE = """
    title = "Losses"
    seed = 4
    [run]
    messages = 400
    replications = 4
    warmup = 0
    [producer]
    arrivals = { law = "regular", rate = "10/s" }
    [network.publish]
    ack_loss = 0
    [sweep.sample]
    points = 8
    "producer.retries" = { from = 0, to = 1 }
    "network.publish.loss" = { from = 0.1, to = 0.6 }
    "consumer.prefetch" = { choices = [1, 10] }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text(FILE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def told(folder):
    return sensitivity(sim.load(folder / "x.toml"), "lost", sim.run)


def test_a_simulation_has_the_indices_of_its_closed_form(told):
    # A message is lost if each of its attempts is: p^(retries + 1). The same points, so that the
    # two differ by the simulation's noise alone.
    def closed_form(units):
        retries, loss = (2 * units[:, 0]).astype(int), 0.1 + 0.5 * units[:, 1]
        return np.round(loss, 3) ** (retries + 1)

    names = ("producer.retries", "network.publish.loss", "consumer.prefetch")
    known = by_name(effects_of(names, 8, 4, closed_form)[0])
    found = by_name(told.effects)
    assert found["consumer.prefetch"].total.value == 0
    # Of 1600 messages a share of 0.4 or less is told to 0.0125, against a spread of 0.12 or more:
    # 1 % of the variance, and 10 % of a difference of two.
    assert 0 <= told.noise < 0.02
    for name in names:
        for kind in ("first", "total"):
            its = getattr(known[name], kind).value
            assert getattr(found[name], kind).value == pytest.approx(its, abs=0.1)


def test_the_table_tells_the_largest_first(told):
    console = Console(width=100, record=True)
    console.print(sensitivity_table(told))
    rows = [line.split()[0] for line in console.export_text().splitlines()[3:]]
    assert rows == [effect.name for effect in told.effects]
    text = sensitivity_sentence(told)
    assert f"{rows[0]} matters most" in text
    assert "Take more points (sweep.sample.points)." in text
    single = replace(told, noise=math.nan)
    assert "From one replication it is not told" in sensitivity_sentence(single)
    assert "More replications would make it less." in sensitivity_sentence(replace(told, noise=0.2))


def test_the_command_writes_tables_and_json(folder):
    asked = ["sensitivity", "x.toml", "--estimate", "lost", "--set", "run.messages=50"]
    asked += ["--set", "sweep.sample.points=2"]
    ran = CliRunner().invoke(app, [*asked, "--json", "out.json"])
    assert ran.exit_code == 0, ran.output
    assert "What makes lost vary" in ran.stdout
    written = json.loads((folder / "out.json").read_text())
    assert set(written["keys"]) == {
        "producer.retries",
        "network.publish.loss",
        "consumer.prefetch",
    }
    assert written["estimate"] == "lost"
    ran = CliRunner().invoke(app, [*asked, "--json", "-"])
    assert json.loads(ran.stdout) == written


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--estimate", "losst"], 'must name an estimate, got "losst"; did you mean "lost"?'),
        (["--set", "sweep={}"], "no sensitivity of lost (x.toml): a [sweep.sample] with"),
        (["--set", "sweep.sample.points=3"], "must be a power of two"),
        (["--json", "."], "--json must name a file"),
    ],
)
def test_mistakes_are_told(more, words):
    ran = CliRunner().invoke(app, ["sensitivity", "x.toml", *more])
    assert ran.exit_code == 2
    assert words in ran.stderr.replace("\n", " ")
