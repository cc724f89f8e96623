"""Faults that a run does not meet, or hardly ever, are named with how often it would."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sim.cautions import cautions, told_of
from sim.cautions.faults import victims
from sim.cli.app import app
from sim.config import from_mapping
from sim.config.run import Rare
from sim.runner import run

# 10 s are measured after 2 s, in each of ten replications.
BASE = {
    "run": {"messages": 1000, "warmup": "2 s", "replications": 10},
    "producer": {"arrivals": {"law": "regular", "rate": "100/s"}},
    "consumer": {"service": "1 ms"},
}
FALL = {"target": "broker", "kind": "power_loss", "lasts": "1 s"}


def file(*faults, **tables):
    return from_mapping({**BASE, "faults": list(faults), **tables})


def constant(time):
    return {"law": "constant", "value": time}


def seen(experiment):
    (point,) = run(experiment).points
    return cautions(point.experiment, point.samples)


def test_what_is_met_is_not_mentioned():
    assert cautions(file(FALL | {"every": "10 s"})) == ()
    assert cautions(file(FALL | {"at": ["5 s"]})) == ()
    assert cautions(file(FALL | {"every": constant("6 s")})) == ()


def test_what_hardly_comes_is_told_with_how_often():
    # 10 (1 - e^(-12 / 6000)) = 0.01998.
    (caution,) = cautions(file(FALL | {"every": "100 min"}))
    assert caution == (
        "faults.0 (broker power_loss) is expected 0.02 times in all 10 replications; [run.rare] "
        "sees what is so rare"
    )
    (one,) = cautions(file(FALL | {"every": "100 min"}, run=BASE["run"] | {"replications": 1}))
    assert "0.002 times in the one replication" in one


def test_each_that_it_befalls_counts():
    fall = {"target": "producer", "kind": "crash", "every": "100 min", "lasts": "1 s"}
    many = BASE["producer"] | {"instances": 100, "arrivals": {"law": "regular", "rate": "1/s"}}
    assert cautions(file(fall, producer=many)) == ()
    (together,) = cautions(file(fall | {"correlated": True}, producer=many))
    assert "0.02 times" in together


def test_those_that_a_fault_befalls():
    there = {
        "producer": BASE["producer"] | {"instances": 2},
        "broker": {"replicas": 3, "routing": "fanout"},
        "consumer": {"instances": 4, "groups": 5},
    }

    def number(target, kind, **how):
        fault = {"target": target, "kind": kind, "every": "1 s", **how}
        experiment = file(fault, **there)
        return victims(experiment.faults[0], experiment)

    assert number("broker", "disk_loss") == number("disk", "slow") == 3
    assert number("producer", "crash") == number("publish", "partition") == 2
    assert number("consumer", "crash") == number("deliver", "partition") == 20
    assert number("consumer", "crash", which=3) == 1
    assert number("broker", "disk_loss", correlated=True) == 1


def test_a_clock_that_is_slower_than_the_run():
    (caution,) = cautions(file(FALL | {"every": constant("13 s")}))
    assert caution == (
        "faults.0 (broker power_loss) never comes within the 12.0 s of this run: it works for "
        "13.0 s at least"
    )


def test_with_a_precision_there_may_be_many_replications():
    asked = BASE["run"] | {"precision": {"relative": 0.1, "max_replications": 1000}}
    assert cautions(file(FALL | {"every": "100 min"}, run=asked)) == ()


def test_rare_faults_are_not_rare_where_they_are_sought():
    experiment = file(FALL | {"every": "100 min"})
    sought = experiment.run.model_copy(update={"rare": Rare(method="importance")})
    assert cautions(experiment.model_copy(update={"run": sought})) == ()


def test_what_comes_before_the_window():
    (caution,) = cautions(file(FALL | {"at": ["0.5 s", "0.9 s"]}))
    assert caution == (
        "faults.0 (broker power_loss) is over before the measured window begins (2.00 s)"
    )
    # What lasts into it is met.
    assert cautions(file(FALL | {"at": ["0.5 s"], "lasts": "3 s"})) == ()
    exponential = {"law": "exponential", "mean": "10 ms"}
    assert cautions(file(FALL | {"at": ["0.5 s"], "lasts": exponential})) == ()


def test_how_long_a_run_is_is_known_when_it_is_over():
    # Beforehand nobody knows how long the last message takes.
    late = file(FALL | {"at": ["20 s"]})
    assert cautions(late) == ()
    assert seen(late) == (
        "faults.0 (broker power_loss) comes at 20.0 s, never within the 12.0 s of this run",
    )
    waits = {"service": "1 ms", "start": "30 s"}
    assert seen(file(FALL | {"at": ["20 s"]}, consumer=waits)) == ()


def test_a_horizon_is_an_end_if_something_is_undecided():
    cut = BASE["run"] | {"horizon": "15 s"}
    waits = {"service": "1 ms", "start": "30 s"}
    (caution,) = seen(file(FALL | {"at": ["20 s"]}, run=cut, consumer=waits))
    assert "never within the 15.0 s of this run" in caution


def test_of_an_overloaded_system_the_length_is_not_known():
    assert (
        len(cautions(file(FALL | {"every": constant("13 s")}, consumer={"service": "20 ms"}))) == 1
    )


def test_a_sweep_that_moves_a_fault_away_means_to():
    def late(at, other):
        return file(FALL | {"at": [at]}, FALL | {"at": [other]})

    points = [run(late(*times)).points[0] for times in [("5 s", "1 h"), ("1 h", "1 h")]]
    told = told_of([(point.experiment, point.samples) for point in points])
    assert [[caution.text.split(" (")[0] for caution in one] for one in told] == [
        ["faults.1"],
        ["faults.1"],
    ]


@pytest.mark.parametrize("every", ["100 min", "1 s"])
def test_the_program_says_it_once(tmp_path, monkeypatch, every):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rare.toml").write_text(
        f"""
        [run]
        messages = 100
        warmup = 0
        [[faults]]
        target = "broker"
        kind = "power_loss"
        every = "{every}"
        lasts = "1 s"
        """,
        encoding="utf-8",
    )
    ran = CliRunner().invoke(app, ["run", "rare.toml", "--json", "rare.json", "--no-plot"])
    rare = every == "100 min"
    assert ran.stderr.count("caution: faults.0 (broker power_loss) is expected") == rare
    (point,) = json.loads((tmp_path / "rare.json").read_text(encoding="utf-8"))["points"]
    assert len(point.get("cautions", [])) == rare
