import math

import pytest

from sim.config import ConfigError, Problem, from_mapping, load
from sim.config.estimate_names import ESTIMATES


def problems(mapping):
    with pytest.raises(ConfigError) as refused:
        from_mapping(mapping, source="x.toml")
    return str(refused.value).splitlines()


def at(path, value):
    """Return a mapping with *value* at the dotted *path*."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


LAWS = '"constant", "exponential", "uniform", "lognormal", "gamma", "weibull" or "empirical"'
DURATION = 'must be a duration such as "250 ms", or plain seconds'
BROKEN = {"target": "broker", "kind": "power_loss"}


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        # unknown keys
        (
            "producer.retires",
            3,
            "producer.retires is not a known key (x.toml); did you mean producer.retries?",
        ),
        ("titel", "x", "titel is not a known key (x.toml); did you mean title?"),
        (
            "producer.prefetch",
            3,
            "producer.prefetch is not a known key (x.toml); did you mean consumer.prefetch?",
        ),
        ("retries", 3, "retries is not a known key (x.toml); did you mean producer.retries?"),
        (
            "consumer.failures",
            3,
            "consumer.failures is not a known key (x.toml); did you mean consumer.failure?",
        ),
        (
            "check.zzz",
            3,
            "check.zzz is not a known key (x.toml); known keys: formulas, margin",
        ),
        (
            "producer.timeout_s",
            3,
            "producer.timeout_s is not a known key (x.toml); did you mean producer.timeout?",
        ),
        (
            "disk.sync",
            {"law": "exponential", "maen": 1, "mean": 1},
            "disk.sync.maen is not a known key (x.toml); did you mean disk.sync.mean?",
        ),
        (
            "disk.sync",
            {"law": "constant", "value": 1, "x": 1},
            "disk.sync.x is not a known key (x.toml); known keys: law, value",
        ),
        # wrong types
        ("producer.retries", 2.0, "producer.retries must be a whole number, got 2.0 (x.toml)"),
        ("producer.retries", "2", 'producer.retries must be a whole number, got "2" (x.toml)'),
        ("producer.retries", True, "producer.retries must be a whole number, got true (x.toml)"),
        ("producer.confirm", 1, "producer.confirm must be true or false, got 1 (x.toml)"),
        ("title", 1, "title must be a text, got 1 (x.toml)"),
        ("producer", 1, "producer must be a table, got 1 (x.toml)"),
        ("faults", 1, "faults must be a list, got 1 (x.toml)"),
        ("faults", [1], "faults.0 must be a table, got 1 (x.toml)"),
        (
            "check.formulas",
            "P",
            'check.formulas must be "auto" or a list of names of closed forms, got "P" (x.toml)',
        ),
        # out of bounds
        ("seed", -1, "seed must be >= 0, got -1 (x.toml)"),
        ("producer.retries", -1, "producer.retries must be >= 0, got -1 (x.toml)"),
        ("run.messages", 0, "run.messages must be >= 1, got 0 (x.toml)"),
        (
            "run.messages",
            2**63,
            "run.messages must be <= 9223372036854775807, got 9223372036854775808 (x.toml)",
        ),
        ("run.confidence", 1.0, "run.confidence must be in (0, 1), got 1.0 (x.toml)"),
        ("check.margin", 0, "check.margin must be in (0, 1], got 0 (x.toml)"),
        ("consumer.dedup", -2, "consumer.dedup must be >= -1, got -2 (x.toml)"),
        ("network.publish.loss", 1.2, "network.publish.loss must be in [0, 1], got 1.2 (x.toml)"),
        ("network.publish.loss", -0.1, "network.publish.loss must be in [0, 1], got -0.1 (x.toml)"),
        ("consumer.failure", math.nan, "consumer.failure must be in [0, 1], got nan (x.toml)"),
        ("consumer.failure", "0.5", 'consumer.failure must be in [0, 1], got "0.5" (x.toml)'),
        ("consumer.failure", True, "consumer.failure must be in [0, 1], got true (x.toml)"),
        ("producer.timeout", "-5 ms", 'producer.timeout must be > 0 s, got "-5 ms" (x.toml)'),
        ("producer.timeout", 0, "producer.timeout must be > 0 s, got 0 (x.toml)"),
        ("producer.timeout", "inf", 'producer.timeout must be finite, got "inf" (x.toml)'),
        ("producer.deadline", "0 s", 'producer.deadline must be > 0 s, got "0 s" (x.toml)'),
        ("run.warmup", -1, "run.warmup must be >= 0 s, got -1 (x.toml)"),
        (
            "producer.arrivals",
            {"law": "poisson", "rate": 0},
            "producer.arrivals.rate must be > 0/s, got 0 (x.toml)",
        ),
        (
            "producer.backoff",
            {"law": "exponential", "first": 1, "factor": 0.5},
            "producer.backoff.factor must be >= 1, got 0.5 (x.toml)",
        ),
        (
            "disk.sync",
            {"law": "gamma", "mean": 1, "cv": 0},
            "disk.sync.cv must be > 0, got 0 (x.toml)",
        ),
        # one of several words
        (
            "broker.overflow",
            "rejekt",
            (
                'broker.overflow must be "reject", "drop_new", "drop_oldest" or "block", '
                'got "rejekt" (x.toml); did you mean "reject"?'
            ),
        ),
        (
            "consumer.ack",
            3,
            'consumer.ack must be "auto", "before", "after" or "batch", got 3 (x.toml)',
        ),
        (
            "plot.y",
            "losst",
            'plot.y must name an estimate, got "losst" (x.toml); did you mean "lost"?',
        ),
        # units
        (
            "producer.timeout",
            "5",
            'producer.timeout must have a unit, as in "5 s", got "5" (x.toml)',
        ),
        (
            "producer.timeout",
            "5 mss",
            'producer.timeout has an unknown unit "mss", got "5 mss" (x.toml); did you mean "ms"?',
        ),
        ("producer.timeout", "soon", f'producer.timeout {DURATION}, got "soon" (x.toml)'),
        (
            "consumer.service",
            "exponential",
            f'consumer.service {DURATION}, got "exponential" (x.toml); or a table with a law',
        ),
        # laws
        (
            "disk.sync",
            {"law": "exponental"},
            f'disk.sync.law must be {LAWS}, got "exponental" (x.toml); did you mean "exponential"?',
        ),
        ("disk.sync", {"law": 3}, f"disk.sync.law must be {LAWS}, got 3 (x.toml)"),
        ("disk.sync", {"mean": 3}, f"disk.sync.law is missing: one of {LAWS} (x.toml)"),
        (
            "disk.sync",
            {"law": "exponential"},
            'disk.sync.mean is missing: law "exponential" needs it (x.toml)',
        ),
        (
            "disk.sync",
            {"law": "uniform", "low": "5 ms", "high": "2 ms"},
            'disk.sync.high must be >= low, got "2 ms" with low = "5 ms" (x.toml)',
        ),
        (
            "disk.sync",
            {"law": "lognormal", "median": 2, "p99": 1},
            "disk.sync.p99 must be >= median, got 1 with median = 2 (x.toml)",
        ),
        (
            "disk.sync",
            {"law": "weibull", "scale": 1, "shape": 0.001},
            "disk.sync is impossible: second_moment_s2 must be finite, got inf (x.toml)",
        ),
        (
            "disk.sync",
            {"law": "weibull", "scale": 1e300, "shape": 1},
            "disk.sync is beyond what numbers can hold (x.toml)",
        ),
        (
            "disk.sync",
            {"law": "empirical"},
            'disk.sync must have exactly one of file and list, got { law = "empirical" } (x.toml)',
        ),
        (
            "disk.sync",
            {"law": "empirical", "list": []},
            "disk.sync.list must hold at least one value, got [] (x.toml)",
        ),
        (
            "disk.sync",
            {"law": "empirical", "list": [1, -2]},
            "disk.sync.list.1 must be >= 0 s, got -2 (x.toml)",
        ),
        (
            "producer.arrivals",
            "100/s",
            (
                'producer.arrivals must be a table with a law: "poisson", "regular", "bursty" or '
                '"trace", got "100/s" (x.toml)'
            ),
        ),
        (
            "producer.arrivals",
            {"law": "bursty", "on": 0, "off": 1, "rate": 1},
            "producer.arrivals.on must have a mean > 0 s, got 0 (x.toml)",
        ),
        (
            "producer.arrivals",
            {"law": "trace", "list": [2, 1]},
            "producer.arrivals.list must be ascending, got 1 after 2 (x.toml)",
        ),
        # backoff
        (
            "producer.backoff",
            {"law": "linear", "first": "2 s", "cap": "1 s"},
            'producer.backoff.cap must be >= first, got "1 s" with first = "2 s" (x.toml)',
        ),
        (
            "producer.backoff",
            {"law": "uniform", "low": 2, "high": 1},
            "producer.backoff.high must be >= low, got 1 with low = 2 (x.toml)",
        ),
        (
            "producer.backoff",
            {"law": "fixed", "pause": 1, "jitter": "ful"},
            (
                'producer.backoff.jitter must be "none", "full", "equal", "decorrelated" or a '
                'number in [0, 1], got "ful" (x.toml); did you mean "full"?'
            ),
        ),
        (
            "broker.redelivery.delay",
            {"law": "fixed", "pause": 1, "jitter": "decorrelated"},
            (
                'broker.redelivery.delay.jitter must be "none", "full", "equal" or a number in '
                '[0, 1] with this law, got "decorrelated" (x.toml); "decorrelated" goes with law '
                '"linear" or "exponential"'
            ),
        ),
        (
            "producer.backoff",
            {"law": "linear", "first": 1, "jitter": "decorrelated"},
            'producer.backoff.cap must be finite with jitter = "decorrelated" (x.toml)',
        ),
        (
            "producer.backoff",
            {"law": "linear", "first": 1, "cap": "inf", "jitter": "decorrelated"},
            'producer.backoff.cap must be finite, got "inf" with jitter = "decorrelated" (x.toml)',
        ),
        # faults
        ("faults", [BROKEN], "faults.0 must have exactly one of every and at (x.toml)"),
        (
            "faults",
            [BROKEN | {"every": 1, "at": [1]}],
            "faults.0 must have exactly one of every and at (x.toml)",
        ),
        (
            "faults",
            [BROKEN | {"at": []}],
            "faults.0.at must hold at least one value, got [] (x.toml)",
        ),
        ("faults", [BROKEN | {"every": "0 s"}], 'faults.0.every must be > 0 s, got "0 s" (x.toml)'),
        (
            "faults",
            [BROKEN | {"every": {"law": "constant", "value": 0}}],
            'faults.0.every must have a mean > 0 s, got { law = "constant", value = 0 } (x.toml)',
        ),
        (
            "faults",
            [BROKEN | {"kind": "powerloss", "every": 1}],
            (
                'faults.0.kind must be "process_crash", "power_loss" or "disk_loss", got '
                '"powerloss" with target = "broker" (x.toml); did you mean "power_loss"?'
            ),
        ),
        (
            "faults",
            [BROKEN | {"every": 1, "factor": 2}],
            ('faults.0.factor is for kind = "slow" only, got 2 with kind = "power_loss" (x.toml)'),
        ),
        (
            "faults",
            [BROKEN | {"every": 1, "correlated": True, "which": 0}],
            "faults.0.which must be left out, got 0 with correlated = true (x.toml)",
        ),
        (
            "faults",
            [BROKEN | {"every": 1, "which": -1}],
            "faults.0.which must be >= 0, got -1 (x.toml)",
        ),
        (
            "faults",
            [{"target": "disk", "kind": "slow", "every": 1, "factor": 0.5}],
            "faults.0.factor must be >= 1, got 0.5 (x.toml)",
        ),
        (
            "faults",
            [{"target": "disk", "kind": "slwo", "every": 1}],
            (
                'faults.0.kind must be "slow" or "full", got "slwo" with target = "disk" '
                '(x.toml); did you mean "slow"?'
            ),
        ),
        ("faults", [{"kind": "cut", "every": 1}], "faults.0.target is missing (x.toml)"),
        # never
        (
            "consumer.start",
            "inf",
            (
                'consumer.start must be finite, got "inf" (x.toml); for a consumer that never '
                "connects, set run.horizon and a start beyond it"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_with_key_bound_and_value(path, value, line):
    assert problems(at(path, value)) == [line]


def test_an_estimate_that_is_not_near_any_lists_them_all():
    [line] = problems(at("plot.x", "zzz"))
    head, _, names = line.partition("; estimates: ")
    assert head == 'plot.x must name an estimate, got "zzz" (x.toml)'
    assert names.split(", ") == list(ESTIMATES)


def test_all_mistakes_are_told_together():
    assert problems(
        {
            "seed": -1,
            "run": {"engine": "compiled", "warmup": "5 sx", "horizon": "1 min"},
            "producer": {
                "retires": 3,
                "backoff": {"law": "linear", "first": 2, "cap": 1, "frist": 1},
            },
            "broker": {"min_in_sync": 3},
            "faults": [{"target": "broker", "every": 1}],
        }
    ) == [
        "seed must be >= 0, got -1 (x.toml)",
        'run.warmup has an unknown unit "sx", got "5 sx" (x.toml); did you mean "s"?',
        "producer.backoff.frist is not a known key (x.toml); did you mean producer.backoff.first?",
        "producer.retires is not a known key (x.toml); did you mean producer.retries?",
        "faults.0.kind is missing (x.toml)",
        "producer.backoff.cap must be >= first, got 1 with first = 2 (x.toml)",
        (
            'run.engine = "compiled" is not simulated yet (x.toml); this version knows only '
            '"auto" or "simpy"'
        ),
        "broker.min_in_sync must be <= broker.replicas = 1, got 3 (x.toml); set broker.replicas",
    ]


def test_a_refused_value_raises_no_further_complaint():
    law = {"law": "uniform", "low": "5 x", "high": "2 ms"}
    assert len(problems(at("disk.sync", law))) == 1
    assert len(problems(at("disk.sync", {"law": "empirical", "list": 3}))) == 1
    assert len(problems({"run": {"warmup": "1 x", "horizon": "1 s"}})) == 1


def test_a_problem_keeps_its_parts():
    with pytest.raises(ConfigError) as refused:
        from_mapping(at("producer.retires", 3), source="x.toml")
    assert refused.value.problems == (
        Problem(
            source="x.toml",
            key="producer.retires",
            value=3,
            message="producer.retires is not a known key",
            suggestion="did you mean producer.retries?",
        ),
    )


def test_long_values_are_cut_short():
    [line] = problems(at("title", ["a" * 500]))
    assert line == f'title must be a text, got ["{"a" * 54} ... (x.toml)'


def test_a_seed_may_be_zero_or_large():
    assert from_mapping({"seed": 0}).seed == 0
    assert from_mapping({"seed": 2**127}).seed == 2**127
    assert problems({"seed": 2**128}) == [
        f"seed must be <= {2**128 - 1}, got {2**128} (x.toml)",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the file cannot be read: no such file or directory"),
        (
            b"[run\n",
            (
                "the file is not TOML: Expected ']' at the end of a table declaration "
                "(at line 1, column 5)"
            ),
        ),
        (b"a = 1\na = 2\n", "the file is not TOML: Cannot overwrite a value (at line 2, column 6)"),
        (b"a = \xff", "the file is not a text in UTF-8"),
        (b"a = " + b"[" * 5000, "the file is not TOML: nested too deeply"),
    ],
)
def test_a_file_that_is_no_experiment_is_refused(tmp_path, content, message):
    file = tmp_path / "e.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert str(refused.value) == f"{message} ({file})"


def test_a_folder_is_no_experiment(tmp_path):
    with pytest.raises(ConfigError, match="the file cannot be read: is a directory"):
        load(tmp_path)
