import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config import from_mapping, load

FILE = """
title = "One"
seed = 1
[run]
messages = 500
warmup = "250 ms"
[producer]
retries = 2
arrivals = { law = "poisson", rate = "60/min" }
[disk]
sync = { law = "empirical", file = "sync.csv" }
"""
SAME = """
# the same, told otherwise
question = "Is it?"
disk.sync = { file = "other.csv", law = "empirical" }
producer = { arrivals = { rate = 1, law = "poisson" }, retries = 2, confirm = true }
run = { warmup = 0.25, messages = 500, horizon = "inf" }
seed = 1
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sync.csv").write_text("# here\n0.1\n0.2\n")
    (tmp_path / "other.csv").write_text("seconds\n1e-1\n0.20\n")
    return tmp_path


def read(folder, text):
    file = folder / "e.toml"
    file.write_text(text)
    return load(file)


def test_the_same_content_has_the_same_hash(folder):
    assert read(folder, FILE).hash == read(folder, SAME).hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seed = 1", "seed = 0"),
        ("retries = 2", "retries = 3"),
        ("sync.csv", "third.csv"),
        ('"250 ms"', '"251 ms"'),
    ],
)
def test_other_content_has_another_hash(folder, old, new):
    (folder / "third.csv").write_text("0.1\n0.3\n")
    assert read(folder, FILE).hash != read(folder, FILE.replace(old, new)).hash


def test_the_hash_of_a_file_is_that_of_what_it_held_when_read(folder):
    experiment = read(folder, FILE)
    before = experiment.hash
    (folder / "sync.csv").write_text("9\n")
    assert experiment.hash == before
    assert read(folder, FILE).hash != before


def test_a_sweep_belongs_to_the_hash_and_its_points_have_their_own():
    swept = from_mapping({"sweep": {"producer.retries": [0, 1]}})
    hashes = {swept.hash, *(point.experiment.hash for point in swept.points())}
    assert len(hashes) == 3


def test_a_follower_and_an_equal_value_differ_once_they_are_swept():
    sweep = {"network.publish.loss": [0.1, 0.2]}
    follows = from_mapping({"sweep": sweep})
    fixed = from_mapping({"sweep": sweep, "network": {"publish": {"ack_loss": 0}}})
    assert follows.hash != fixed.hash
    alone = from_mapping({"network": {"publish": {"ack_loss": 0}}})
    assert alone.hash == from_mapping({}).hash


def test_a_consumer_that_restarts_as_always_differs_from_one_back_at_once():
    fault = {"target": "consumer", "kind": "crash", "every": "1 min"}
    as_always = from_mapping({"faults": [fault]})
    at_once = from_mapping({"faults": [fault | {"lasts": "0 s"}]})
    assert as_always.hash != at_once.hash
    again = from_mapping(as_always.as_file_mapping()).faults[0]
    assert "lasts" not in again.model_fields_set


def test_equal_experiments_are_equal_and_survive_pickling(folder):
    one, other = read(folder, FILE), read(folder, SAME)
    assert one != other  # their titles differ
    same = read(folder, FILE)
    assert one == same
    assert hash(one) == hash(same)
    copy = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own bytes
    assert (copy, copy.hash) == (one, one.hash)
    assert one != "an experiment"


PROBABILITIES = st.floats(0, 0.99)
DURATIONS = st.floats(1e-9, 1e9) | st.integers(1, 500).map("{} ms".format)
LAWS = st.one_of(
    DURATIONS,
    st.fixed_dictionaries({"law": st.just("exponential"), "mean": DURATIONS}),
    st.fixed_dictionaries({"law": st.just("gamma"), "mean": DURATIONS, "cv": st.floats(0.1, 9)}),
    st.fixed_dictionaries(
        {"law": st.just("empirical"), "list": st.lists(DURATIONS, min_size=1, max_size=4)}
    ),
)
JITTERS = st.sampled_from(["none", "full", "equal", "decorrelated"]) | st.floats(0, 1)
EXPERIMENTS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(max_size=9),
        "seed": st.integers(0, 2**64),
        "producer": st.fixed_dictionaries(
            {},
            optional={
                "retries": st.integers(0, 2**40),
                "timeout": DURATIONS,
                "backoff": st.fixed_dictionaries(
                    {
                        "law": st.just("linear"),
                        "first": DURATIONS,
                        "cap": st.floats(1e9, 1e10),
                        "jitter": JITTERS,
                    }
                ),
            },
        ),
        "network": st.fixed_dictionaries(
            {},
            optional={
                "publish": st.fixed_dictionaries(
                    {},
                    optional={
                        "delay": LAWS,
                        "ack_delay": LAWS,
                        "loss": PROBABILITIES,
                        "ack_loss": PROBABILITIES,
                    },
                )
            },
        ),
        "disk": st.fixed_dictionaries({}, optional={"sync": LAWS, "interval": DURATIONS}),
        "sweep": st.fixed_dictionaries(
            {}, optional={"network.publish.loss": st.lists(PROBABILITIES, min_size=1, max_size=3)}
        ),
    },
)


@given(EXPERIMENTS)
def test_the_normal_form_is_json_and_reads_back_as_the_same_experiment(mapping):
    experiment = from_mapping(mapping)
    normal = json.loads(json.dumps(experiment.as_file_mapping(), allow_nan=False))
    again = from_mapping(normal)
    assert again == experiment
    assert again.hash == experiment.hash
    hashes = [point.experiment.hash for point in experiment.points()]
    assert [point.experiment.hash for point in again.points()] == hashes
