"""What `explain` says, of known systems and on the screen."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sim.cli.app import app
from sim.config import from_mapping
from sim.explain import Guarantee, Hazard, explain
from sim.explain.hazards import active
from tests.properties.quiet import QUIET
from tests.sim.explain.examples import example


def told(promise):
    return {found.weakness.name for found in promise.breaks}


def test_a_quiet_system_keeps_every_promise():
    explanation = explain(from_mapping(QUIET))
    assert all(promise.kept and not promise.empty for promise in explanation.promises)
    assert "on the disk of the broker" in explanation.confirmation
    assert "after its effect" in explanation.acknowledgement


def test_who_asks_for_nothing_is_promised_nothing():
    explanation = explain(from_mapping({"producer": {"confirm": False}}))
    assert explanation.promise(Guarantee.AT_LEAST_ONCE).empty
    assert "never learn" in explanation.confirmation


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"confirm_when": "received"}, "in the memory of the broker."),
        ({"persistent": False}, "It is never written to a disk."),
        ({"confirm_when": "written"}, "in the page cache of the broker"),
        ({"confirm_when": "processed"}, "comes from the consumers, end to end"),
    ],
)
def test_what_a_confirmation_means(settings, words):
    assert words in explain(from_mapping({"broker": settings})).confirmation


def test_hazards_are_those_of_the_file():
    mapping = {
        "network": {"publish": {"loss": 0.1, "ack_loss": 0}, "deliver": {"duplication": 0.1}},
        "consumer": {"failure": 0.1},
        "faults": [{"target": "broker", "kind": "power_loss", "every": "1 d"}],
    }
    assert active(from_mapping(mapping)) == {
        Hazard.OPERATION,
        Hazard.PUBLISH_LOSS,
        Hazard.DELIVER_DOUBLE,
        Hazard.FAILURE,
        Hazard.POWER_LOSS,
    }


def test_a_hazard_that_is_there_breaks_and_one_that_is_not_would():
    promise = explain(example("page cache")).promise(Guarantee.AT_LEAST_ONCE)
    assert told(promise) == set()
    assert "page cache" in {found.weakness.name for found in promise.would}
    mapping = example("page cache").as_file_mapping()
    mapping["faults"] = [{"target": "broker", "kind": "power_loss", "every": "1 d"}]
    promise = explain(from_mapping(mapping)).promise(Guarantee.AT_LEAST_ONCE)
    assert told(promise) == {"page cache"}


def test_closed_forms_that_hold_are_named_and_the_others_have_reasons():
    explanation = explain(from_mapping(QUIET))
    assert explanation.formulas or explanation.skipped
    for skipped in explanation.skipped:
        assert skipped.reasons


FILE = """
title = "A file"
[broker]
confirm_when = "received"
[disk]
write = "50 ms"
[producer]
arrivals = { law = "poisson", rate = "20/s" }
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file.toml"
    path.write_text(FILE)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(app, ["explain", *arguments], env={"COLUMNS": "100"})


def test_on_the_screen(file):
    result = run(file)
    assert result.exit_code == 0
    for words in ("A file", "Promises", "kept", "What would break it", "Cure:"):
        assert words in result.output


def test_examples_tell_the_story_of_a_message(file):
    result = run(file, "--examples")
    assert result.exit_code == 0
    assert "confirmed: the producer believes it is safe" in result.output
    assert "dropped: broker_memory" in result.output


def test_a_sweep_is_explained_point_by_point(file):
    result = run(file, "--set", 'sweep."broker.confirm_when"=["received", "synced"]')
    assert result.exit_code == 0
    assert result.output.count("Promises") == 2


def test_as_json(file):
    result = run(file, "--json")
    (point,) = json.loads(result.output)["points"]
    assert point["promises"]["at least once"]["kept"]
    names = [found["name"] for found in point["promises"]["at least once"]["would"]]
    assert "memory" in names


def test_a_mistake_is_told_in_one_line(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text("[broker]\ncapacitty = 1\n")
    result = run(str(path))
    assert result.exit_code == 2
    assert "capacitty" in result.output
    assert "Traceback" not in result.output
