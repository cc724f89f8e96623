"""Designs over ranges: what points they make, and what is refused."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from sim.config import ConfigError, from_mapping
from sim.config.design import unit_points
from sim.config.experiment import is_whole
from sim.config.ranges import Range
from tests.sim.config.test_schema import SCHEMA, accepts

RETRIES = {"producer.retries": {"from": 0, "to": 3}}
POWER_LOSS = {"target": "broker", "kind": "power_loss", "every": "30 d"}


def read(sample, seed=1, sweep=None, **tables):
    return from_mapping({"seed": seed, "sweep": {"sample": sample, **(sweep or {})}, **tables})


def rows(sample, seed=1, **more):
    return [point.parameters for point in read(sample, seed, **more).points()]


def problems(sample, **tables):
    with pytest.raises(ConfigError) as refused:
        from_mapping({"sweep": {"sample": sample}, **tables}, source="x.toml")
    return str(refused.value).splitlines()


def values(written, *, whole=False, points=512):
    span = Range.model_validate(written)
    return [span.at((place + 0.5) / points, whole=whole) for place in range(points)]


# ---------------------------------------------------------------- what one key may be


@pytest.mark.parametrize(
    ("written", "share", "value"),
    [
        ({"from": "10 ms", "to": "5 s", "scale": "log"}, 0.5, "224 ms"),
        ({"from": "10 ms", "to": "5 s"}, 0.5, "2.5 s"),  # 2.505 s
        ({"from": "10 ms", "to": "5 s"}, 0.0, "10 ms"),
        ({"from": 0, "to": "5 s"}, 0.1, "500 ms"),
        ({"from": "1 h", "to": "1 month", "scale": "log"}, 0.75, "5.79 d"),
        ({"from": "1 ms", "to": "1.0049 ms"}, 0.123, "1.0006 ms"),  # as narrow as it is
        ({"from": "1/month", "to": "2/d", "scale": "log"}, 0.2, "2.27/month"),
        ({"from": "1/month", "to": "2/d", "scale": "log"}, 0.99, "1.92/d"),
        ({"from": "1 KiB", "to": "1 MiB", "scale": "log"}, 0.5, "32 KiB"),
        ({"from": "1 MiB/s", "to": "9 MiB/s"}, 0.3, "3.4 MiB/s"),
        ({"from": 0, "to": 1}, 0.123456, 0.123),
        ({"from": 1000, "to": 1010}, 0.123456, 1001.2),
        ({"from": 0, "to": 0.0123456}, 0.99999, 0.0123),
        ({"from": 1e-9, "to": 1e-3, "scale": "log"}, 0.5, 1e-6),
        ({"from": -3, "to": 5}, 0.25, -1.0),
        ({"choices": ["a", "b"]}, 0.49, "a"),
        ({"choices": ["a", "b"]}, 0.5, "b"),
    ],
)
def test_values_are_written_as_in_a_file_in_three_digits(written, share, value):
    assert Range.model_validate(written).at(share, whole=False) == value


def test_rounding_never_leads_out_of_a_range():
    assert set(values({"from": "1.2346 s", "to": "1.2347 s"})) > {"1.23465 s"}
    for value in values({"from": 0.12345, "to": 0.98765}):
        assert 0.12345 <= value <= 0.98765
    span = Range.model_validate({"from": 0.12345, "to": 0.98765})
    assert span.at(0.0, whole=False) == 0.12345
    assert span.at(0.999999, whole=False) == 0.98765


def test_whole_numbers_are_all_as_likely():
    assert Counter(values({"from": 0, "to": 7}, whole=True)) == dict.fromkeys(range(8), 64)


def test_on_a_log_scale_factors_are_as_likely():
    seen = values({"from": 1, "to": 255, "scale": "log"}, whole=True)
    assert (min(seen), max(seen)) == (1, 254)  # 255 has less than half a place here
    assert [sum(2**k <= value < 2 ** (k + 1) for value in seen) for k in range(8)] == [64] * 8


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("producer.retries", True),
        ("consumer.dedup", True),
        ("consumer.commit.every", True),
        ("faults.0.which", True),
        ("seed", True),
        ("network.publish.loss", False),
        ("producer.timeout", False),
        ("producer.backoff.factor", False),
        ("producer.backoff.jitter", False),
        ("disk.sync.mean", False),
        ("faults.0.every", False),
        ("run.warmup", False),
        ("producer.confirm", False),
        ("nowhere.at.all", False),
    ],
)
def test_which_keys_are_whole(name, whole):
    assert is_whole(name) is whole


# ---------------------------------------------------------------- the points


def test_a_sobol_design_is_balanced_in_every_key():
    made = unit_points("sobol", 5, 64, 3)
    for column in made.T:
        assert np.bincount((64 * column).astype(int)).tolist() == [1] * 64
    # In two keys at once, too: as many in each of four quarters.
    quarters = (2 * made[:, :2]).astype(int) @ [2, 1]
    assert np.bincount(quarters).tolist() == [16] * 4


def test_a_latin_hypercube_has_a_point_in_each_slice():
    made = unit_points("latin_hypercube", 3, 50, 3)
    for column in made.T:
        assert np.bincount((50 * column).astype(int)).tolist() == [1] * 50


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube"])
def test_one_place_of_a_design_is_anywhere_with_the_same_chance(design):
    # The first point over many seeds: uniform but for one in a million.
    places = [unit_points(design, 1, 4, seed)[0, 0] for seed in range(400)]
    assert stats.kstest(places, "uniform").pvalue > 1e-6


def test_one_seed_is_one_design():
    sample = {"points": 8, "producer.timeout": {"from": "1 s", "to": "9 s"}}
    assert rows(sample, 1) == rows(sample, 1)
    assert rows(sample, 1) != rows(sample, 2)
    assert rows(sample, 2**100) == rows(sample, 2**100)
    whole = {"producer.retries": {"from": 0, "to": 63}}
    assert len(rows({"points": 64, **whole})) == 64


def test_points_that_rounding_has_made_one_are_run_once():
    found = rows({"points": 64, **RETRIES})
    assert sorted(row["producer.retries"] for row in found) == [0, 1, 2, 3]
    laws = ["1 ms", {"law": "exponential", "mean": "1 ms"}]
    found = rows({"points": 8, "network.publish.delay": {"choices": laws}})
    assert sorted(map(str, found)) == sorted(str({"network.publish.delay": law}) for law in laws)


def test_a_design_stands_in_the_grid_and_moves_fastest():
    sample = {"points": 2, "producer.timeout": {"from": 1, "to": 9}}
    sweep = {"seed": [5, 6], "zip": {"run.messages": [10, 20], "run.replications": [1, 2]}}
    found = rows(sample, sweep=sweep)
    assert [tuple(row) for row in found] == [
        ("seed", "run.messages", "run.replications", "producer.timeout")
    ] * 8
    fixed = [tuple(row.values())[:3] for row in found]
    assert fixed == [
        *[(5, 10, 1)] * 2,
        *[(5, 20, 2)] * 2,
        *[(6, 10, 1)] * 2,
        *[(6, 20, 2)] * 2,
    ]
    # The design is the file's, not that of each seed.
    timeouts = [row["producer.timeout"] for row in found]
    assert timeouts == timeouts[:2] * 4


def test_values_arrive_at_the_points():
    sample = {
        "design": "latin_hypercube",
        "points": 5,
        "disk": {"interval": {"from": "10 ms", "to": "5 s", "scale": "log"}},
        "faults.0.every": {"from": "1 d", "to": "30 d"},
        **RETRIES,
    }
    for point in read(sample, faults=[POWER_LOSS]).points():
        assert type(point.experiment.producer.retries) is int
        assert 0.01 <= point.experiment.disk.interval_s <= 5.0
        assert 86400 <= point.experiment.faults[0].every.mean_s <= 30 * 86400
        assert point.parameters["disk.interval"].endswith((" ms", " s"))


def test_presets_may_be_among_the_choices():
    names = ["kafka-acks-1", "rabbitmq-quorum"]
    experiment = read({"points": 8, "preset": {"choices": names}, **RETRIES})
    shapes = {p.parameters["preset"]: p.experiment.broker.shape for p in experiment.points()}
    assert shapes == {"kafka-acks-1": "log", "rabbitmq-quorum": "queue"}
    assert len(experiment.hash) == 64


def test_the_normal_form_is_the_same_experiment():
    experiment = read({"points": 8, "producer": {"timeout": {"from": "1 s", "to": 9}}, **RETRIES})
    again = from_mapping(experiment.as_file_mapping())
    assert again == experiment
    assert again.hash == experiment.hash
    assert list(again.rows()) == list(experiment.rows())
    assert experiment.hash != read({"points": 16, **RETRIES}).hash


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("sample", "lines"),
    [
        (3, ["sweep.sample must be a table, got 3 (x.toml)"]),
        (
            {"n": 8},
            [
                "sweep.sample.points is missing (x.toml)",
                "sweep.sample.n must be a table, got 8 (x.toml)",
            ],
        ),
        (
            {"points": 8},
            [
                (
                    "sweep.sample must vary something: a key path with from and to, or choices, "
                    "got { points = 8 } (x.toml)"
                )
            ],
        ),
        (
            {"points": 60, **RETRIES},
            [
                (
                    'sweep.sample.points must be a power of two with design = "sobol", got 60 '
                    "(x.toml); 32 or 64"
                )
            ],
        ),
        (
            {"points": 2**21, **RETRIES},
            ["sweep.sample.points must be <= 1048576, got 2097152 (x.toml)"],
        ),
        (
            {"points": 4, "design": "sobel", **RETRIES},
            [
                (
                    'sweep.sample.design must be "sobol" or "latin_hypercube", got "sobel" '
                    '(x.toml); did you mean "sobol"?'
                )
            ],
        ),
        (
            {
                "points": 4,
                "disk.interval": {"from": "10 s", "to": "5 s"},
                "disk.sync": {"from": "10 s", "to": "5/s"},
                "producer.retries": {"from": 1, "too": 5},
                "producer.timeout": {"from": "5 sx", "to": True},
                "producer.deadline": {"from": "1 s", "to": "inf"},
                "seed": {"from": 0, "to": 4, "scale": "log"},
                "run.messages": {"from": 1, "to": 4, "scale": "logg"},
                "consumer.prefetch": {"from": 1, "to": 4, "choices": [1]},
                "consumer.ack": {"choices": []},
            },
            [
                (
                    'sweep.sample.disk.interval.to must be > from, got "5 s" with from = "10 s" '
                    "(x.toml)"
                ),
                (
                    'sweep.sample.disk.sync.to must be a duration such as "250 ms", or plain '
                    'seconds, got "5/s" with from = "10 s" (x.toml)'
                ),
                (
                    "sweep.sample.producer.retries.too is not a known key (x.toml); "
                    "did you mean sweep.sample.producer.retries.to?"
                ),
                (
                    "sweep.sample.producer.retries must have from and to, or choices, "
                    "got { from = 1, too = 5 } (x.toml)"
                ),
                (
                    "sweep.sample.producer.timeout.from must be a number or a quantity with a "
                    'unit, such as "250 ms", got "5 sx" (x.toml); did you mean "s"?'
                ),
                (
                    "sweep.sample.producer.timeout.to must be a number or a quantity with a unit, "
                    'such as "250 ms", got true (x.toml)'
                ),
                'sweep.sample.producer.deadline.to must be finite, got "inf" (x.toml)',
                'sweep.sample.seed.from must be > 0 with scale = "log", got 0 (x.toml)',
                (
                    'sweep.sample.run.messages.scale must be "linear" or "log", got "logg" '
                    '(x.toml); did you mean "log"?'
                ),
                (
                    "sweep.sample.consumer.prefetch must have either from and to, or choices, "
                    "got { from = 1, to = 4, choices = [1] } (x.toml)"
                ),
                "sweep.sample.consumer.ack.choices must hold at least one value, got [] (x.toml)",
            ],
        ),
        (
            {
                "points": 4,
                "producer.retires": {"from": 0, "to": 5},
                "producer.retries": {"from": -5, "to": 0.5},
                "disk.interval": {"from": "1/s", "to": "2/s"},
                "network.publish.loss": {"from": 0, "to": 2},
                "preset": {"choices": ["kafka-acks-1", "kafka-ack-2"]},
            },
            [
                (
                    "sweep: producer.retires is not a known key (x.toml); did you mean "
                    "producer.retries?"
                ),
                "sweep: producer.retries must be >= 0, got -5 (x.toml)",
                (
                    'sweep: disk.interval must be a duration such as "250 ms", or plain seconds, '
                    'got "1/s" (x.toml)'
                ),
                "sweep: producer.retries must be a whole number, got 0.5 (x.toml)",
                (
                    'sweep: disk.interval must be a duration such as "250 ms", or plain seconds, '
                    'got "2/s" (x.toml)'
                ),
                "sweep: network.publish.loss must be in [0, 1], got 2 (x.toml)",
                (
                    'sweep: preset must name a preset, got "kafka-ack-2" (x.toml); did you mean '
                    '"kafka-acks-1"?'
                ),
            ],
        ),
        (
            {"points": 4, "a b": RETRIES["producer.retries"]},
            ["sweep.sample.a b is not a key path (x.toml)"],
        ),
    ],
)
def test_a_design_that_cannot_be_is_refused(sample, lines):
    assert sorted(problems(sample)) == sorted(lines)


def test_a_key_is_varied_once():
    with pytest.raises(ConfigError) as refused:
        read({"points": 4, **RETRIES}, sweep={"producer.retries": [1]})
    assert "sweep.sample.producer.retries varies what sweep.producer.retries varies" in str(
        refused.value
    )


def test_what_the_file_itself_gets_wrong_is_told_beside_it():
    lines = problems({"points": 4, "producer.retries": {"from": -1, "to": 3}}, seed=-1)
    assert lines == [
        "seed must be >= 0, got -1 (x.toml)",
        "sweep: producer.retries must be >= 0, got -1 (x.toml)",
    ]


def test_what_only_points_between_get_wrong_is_told():
    sample = {
        "points": 64,
        "broker.replicas": {"choices": [5, 1]},
        "broker.min_in_sync": {"from": 1, "to": 2},
    }
    assert problems(sample) == [
        (
            "sweep: broker.min_in_sync must be <= broker.replicas = 1, got 2 (x.toml); "
            "set broker.replicas"
        )
    ]


@pytest.mark.parametrize(
    ("sample", "valid"),
    [
        ({"points": 4, **RETRIES}, True),
        ({"points": 4, "design": "latin_hypercube", "producer": RETRIES}, True),
        ({"points": 4, "disk.interval": {"from": "1 ms", "to": 2, "scale": "log"}}, True),
        ({"points": 4, "preset": {"choices": ["kafka-acks-1"]}}, True),
        (RETRIES, False),
        ({"points": 0, **RETRIES}, False),
        ({"points": 4, "design": "grid"}, False),
        ({"points": 4, "producer.retries": 3}, False),
        ({"points": 4, "producer.retries": {"from": 0}}, False),
        ({"points": 4, "producer.retries": {"from": 0, "too": 1}}, False),
        ({"points": 4, "producer.retries": {"choices": []}}, False),
    ],
)
def test_the_schema_describes_designs(sample, valid):
    assert accepts(SCHEMA, {"sweep": {"sample": sample}}) is valid


def test_infinity_is_no_end():
    with pytest.raises(ConfigError, match="must be finite"):
        read({"points": 4, "producer.timeout": {"from": 1.0, "to": math.inf}})
