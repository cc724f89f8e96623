"""The JSON Schema of the experiment file, for editors and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue

from sim.config.experiment import Experiment
from sim.config.not_yet import ONLY
from sim.config.suggestions import either

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NOTE = "Not simulated yet"


class _OfFile(GenerateJsonSchema):
    """What pydantic makes, without what only Python needs."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - as inherited
        return False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        return {"$schema": DIALECT, **super().generate(schema, mode)}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the experiment file.

    It describes the file as written: names, units, laws as tables or plain quantities, with
    descriptions and defaults. Keys that this version does not simulate are marked in their
    description. Relations between keys are checked only when a file is read.
    """
    schema: dict[str, Any] = _without_null(
        Experiment.model_json_schema(by_alias=True, schema_generator=_OfFile)
    )
    schema["title"] = "msgfate experiment"
    for path, simulated in ONLY.items():
        _mark(schema, tuple(path.split(".")), simulated)
    return schema


def _without_null(schema: Any) -> Any:
    """Return *schema* without null, which TOML cannot write."""
    if isinstance(schema, list):
        return [_without_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _without_null(item) for name, item in schema.items() if item is not None}
    choices = kept.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        del kept["anyOf"]
        kept |= rest[0] if len(rest) == 1 else {"anyOf": rest}
    return kept


def _mark(schema: dict[str, Any], path: tuple[str, ...], simulated: tuple[object, ...]) -> None:
    """Say in the description of the key at *path* what of it is simulated."""
    table = schema
    for key in path[:-1]:
        table = _resolved(schema, table["properties"][key])
    described = table["properties"][path[-1]]
    note = f"{_NOTE}, except {either(simulated)}." if simulated else f"{_NOTE}."
    text = described.get("description", "")
    if _NOTE not in text:  # both links share one definition
        described["description"] = f"{text} {note}".lstrip()


def _resolved(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    """Return the definition that a reference, or an array's items, lead to."""
    described = described.get("items", described)
    if "$ref" in described:
        found: dict[str, Any] = schema["$defs"][described["$ref"].rsplit("/", 1)[-1]]
        return found
    return described
