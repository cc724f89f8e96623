"""What is said beforehand of a run that should not be believed as it is."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sim.cautions import cautions
from sim.cli.app import app
from sim.config import from_mapping

BASE = {
    "run": {"messages": 1000, "warmup": "5 s", "horizon": "1 min"},
    "producer": {"arrivals": {"law": "poisson", "rate": "100/s"}},
    "consumer": {"service": {"law": "exponential", "mean": "5 ms"}},
}


def told(**tables):
    return cautions(from_mapping({**BASE, **tables}))


def test_a_run_in_order_has_none():
    assert told() == ()


@pytest.mark.parametrize(
    ("consumer", "words"),
    [
        ({"service": "11 ms"}, "the load is 1.1 >= 1"),
        ({"service": "8 ms", "failure": 0.3}, "the load is 1.14 >= 1"),
        ({"service": "1 ms", "poison": 0.1}, "the load is inf >= 1"),
    ],
)
def test_a_queue_that_grows_for_ever(consumer, words):
    (caution,) = told(consumer=consumer)
    assert words in caution


def test_every_place_that_has_too_much_to_do_is_named():
    assert told(consumer={"service": "11 ms"}, broker={"accept": "20 ms"}) == (
        "the load is 1.1 >= 1: the queue grows for ever",
        "the load of broker.accept is 2 >= 1: what waits at the broker's door grows for ever",
    )


def test_a_bounded_queue_does_not_grow():
    assert told(consumer={"service": "11 ms"}, broker={"capacity": 10}) == ()


BUSY = {"service": {"law": "exponential", "mean": "9.5 ms"}}
# One server at 95 % load: 9.5 ms / (1 - sqrt(.95))^2 is 14.8 s, and the window 10 s.
TOO_SHORT = (
    "the queue takes about 14.8 s to settle and run.warmup is 0 s: "
    "100% of the measured window remembers that it began empty"
)


def test_a_warmup_that_is_too_short():
    many = {"messages": 1000, "replications": 20}
    assert told(consumer=BUSY, run=many | {"warmup": 0}) == (TOO_SHORT,)
    assert told(consumer=BUSY, run=many | {"warmup": "15 s"}) == ()
    assert told(consumer=BUSY, run={"messages": 1_000_000, "warmup": 0}) == ()


def test_one_that_is_still_to_be_found_is_not_too_short():
    assert told(consumer=BUSY, run={"messages": 1000, "replications": 20}) == ()


def test_the_slowest_place_is_the_one_to_wait_for():
    busy_door = {"accept": {"law": "exponential", "mean": "9.5 ms"}}
    run = {"messages": 1000, "replications": 20, "warmup": 0}
    assert told(broker=busy_door, run=run) == (TOO_SHORT.replace("queue", "broker's door"),)
    assert told(broker={"shape": "log"}, consumer=BUSY, run=run) == (
        TOO_SHORT.replace("queue", "log"),
    )


def test_runs_that_see_few_states_of_a_queue():
    run = {"messages": 1000, "replications": 10, "warmup": "15 s"}
    (caution,) = told(consumer=BUSY, run=run)
    assert caution == (
        "the runs see about 10 independent states of the queue, which forgets one in 14.8 s: "
        "intervals over so few are too narrow; run.messages = 2964 would show 20"
    )
    assert told(consumer=BUSY, run=run | {"messages": 2964}) == ()
    assert told(consumer=BUSY, run=run | {"replications": 20}) == ()
    assert told(consumer=BUSY, run=run | {"precision": {"relative": 0.1}}) == ()


def test_it_is_said_before_the_run_and_in_the_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "busy.toml").write_text(
        """
        [run]
        messages = 50
        replications = 2
        warmup = 0
        horizon = "10 s"
        [producer]
        arrivals = { law = "poisson", rate = "100/s" }
        [consumer]
        service = "5 ms"
        [sweep]
        "consumer.service" = ["1 ms", "11 ms"]
        """,
        encoding="utf-8",
    )
    ran = CliRunner().invoke(app, ["run", "busy.toml", "--json", "busy.json", "--no-plot"])
    line = "caution: consumer.service = 11 ms: the load is 1.1 >= 1: the queue grows for ever\n"
    assert ran.stderr.count(line) == 1
    calm, busy = json.loads((tmp_path / "busy.json").read_text(encoding="utf-8"))["points"]
    assert "cautions" not in calm
    assert busy["cautions"] == ["the load is 1.1 >= 1: the queue grows for ever"]
