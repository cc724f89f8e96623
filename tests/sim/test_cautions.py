"""What is said before a run that should not be believed as it is."""

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


def test_a_warmup_that_is_too_short():
    busy = {"service": {"law": "exponential", "mean": "9.5 ms"}}
    (caution,) = told(consumer=busy, run={"messages": 1000, "warmup": 0})
    # One server at 95 % load: 9.5 ms / (1 - sqrt(.95))^2 is 14.8 s, and the window 10 s.
    assert caution == (
        "the queue takes about 14.8 s to settle and run.warmup is 0 s: "
        "100% of the measured window remembers that it began empty"
    )
    assert told(consumer=busy, run={"messages": 1000, "warmup": "15 s"}) == ()
    assert told(consumer=busy, run={"messages": 1_000_000, "warmup": 0}) == ()


def test_of_other_shapes_nothing_is_known():
    assert told(broker={"shape": "log"}, consumer={"service": "11 ms"}) == ()


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
    assert line in ran.stderr
    calm, busy = json.loads((tmp_path / "busy.json").read_text(encoding="utf-8"))["points"]
    assert "cautions" not in calm
    assert busy["cautions"] == ["the load is 1.1 >= 1: the queue grows for ever"]
