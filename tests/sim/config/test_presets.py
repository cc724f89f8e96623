import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.policies import backoff, jitter
from sim.config import ConfigError, from_mapping, json_schema, load
from sim.config.presets import NAMES, layered, leaves, merged, preset
from sim.config.starting import starting_file, toml_value

EXPECTED = [
    "activemq",
    "activemq-nonpersistent",
    "event-bus",
    "kafka-acks-0",
    "kafka-acks-1",
    "kafka-acks-all",
    "kafka-idempotent",
    "mqtt-qos-0",
    "mqtt-qos-1",
    "mqtt-qos-2",
    "nats-jetstream",
    "rabbitmq-classic",
    "rabbitmq-classic-transient",
    "rabbitmq-quorum",
    "redis-streams",
    "sqs-fifo",
    "sqs-standard",
    "stomp-auto",
    "stomp-client-individual",
    "zeromq-lazy-pirate",
    "zeromq-pub-sub",
    "zeromq-push-pull",
]

TABLES = {"producer", "network", "broker", "disk", "consumer"}


def problems(mapping):
    with pytest.raises(ConfigError) as refused:
        from_mapping(mapping, source="x.toml")
    return str(refused.value).splitlines()


# What they hold.


def test_there_are_these_presets():
    assert list(NAMES) == EXPECTED


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_an_experiment(name):
    assert from_mapping({"preset": name}).preset == name


