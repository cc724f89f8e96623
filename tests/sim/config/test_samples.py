import pytest

from models.arrivals import Trace
from models.laws import Empirical
from sim.config import ConfigError, load

SYNC = '[disk]\nsync = { law = "empirical", file = "data/sync.csv" }\n'


@pytest.fixture
def experiment(tmp_path):
    """Write the sample file and return the path of an experiment beside it."""

    def write(content, text=SYNC):
        (tmp_path / "data").mkdir(exist_ok=True)
        if content is not None:
            (tmp_path / "data" / "sync.csv").write_bytes(content)
        file = tmp_path / "e.toml"
        file.write_text(text)
        return file

    return write


@pytest.mark.parametrize(
    "content",
    [
        b"0.5\n0.25\n1e-3\n",
        b"# measured\nseconds\n0.5\n\n0.25\n# more\n1e-3",
        b"\xef\xbb\xbfseconds\r\n0.5\r\n 0.25 \r\n+1e-3\r\n",
    ],
)
def test_a_file_of_seconds_is_read_beside_the_experiment(experiment, content):
    assert load(experiment(content)).disk.sync == Empirical((0.5, 0.25, 0.001))


def test_a_trace_is_read_from_a_file(experiment):
    text = """
    run.messages = 2
    run.warmup = 0
    producer.arrivals = { law = "trace", file = "data/sync.csv" }
    """
    assert load(experiment(b"1\n2.5\n", text)).producer.arrivals == Trace((1.0, 2.5))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: data/sync.csv: no such file or directory"),
        (b"\xff\xfe", "cannot be read: data/sync.csv: not a text file in UTF-8"),
        (b"", "must hold at least one time, got none in data/sync.csv"),
        (b"seconds\n# none\n", "must hold at least one time, got none in data/sync.csv"),
        (b"1\n-0.5\n", "must hold finite times >= 0, got -0.5 in line 2 of data/sync.csv"),
        (b"nan\n", "must hold finite times >= 0, got nan in line 1 of data/sync.csv"),
        (b"1\n1e999\n", "must hold finite times >= 0, got 1e999 in line 2 of data/sync.csv"),
        (
            b"s\nm\n1\n",
            'must hold one number of seconds per line, got "m" in line 2 of data/sync.csv',
        ),
        (
            b"1,2\n",
            'must hold one number of seconds per line, got "1,2" in line 1 of data/sync.csv',
        ),
    ],
)
def test_an_unusable_file_is_refused(experiment, content, message):
    file = experiment(content)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert str(refused.value) == f"disk.sync.file {message} ({file})"


def test_a_trace_that_goes_back_is_refused(experiment):
    text = 'producer.arrivals = { law = "trace", file = "data/sync.csv" }'
    file = experiment(b"1\n3\n2\n", text)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert str(refused.value) == (
        f"producer.arrivals.file must be ascending, got 2 after 3 ({file})"
    )
