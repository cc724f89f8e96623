import pytest

from sim.config.paths import NOTHING, PathError, get, parse_path, put, remove

WRITTEN = {"a": {"b": 1}, "list": [{"x": 1}, {"x": 2}]}


@pytest.mark.parametrize(
    ("text", "path"),
    [("a", ("a",)), ("a.b", ("a", "b")), (' a . "b.c"', ("a", "b.c")), ("l.0.x", ("l", "0", "x"))],
)
def test_a_path_is_written_as_in_toml(text, path):
    assert parse_path(text) == path


@pytest.mark.parametrize("text", ["", "a.", "a b", "a=1\nb", "a #", "a\n"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(ValueError, match=r"key path|at line"):
        parse_path(text)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("a", "b"), 1),
        (("list", "1", "x"), 2),
        (("list", 0, "x"), 1),
        ((), WRITTEN),
        (("a", "c"), NOTHING),
        (("a", "b", "c"), NOTHING),
        (("list", "2"), NOTHING),
        (("list", "x"), NOTHING),
    ],
)
def test_get(path, value):
    assert get(WRITTEN, path) == value


def test_put_gives_a_new_mapping():
    assert put(WRITTEN, ("a", "b"), 5) == {**WRITTEN, "a": {"b": 5}}
    assert put(WRITTEN, ("n", "m"), 5) == {**WRITTEN, "n": {"m": 5}}
    assert put(WRITTEN, ("list", "1", "x"), 5)["list"] == [{"x": 1}, {"x": 5}]
    assert WRITTEN == {"a": {"b": 1}, "list": [{"x": 1}, {"x": 2}]}


def test_put_begins_with_the_default_law():
    defaults = {"t": {"delay": {"law": "fixed", "pause": 1}, "n": 3}}
    assert put({}, ("t", "delay", "pause"), 2, defaults) == {
        "t": {"delay": {"law": "fixed", "pause": 2}}
    }
    assert put({}, ("t", "m"), 2, defaults) == {"t": {"m": 2}}


def test_put_leads_nowhere():
    with pytest.raises(PathError, match="is a plain value") as refused:
        put(WRITTEN, ("a", "b", "c", "d"), 1)
    assert refused.value.at == ("a", "b")
    with pytest.raises(PathError, match="list has 2, from 0") as refused:
        put(WRITTEN, ("list", "2", "x"), 1)
    assert refused.value.at == ("list", "2")


def test_remove():
    assert remove(WRITTEN, ("a", "b")) == {**WRITTEN, "a": {}}
    assert remove(WRITTEN, ("list", 0)) == {**WRITTEN, "list": [{"x": 2}]}
    assert remove(WRITTEN, ("list", 0, "x")) == {**WRITTEN, "list": [{}, {"x": 2}]}
    assert remove(WRITTEN, ("a", "z")) == WRITTEN
