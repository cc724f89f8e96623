import json
import re

import pytest

from sim.config import json_schema
from sim.config.not_yet import ONLY

SCHEMA = json_schema()


def resolved(schema):
    schema = schema.get("items", schema)
    return SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema


def described(path):
    schema = SCHEMA
    for key in path.split("."):
        schema = resolved(schema)["properties"][key]
    return schema


def accepts(schema, value):
    """Validate as JSON Schema does, for the keywords that the schema uses."""
    if "$ref" in schema and not accepts(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]], value):
        return False
    number = isinstance(value, int | float) and not isinstance(value, bool)
    types = {
        "object": isinstance(value, dict),
        "array": isinstance(value, list),
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "number": number,
        "integer": number and value == int(value),
    }
    tests = {
        "type": lambda wanted: types[wanted],
        "const": lambda wanted: value == wanted,
        "enum": lambda wanted: value in wanted,
        "anyOf": lambda options: any(accepts(option, value) for option in options),
        "oneOf": lambda options: sum(accepts(option, value) for option in options) == 1,
        "pattern": lambda text: not types["string"] or re.search(text, value) is not None,
        "minimum": lambda bound: not number or value >= bound,
        "maximum": lambda bound: not number or value <= bound,
        "exclusiveMinimum": lambda bound: not number or value > bound,
        "exclusiveMaximum": lambda bound: not number or value < bound,
        "minItems": lambda count: not types["array"] or len(value) >= count,
        "items": lambda each: not types["array"] or all(accepts(each, item) for item in value),
        "required": lambda keys: not types["object"] or set(keys) <= set(value),
        "properties": lambda keys: (
            not types["object"]
            or all(accepts(keys[key], item) for key, item in value.items() if key in keys)
        ),
        "additionalProperties": lambda rest: (
            not types["object"]
            or all(
                rest is not False and accepts(rest, item)
                for key, item in value.items()
                if key not in schema.get("properties", {})
            )
        ),
    }
    remarks = {"$ref", "$schema", "$defs", "title", "description", "default"}
    assert set(schema) <= set(tests) | remarks, "a keyword this test does not know"
    return all(test(schema[keyword]) for keyword, test in tests.items() if keyword in schema)


EXAMPLE = {
    "title": "What a retry budget buys",
    "seed": 1,
    "run": {"messages": 100, "warmup": "5 s", "horizon": "inf"},
    "producer": {
        "arrivals": {"law": "poisson", "rate": "100/s"},
        "size": "1 KiB",
        "backoff": {"law": "exponential", "first": 0.1, "cap": "2 s", "jitter": 0.2},
    },
    "network": {"publish": {"delay": {"law": "exponential", "mean": "2 ms"}, "loss": 0.1}},
    "consumer": {"service": "4 ms", "ack": "after"},
    "faults": [{"target": "broker", "kind": "power_loss", "every": "30 d", "lasts": 5}],
    "sweep": {"producer.retries": [0, 1], "zip": {"seed": [1, 2]}},
    "check": {"formulas": ["P_ack"]},
    "plot": {"x": "delivery_latency_p99"},
}


def test_an_example_is_valid():
    assert accepts(SCHEMA, EXAMPLE)
    assert accepts(SCHEMA, {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"titel": "x"},
        {"seed": -1},
        {"run": {"warmup": "5 sx"}},
        {"run": {"warmup": "-5 s"}},
        {"run": {"warmup": "inf"}},
        {"producer": {"retries": 1.5}},
        {"producer": {"arrivals": "100/s"}},
        {"producer": {"arrivals": {"law": "poisson", "rate": "100 s"}}},
        {"producer": {"backoff": {"law": "fixed"}}},
        {"consumer": {"service": {"law": "expo"}}},
        {"network": {"publish": {"loss": 1.5}}},
        {"faults": [{"kind": "power_loss"}]},
        {"sweep": {"producer.retries": []}},
        {"plot": {"x": "losst"}},
    ],
)
def test_what_a_schema_can_tell_is_told(wrong):
    assert not accepts(SCHEMA, wrong)


def test_the_schema_names_its_dialect_and_is_json():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize(
    ("path", "default"),
    [
        ("run.warmup", "auto"),
        ("producer.timeout", "500 ms"),
        ("producer.arrivals", {"law": "poisson", "rate": "100/s"}),
        ("broker.redelivery.ack_timeout", "30 s"),
        ("broker.ttl", "inf"),
        ("consumer.service", "0 s"),
        ("check.margin", 0.25),
    ],
)
def test_defaults_stand_as_a_file_would_have_them(path, default):
    assert described(path)["default"] == default


def test_every_default_is_valid():
    for table in SCHEMA["$defs"].values():
        for key, schema in table.get("properties", {}).items():
            assert "default" not in schema or accepts(schema, schema["default"]), key


def test_null_is_never_asked_for():
    assert "null" not in json.dumps(SCHEMA)


@pytest.mark.parametrize("path", ONLY)
def test_what_is_not_simulated_is_marked(path):
    assert "Not simulated yet" in described(path)["description"]


def test_the_mark_says_what_is_simulated():
    assert described("run.engine")["description"].endswith(
        'Not simulated yet, except "auto" or "simpy".'
    )
    assert "Not simulated yet" not in described("producer.retries")["description"]
