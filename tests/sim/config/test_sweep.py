import pytest

from models.laws import Constant
from sim.config import ConfigError, from_mapping


def points(sweep, **tables):
    return list(from_mapping({"sweep": sweep, **tables}).points())


def problems(sweep, **tables):
    with pytest.raises(ConfigError) as refused:
        from_mapping({"sweep": sweep, **tables}, source="x.toml")
    return str(refused.value).splitlines()


def test_without_a_sweep_the_experiment_is_its_only_point():
    experiment = from_mapping({"seed": 7})
    [point] = experiment.points()
    assert (point.parameters, point.experiment) == ({}, experiment)


def test_a_grid_is_the_product_of_its_lists_the_first_slowest():
    made = points({"producer.retries": [0, 2], "disk.interval": ["10 ms", 1]})
    assert [point.parameters for point in made] == [
        {"producer.retries": 0, "disk.interval": "10 ms"},
        {"producer.retries": 0, "disk.interval": 1},
        {"producer.retries": 2, "disk.interval": "10 ms"},
        {"producer.retries": 2, "disk.interval": 1},
    ]
    values = [(p.experiment.producer.retries, p.experiment.disk.interval_s) for p in made]
    assert values == [(0, 0.01), (0, 1.0), (2, 0.01), (2, 1.0)]


def test_zipped_lists_move_together_within_the_grid():
    made = points(
        {
            "seed": [1, 2],
            "zip": {"producer.retries": [0, 5], "producer.timeout": ["1 s", "2 s"]},
        }
    )
    assert [tuple(point.parameters.values()) for point in made] == [
        (1, 0, "1 s"),
        (1, 5, "2 s"),
        (2, 0, "1 s"),
        (2, 5, "2 s"),
    ]


def test_paths_need_no_quotes():
    [one, two] = points({"producer": {"retries": [1, 2]}, "zip": {"run": {"messages": [5]}}})
    assert one.parameters == {"producer.retries": 1, "run.messages": 5}
    assert two.parameters == {"producer.retries": 2, "run.messages": 5}


def test_whole_laws_and_single_parameters_are_swept():
    delays = ["1 ms", {"law": "constant", "value": "2 ms"}]
    made = points({"network.publish.delay": delays})
    assert [point.experiment.network.publish.delay for point in made] == [
        Constant(0.001),
        Constant(0.002),
    ]
    [first, second] = points({"producer.backoff.cap": ["1 s", "2 s"]})
    assert (first.experiment.producer.backoff.cap_s, second.experiment.producer.backoff.cap_s) == (
        1.0,
        2.0,
    )


def test_faults_are_swept_by_number():
    fault = {"target": "broker", "kind": "power_loss", "every": "30 d"}
    made = points({"faults.0.every": ["1 d", "2 d"]}, faults=[fault])
    assert [p.experiment.faults[0].every.mean_s for p in made] == [86400.0, 172800.0]


def test_what_the_file_leaves_to_a_default_follows_the_swept_value():
    [point] = points({"network.publish.loss": [0.3]})
    assert point.experiment.network.publish.ack_loss == 0.3
    own = {"publish": {"ack_loss": 0.1}}
    [point] = points({"network.publish.loss": [0.3]}, network=own)
    assert point.experiment.network.publish.ack_loss == 0.1


def test_a_point_is_the_file_with_its_values_written_in():
    [_, point] = points({"producer.retries": [0, 4]}, seed=3)
    assert not point.experiment.sweep
    written = from_mapping({"seed": 3, "producer": {"retries": 4}})
    assert point.experiment == written
    assert point.experiment.hash == written.hash


def test_the_mapping_may_change_afterwards():
    mapping = {"producer": {"retries": 1}, "sweep": {"seed": [0]}}
    experiment = from_mapping(mapping)
    mapping["producer"]["retries"] = 9
    assert next(experiment.points()).experiment.producer.retries == 1


@pytest.mark.parametrize(
    ("sweep", "lines"),
    [
        (
            {"producer.retires": [1]},
            ["sweep: producer.retires is not a known key (x.toml); did you mean producer.retries?"],
        ),
        (
            {"producer.retries": [1, -1, -2, "x"], "seed": [0, 1]},
            [
                "sweep: producer.retries must be >= 0, got -1 (x.toml)",
                "sweep: producer.retries must be >= 0, got -2 (x.toml)",
                'sweep: producer.retries must be a whole number, got "x" (x.toml)',
            ],
        ),
        (
            {"run.engine": ["simpy", "compiled"]},
            [
                (
                    'sweep: run.engine = "compiled" is not simulated yet (x.toml); this version '
                    'knows only "auto" or "simpy"'
                )
            ],
        ),
        (
            {"disk.sync.mean": [1]},
            [
                (
                    'sweep: disk.sync.law is missing: one of "constant", "exponential", "uniform", '
                    '"lognormal", "gamma", "weibull" or "empirical" (x.toml)'
                )
            ],
        ),
        (
            {"faults.0.every": ["1 d"]},
            ["sweep: faults.0 is not there: faults has 0, from 0 (x.toml)"],
        ),
        (
            {"producer.retries": []},
            ["sweep.producer.retries must hold at least one value, got [] (x.toml)"],
        ),
        ({"producer.retries": 3}, ["sweep.producer.retries must be a list, got 3 (x.toml)"]),
        ({"a b": [3]}, ["sweep.a b is not a key path (x.toml)"]),
        ({"sweep.seed": [3]}, ["sweep.sweep.seed cannot vary the sweep itself (x.toml)"]),
        (
            {"zip": {"seed": [1], "run.messages": [1, 2]}},
            ["sweep.zip must hold lists of one length, got 1 and 2 (x.toml)"],
        ),
        (
            {"seed": [1], "zip": {"seed": [1]}},
            ["sweep.zip.seed varies what sweep.seed varies (x.toml)"],
        ),
        (
            {"producer.backoff": ["1 s"], "producer.backoff.cap": [1]},
            ["sweep.producer.backoff.cap varies what sweep.producer.backoff varies (x.toml)"],
        ),
        ({"zip": 3}, ["sweep.zip must be a table, got 3 (x.toml)"]),
        (3, ["sweep must be a table, got 3 (x.toml)"]),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(sweep, lines):
    assert problems(sweep) == lines


def test_what_is_wrong_in_the_file_is_not_repeated_for_each_point():
    assert problems({"seed": [0, -1]}, producer={"retries": -1}) == [
        "producer.retries must be >= 0, got -1 (x.toml)",
        "sweep: seed must be >= 0, got -1 (x.toml)",
    ]
