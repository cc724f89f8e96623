import pytest

from models.laws import Constant, Exponential
from models.policies import backoff, jitter
from sim.config import ConfigError, load


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "e.toml"
    path.write_text(
        """
        title = "t"
        [producer]
        retries = 3
        [network.publish]
        delay = { law = "exponential", mean = "2 ms" }
        [[faults]]
        target = "broker"
        kind = "power_loss"
        every = "1 d"
        """
    )
    return path


def test_overrides_replace_what_the_file_says(file):
    experiment = load(
        file,
        [
            "producer.retries=5",
            "producer.timeout=2 s",
            "producer.confirm = false",
            "run.confidence=0.9",
            "network.publish.delay.mean=5 ms",
            'network.deliver.delay={ law = "exponential", mean = 1 }',
            "faults.0.every=7 d",
            "title=A better one",
            'question="2"',
        ],
    )
    assert experiment.producer.retries == 5
    assert experiment.producer.timeout_s == 2.0
    assert experiment.producer.confirm is False
    assert experiment.run.confidence == 0.9
    assert experiment.network.publish.delay == Exponential(0.005)
    assert experiment.network.deliver.delay == Exponential(1.0)
    assert experiment.faults[0].every == Exponential(604800.0)
    assert experiment.title == "A better one"
    assert experiment.question == "2"


def test_the_last_override_wins(file):
    assert load(file, ["producer.retries=5", "producer.retries=6"]).producer.retries == 6


def test_one_parameter_of_a_default_law_can_be_set(file):
    plain = backoff.Exponential(first_s=0.1, factor=2.0, cap_s=9.0)
    assert load(file, ["producer.backoff.cap=9 s"]).producer.backoff == jitter.full_jitter(plain)


def test_a_law_can_be_built_key_by_key(file):
    overrides = ["disk.sync.law=constant", "disk.sync.value=3 ms"]
    assert load(file, overrides).disk.sync == Constant(0.003)


def test_a_sweep_can_be_set(file):
    points = list(load(file, ['sweep."producer.retries"=[0, 1]']).points())
    assert [point.parameters for point in points] == [
        {"producer.retries": 0},
        {"producer.retries": 1},
    ]


@pytest.mark.parametrize(
    ("override", "line"),
    [
        (
            "producer.retires=5",
            "producer.retires is not a known key ({}); did you mean producer.retries?",
        ),
        ("producer.retries=-1", "producer.retries must be >= 0, got -1 ({})"),
        ("producer.retries=many", 'producer.retries must be a whole number, got "many" ({})'),
        (
            "producer.retries=1\nseed = 2",
            'producer.retries must be a whole number, got "1\\nseed = 2" ({})',
        ),
        (
            "producer.retries",
            "an override must look like key.path=value, got producer.retries ({})",
        ),
        ("=5", "an override must look like key.path=value, got =5 ({})"),
        ("a b=5", "an override must look like key.path=value, got a b=5 ({})"),
        (
            "producer.retries.x=1",
            (
                "producer.retries is a plain value, not a table, in the override "
                "producer.retries.x=1 ({})"
            ),
        ),
        (
            "faults.1.every=1",
            "faults.1 is not there: faults has 1, from 0, in the override faults.1.every=1 ({})",
        ),
    ],
)
def test_an_override_that_cannot_be_is_refused(file, override, line):
    with pytest.raises(ConfigError) as refused:
        load(file, [override])
    assert str(refused.value) == line.format(file)


def test_overrides_and_file_are_refused_together(file):
    with pytest.raises(ConfigError) as refused:
        load(file, ["nonsense", "producer.retries=-1"])
    assert [problem.key for problem in refused.value.problems] == ["", "producer.retries"]
