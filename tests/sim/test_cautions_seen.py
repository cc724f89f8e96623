"""What the replications themselves say against their result."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sim.cautions import cautions
from sim.cli.app import app
from sim.config import from_mapping
from sim.runner import run
from tests.sim.test_assumptions import put

BASE = {
    "run": {"messages": 1000, "warmup": "5 s", "replications": 10},
    "producer": {"arrivals": {"law": "poisson", "rate": "100/s"}},
    "consumer": {"service": {"law": "exponential", "mean": "5 ms"}},
}


def seen(changes):
    (point,) = run(from_mapping(put(BASE, changes))).points
    return cautions(point.experiment, point.samples)


def test_of_a_steady_run_nothing():
    assert seen({}) == ()


# Each poison message kills its consumer five times, which is away for 0.5 s each time: 0.5 * 5
# restarts of 0.5 s come in a second. The load that is known beforehand is that of the service.
DEADLY = {
    "consumer.service": "1 ms",
    "consumer.poison": 0.005,
    "consumer.on_failure": "crash",
    "consumer.restart": "0.5 s",
    "broker.redelivery.limit": 5,
}


def test_growth_that_no_load_foretells():
    assert cautions(from_mapping(put(BASE, DEADLY))) == ()
    (caution,) = seen(DEADLY)
    head, tail = caution.split(" in the first quarter to ")
    before = head.removeprefix("messages in the system grew from ")
    after, rest = tail.split(" in the last of the ")
    assert float(after.replace(",", "")) > 2 * float(before.replace(",", ""))
    assert rest.endswith(" s that are measured: no steady state is seen")


def test_growth_that_is_foretold_is_told_once():
    assert seen({"consumer.service": "20 ms"}) == ("the load is 2 >= 1: the queue grows for ever",)


def test_growth_of_what_nobody_consumes_is_none():
    assert seen({"consumer.start": "1 h", "run.horizon": "1 min"}) == ()
    assert seen({"consumer.start": "12 s"}) == ()


@pytest.mark.parametrize("replications", [4, 3])
def test_three_replications_say_little(replications):
    sick = {"consumer.poison": 0.02, "run.replications": replications}
    grown = seen(DEADLY | sick)
    assert any("no steady state is seen" in text for text in grown) == (replications == 4)


# What is not acknowledged stays for 3 s, one in ten: the number in the system begins with none.
SLOW = {
    "network.deliver.loss": 0.1,
    "consumer.prefetch": 0,
    "consumer.concurrency": 1000,
    "broker.redelivery.ack_timeout": "1 s",
}


def test_a_start_that_is_unlike_the_rest():
    (caution,) = seen(SLOW | {"run.warmup": "0 s"})
    words = "the first 5% of the measured window is unlike its second half (messages in the system:"
    assert caution.startswith(words)
    assert caution.endswith("run.warmup = 0 s is too short")
    assert seen(SLOW) == ()


def test_a_warmup_known_to_be_too_short_is_told_once():
    busy = {"consumer.service": {"law": "exponential", "mean": "9.5 ms"}, "run.replications": 20}
    (caution,) = seen(busy | {"run.warmup": "0 s"})
    assert caution.startswith("the queue takes about 14.8 s to settle and run.warmup is 0 s")


def test_what_has_its_own_time_is_meant_to_be_unlike():
    late = {"target": "deliver", "kind": "partition", "at": ["9 s"], "lasts": "3 s"}
    assert seen({"faults": [late]}) == ()
    clock = {"producer.confirm": True, "disk.policy": "interval", "disk.interval": "4 s"}
    assert seen(clock | {"consumer.start": "1 h", "run.horizon": "40 s"}) == ()


def test_what_is_seen_is_said_when_it_is_over_and_stands_in_the_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slow.toml").write_text(
        """
        [run]
        messages = 1000
        warmup = 0
        [broker.redelivery]
        ack_timeout = "1 s"
        [network.deliver]
        loss = 0.1
        [consumer]
        concurrency = 1000
        prefetch = 0
        """,
        encoding="utf-8",
    )
    ran = CliRunner().invoke(app, ["run", "slow.toml", "--json", "slow.json", "--no-plot"])
    line = "caution: the first 5% of the measured window is unlike its second half"
    assert ran.stderr.count(line) == 1
    (point,) = json.loads((tmp_path / "slow.json").read_text(encoding="utf-8"))["points"]
    (told,) = point["cautions"]
    assert told in ran.stderr