@pytest.mark.parametrize("name", NAMES)
def test_every_value_has_a_source_and_every_source_a_value(name):
    shown = preset(name)
    assert set(shown.values) <= TABLES
    assert set(shown.sources) == set(shown.by_key())
    assert all(len(source) > 3 for source in shown.sources.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_says_what_it_is_in_whole_sentences(name):
    shown = preset(name)
    assert shown.title
    assert shown.system
    assert shown.version
    assert shown.cannot
    for sentence in (shown.means, *shown.cannot):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence.isprintable()


def test_one_value_is_written_in_one_way_so_that_presets_can_be_compared():
    written = {}
    for name in NAMES:
        read = from_mapping({"preset": name}).as_file_mapping()
        for path, value in leaves(preset(name).values):
            means = read
            for key in path:
                means = means[key]
            same = written.setdefault((path, json.dumps(means, sort_keys=True)), value)
            assert same == value, f"{name}: {'.'.join(path)}"


# How they work.


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Two presets that do not depend on any real one."""
    (tmp_path / "one.toml").write_text(
        """
        title = "One"
        system = "S"
        version = "1"
        means = "It is there."
        cannot = ["This."]
        [producer]
        retries = 7
        timeout = "2 s"
        backoff = { law = "exponential", first = "10 ms", factor = 3.0, cap = "1 s" }
        [network.publish]
        delay = { law = "uniform", low = "1 ms", high = "2 ms" }
        [sources]
        """
    )
    (tmp_path / "two.toml").write_text(
        """
        title = "Two"
        system = "S"
        version = "2"
        means = "It is not."
        cannot = ["That."]
        [producer]
        retries = 0
        [consumer]
        ack = "auto"
        [sources]
        """
    )
    monkeypatch.setattr("sim.config.presets._FOLDER", tmp_path)
    monkeypatch.setattr("sim.config.presets.NAMES", ("one", "two"))
    preset.cache_clear()
    yield
    preset.cache_clear()


@pytest.mark.usefixtures("small")
def test_a_preset_lies_below_the_keys_of_the_file():
    read = from_mapping({"preset": "one", "producer": {"retries": 1}})
    assert read.producer.retries == 1
    assert read.producer.timeout_s == 2.0
    assert read.producer.in_flight == 1000
    assert read.network.publish.ack_delay == read.network.publish.delay


@pytest.mark.usefixtures("small")
def test_a_law_is_replaced_whole():
    fixed = {"law": "fixed", "pause": "1 s"}
    assert from_mapping(
        {"preset": "one", "producer": {"backoff": fixed}}
    ).producer.backoff == backoff.Fixed(1.0)
    bare = from_mapping({"preset": "one", "network": {"publish": {"delay": "5 ms"}}})
    assert bare.network.publish.delay.mean_s == 0.005
    (line,) = problems({"preset": "one", "producer": {"backoff": {"cap": "1 s"}}})
    assert line.startswith('producer.backoff.law is missing: one of "none", "fixed", ')


@pytest.mark.usefixtures("small")
def test_the_effective_values_make_the_hash():
    named = from_mapping({"preset": "two"})
    written = from_mapping({"producer": {"retries": 0}, "consumer": {"ack": "auto"}})
    assert named == written
    assert named.hash == written.hash
    assert named.hash != from_mapping({}).hash
    again = from_mapping(named.as_file_mapping())
    assert (again, again.hash) == (named, named.hash)


@pytest.mark.usefixtures("small")
def test_presets_can_be_swept():
    swept = from_mapping(
        {
            "preset": "two",
            "producer": {"in_flight": 5},
            "sweep": {"preset": ["one", "two"], "producer.backoff.first": ["20 ms"]},
        }
    )
    one, two = (point.experiment.producer for point in swept.points())
    assert (one.retries, two.retries) == (7, 0)
    assert (one.in_flight, two.in_flight) == (5, 5)
    assert one.backoff == backoff.Exponential(first_s=0.02, factor=3.0, cap_s=1.0)
    usual = backoff.Exponential(first_s=0.02, factor=2.0, cap_s=2.0)
    assert two.backoff == jitter.full_jitter(usual)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "sweep",
    [
        {"preset": ["one", "two"]},
        {"zip": {"preset": ["one", "two"], "seed": [1, 2]}},
        {"producer": [{"retries": 3}, {}]},
        {"producer.backoff.first": ["20 ms"]},
    ],
)
def test_a_sweep_over_a_preset_has_a_normal_form(sweep):
    swept = from_mapping({"preset": "one", "title": "t", "sweep": sweep})
    again = from_mapping(json.loads(json.dumps(swept.as_file_mapping())))
    assert (again, again.hash) == (swept, swept.hash)
    hashes = [point.experiment.hash for point in swept.points()]
    assert [point.experiment.hash for point in again.points()] == hashes


@pytest.mark.usefixtures("small")
def test_the_hash_of_a_sweep_depends_on_what_its_presets_hold(tmp_path):
    swept = {"sweep": {"preset": ["one", "two"]}}
    before = from_mapping(swept).hash
    file = tmp_path / "two.toml"
    file.write_text(file.read_text().replace("auto", "before"))
    preset.cache_clear()
    assert from_mapping(swept).hash != before


@pytest.mark.usefixtures("small")
def test_a_preset_can_be_an_override_and_overridden(tmp_path):
    file = tmp_path / "e.txt"
    file.write_text('preset = "two"\n')
    read = load(file, ["producer.backoff.cap=5 s", "preset=one", "producer.retries=1"])
    assert read.preset == "one"
    assert read.producer.retries == 1
    assert read.producer.backoff == backoff.Exponential(first_s=0.01, factor=3.0, cap_s=5.0)


@pytest.mark.usefixtures("small")
def test_what_is_wrong_with_a_value_of_the_preset_says_where_it_stands():
    assert problems({"preset": "one", "producer": {"timeout": "0 s"}}) == [
        'producer.timeout must be > 0 s, got "0 s" (x.toml)'
    ]
    (line,) = problems({"preset": "one", "run": {"warmup": "5 s", "horizon": "5 s"}})
    assert line.endswith("no message would be measured (x.toml)")


@pytest.mark.usefixtures("small")
def test_a_value_that_only_the_preset_has_is_named_with_it(tmp_path):
    file = tmp_path / "two.toml"
    file.write_text(file.read_text().replace('ack = "auto"', 'ack = "when it likes"'))
    preset.cache_clear()
    (line,) = problems({"preset": "two", "consumer": {"prefetch": 3}})
    assert line.startswith("consumer.ack must be ")
    assert line.endswith('got "when it likes" (x.toml, preset "two")')


def test_an_unknown_name_is_refused():
    assert problems({"preset": "kafka-ack-1"}) == [
        'preset must name a preset, got "kafka-ack-1" (x.toml); did you mean "kafka-acks-1"?'
    ]
    (line,) = problems({"preset": "pigeons"})
    assert line.startswith('preset must name a preset, got "pigeons" (x.toml); presets: activemq, ')
    assert problems({"preset": 1}) == ["preset must be a text, got 1 (x.toml)"]
    assert problems({"sweep": {"preset": ["nope!"]}})[0].startswith(
        'sweep: preset must name a preset, got "nope!" (x.toml)'
    )


def test_the_schema_lists_the_names():
    assert json_schema()["properties"]["preset"]["enum"] == EXPECTED


def test_what_a_preset_holds_is_never_changed():
    before = json.dumps(preset("kafka-acks-1").values)
    whole = layered({"preset": "kafka-acks-1", "producer": {"retries": 1}})
    whole["producer"]["timeout"] = "9 s"
    assert json.dumps(preset("kafka-acks-1").values) == before


VALUES = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3) | st.booleans(), max_size=3)
NESTED = st.dictionaries(st.sampled_from("abc"), VALUES | st.integers(0, 3), max_size=3)


@given(NESTED, NESTED, NESTED)
def test_merging_is_associative_and_keeps_what_is_above(below, middle, above):
    once = merged(merged(below, middle), above)
    assert merged(merged(below, above), above) == merged(below, above)
    assert dict(leaves(above)).items() <= dict(leaves(once)).items()
    assert merged({}, above) == above
    assert merged(below, {}) == below


# As a file to start from.


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_as_a_file_has_every_value_under_its_source(name):
    lines = starting_file(name).splitlines()
    for source in preset(name).sources.values():
        assert f"# {source}" in lines
    read = tomllib.loads("\n".join(lines))
    assert merged(read, preset(name).values) == read


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_as_a_file_is_the_same_experiment(name):
    read = from_mapping(tomllib.loads(starting_file(name)))
    assert read.hash == from_mapping({"preset": name}).hash
    assert read.title == preset(name).title


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
WRITABLE = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(WRITABLE)
def test_values_are_written_as_toml_reads_them(value):
    assert tomllib.loads(f"value = {toml_value(value)}") == {"value": value}
