import json
import tomllib

import pytest
from typer.testing import CliRunner

from sim.cli.app import app
from sim.config.presets import NAMES, preset


def msgfate(*arguments, columns=100):
    return CliRunner().invoke(
        app, list(arguments), env={"COLUMNS": str(columns)}, catch_exceptions=False
    )


def test_the_list_names_every_preset_its_system_and_what_an_acknowledgement_means():
    shown = msgfate("presets", columns=300)
    assert (shown.exit_code, shown.stderr) == (0, "")
    for name in NAMES:
        one = preset(name)
        assert f"{name} " in shown.stdout
        assert f"{one.system}, {one.version}" in shown.stdout
        assert one.means in shown.stdout


@pytest.mark.parametrize("name", NAMES)
def test_one_preset_shows_its_values_with_their_sources_and_what_it_cannot_express(name):
    shown = msgfate("presets", name, columns=500).stdout
    one = preset(name)
    assert shown.startswith(f"{one.title}\n{one.system}, {one.version}\n")
    assert f"An acknowledgement means: {one.means}\n" in shown
    lines = shown.splitlines()
    for key, source in one.sources.items():
        assert any(line.startswith(f"{key} ") and source in line for line in lines)
    for sentence in one.cannot:
        assert f"  - {sentence}" in shown


def test_presets_side_by_side_mark_the_rows_that_differ():
    shown = msgfate("presets", "kafka-acks-1", "kafka-acks-all", columns=250).stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert '* broker.confirm_by "leader" "in_sync"' in lines
    assert "* broker.min_in_sync (1) 2" in lines
    assert "producer.confirm true true" in lines
    marked = {line.split()[1] for line in lines if line.startswith("* ")} - {"differs;"}
    one, other = preset("kafka-acks-1").by_key(), preset("kafka-acks-all").by_key()
    assert marked == {"an", *(key for key in other if one.get(key) != other[key])}


def test_what_only_one_of_them_sets_stands_beside_the_default():
    shown = msgfate("presets", "mqtt-qos-0", "mqtt-qos-1", "mqtt-qos-2", columns=250).stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "* producer.in_flight (1000) 20 20" in lines
    assert "* consumer.dedup (0) (0) -1" in lines
    assert '* broker.dedup_window ("0 s") ("0 s") "inf"' in lines


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize("names", [[], ["rabbitmq-quorum"], ["kafka-acks-1", "rabbitmq-quorum"]])
def test_nothing_is_cut_off_on_a_narrow_screen(names, columns):
    shown = msgfate("presets", *names, columns=columns).stdout
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= columns


def test_a_preset_as_a_file_is_the_whole_standard_output():
    shown = msgfate("presets", "sqs-fifo", "--toml")
    assert (shown.exit_code, shown.stderr) == (0, "")
    read = tomllib.loads(shown.stdout)
    assert read["title"] == preset("sqs-fifo").title
    assert read["broker"]["dedup_window"] == "5 min"


def test_presets_are_told_as_json():
    everything = json.loads(msgfate("presets", "--json").stdout)
    assert [one["name"] for one in everything] == list(NAMES)
    (one,) = json.loads(msgfate("presets", "kafka-acks-1", "--json").stdout)
    assert set(one) == {"name", "title", "system", "version", "means", "cannot", "values"}
    retries = one["values"]["producer.retries"]
    assert retries == {
        "value": 2147483647,
        "source": preset("kafka-acks-1").sources["producer.retries"],
    }


def test_an_unknown_name_is_refused():
    shown = msgfate("presets", "kafka-acks-1", "sqs-fofi", "pigeons")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr == (
        'there is no preset "sqs-fofi"; did you mean "sqs-fifo"?\n'
        'there is no preset "pigeons"; `msgfate presets` lists them\n'
    )


@pytest.mark.parametrize(
    "arguments",
    [["--toml"], ["sqs-fifo", "mqtt-qos-0", "--toml"], ["sqs-fifo", "--toml", "--json"]],
)
def test_a_file_is_made_of_one_preset(arguments):
    shown = msgfate("presets", *arguments)
    assert shown.exit_code == 2
    assert "--toml takes one NAME, and no --json" in shown.stderr
