"""The key `run.warmup`: a time, or "auto", and what that has come to stand for."""

from __future__ import annotations

import pickle

import pytest

from sim.config import ConfigError, from_mapping
from sim.config.warmup import Source, Warmup


def of(**run):
    return from_mapping({"run": run}).run


def test_a_time_is_what_it_is():
    run = of(warmup="250 ms")
    assert (run.warmup, run.warmup_s) == (0.25, 0.25)
    assert run.warmup_used == Warmup(seconds=0.25, source=Source.FILE)
    assert not run.warmup_used.found
    assert not run.warmup_is_open
    assert of(warmup=0).warmup_s == 0


@pytest.mark.parametrize("written", [{}, {"warmup": "auto"}])
def test_left_out_it_is_to_be_found(written):
    run = of(**written)
    assert run.warmup == "auto"
    assert run.warmup_is_open
    assert run == of()


def test_until_it_is_found_it_is_the_usual_one_or_what_has_room():
    assert of().warmup_used == Warmup(seconds=5, source=Source.USUAL)
    assert of(horizon="6 s").warmup_s == 3


def test_what_is_found_belongs_to_the_run_and_not_to_the_file():
    experiment = from_mapping({"run": {"messages": 7}})
    run = experiment.run.warmed_up(Warmup(seconds=1.5, source=Source.DATA))
    found = experiment.model_copy(update={"run": run})
    assert found.run.warmup_s == 1.5
    assert found.run.warmup_used.found
    assert not found.run.warmup_is_open
    assert experiment.run.warmup_is_open
    assert found == experiment
    assert found.hash == experiment.hash
    assert found.as_file_mapping()["run"]["warmup"] == "auto"


def test_it_travels_with_its_experiment():
    run = of().warmed_up(Warmup(seconds=1.5, source=Source.THEORY, caution="too short"))
    assert pickle.loads(pickle.dumps(run)).warmup_used == run.warmup_used  # noqa: S301


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("atuo", 'run.warmup must be "auto" or a duration such as "5 s", got "atuo"'),
        ("5 sx", 'run.warmup has an unknown unit "sx"'),
        (-1, "run.warmup must be >= 0 s, got -1"),
        ("inf", 'run.warmup must be finite, got "inf"'),
        (True, 'run.warmup must be a duration such as "250 ms", or plain seconds, got true'),
    ],
)
def test_anything_else_is_refused(written, words):
    with pytest.raises(ConfigError) as error:
        of(warmup=written)
    assert words in str(error.value)


def test_a_misspelt_word_is_mended():
    with pytest.raises(ConfigError, match=r'did you mean "auto"\?'):
        of(warmup="atuo")
