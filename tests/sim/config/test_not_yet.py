import pytest

from sim.config import ConfigError, from_mapping
from sim.config.not_yet import ONLY


def problems(mapping):
    with pytest.raises(ConfigError) as refused:
        from_mapping(mapping, source="x.toml")
    return str(refused.value).splitlines()


def at(path, value):
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


@pytest.mark.parametrize(
    ("path", "value", "shown", "known"),
    [
        ("run.engine", "compiled", '"compiled"', '"auto" or "simpy"'),
    ],
)
def test_a_value_that_is_not_simulated_is_refused_by_name(path, value, shown, known):
    line = f"{path} = {shown} is not simulated yet (x.toml); this version knows only {known}"
    assert problems(at(path, value)) == [line]


@pytest.mark.parametrize("target", ["publish", "deliver"])
@pytest.mark.parametrize("correlated", [False, True])
def test_every_line_of_a_link_fails_by_itself_or_with_the_others(target, correlated):
    fault = {"target": target, "kind": "partition", "every": "1 d", "correlated": correlated}
    run = {"horizon": "1 h"}
    assert from_mapping({"run": run, "faults": [fault]}).faults[0].correlated is correlated


@pytest.mark.parametrize("path", [path for path, known in ONLY.items() if known])
def test_what_is_simulated_is_accepted_in_silence(path):
    for value in ONLY[path]:
        from_mapping(at(path, value))


def test_the_default_may_be_written_in_other_units():
    from_mapping({"producer": {"size": 1024}, "broker": {"failover": "5000 ms"}})


def test_removing_a_line_switches_the_key_on(monkeypatch):
    monkeypatch.delitem(ONLY, "run.engine")
    assert from_mapping({"run": {"engine": "compiled"}}).run.engine == "compiled"
