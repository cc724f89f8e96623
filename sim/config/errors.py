"""From pydantic's errors to problems: key path, bound, value, and a hint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sim.config.experiment import Experiment
from sim.config.known import keys_of, places, table_at
from sim.config.paths import NOTHING, Path, dotted, get
from sim.config.problems import Problem
from sim.config.suggestions import did_you_mean, either, nearest, quoted
from sim.config.tables import BARE, REFUSED, TAG, UNKNOWN_LAW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

_PREDICATES = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "tuple_type": "must be a list",
    "too_short": "must hold at least one value",
}
_BOUNDS = {
    "greater_than": (">", "gt"),
    "greater_than_equal": (">=", "ge"),
    "less_than_equal": ("<=", "le"),
}


def path_of(error: ErrorDetails) -> Path:
    """Return the keys of the file that lead to the value at fault."""
    location = error["loc"]
    keys = tuple(part for part in location if not str(part).startswith(TAG))
    if error["type"] == "extra_forbidden":  # whatever it looks like, it stands in the file
        return (*keys, location[-1]) if str(location[-1]).startswith(TAG) else keys
    below = error["ctx"]["key"] if error["type"] == REFUSED else ""
    return (*keys, *below.split(".")) if below else keys


def explain(error: ErrorDetails, written: Mapping[str, Any], source: str) -> Problem:
    """Return *error*, met while *written* was read, as a problem."""
    path = path_of(error)
    value = get(written, path)
    match error["type"]:
        case "extra_forbidden":
            message, suggestion = "is not a known key", _meant(error["loc"], path)
        case "missing":
            message, suggestion = _missing(path, written), ""
        case kind if kind == UNKNOWN_LAW:
            path, message, suggestion = _unknown_law(error, path, value)
        case kind if kind == REFUSED:
            message, suggestion = _refused(error, path, written)
        case _:
            predicate, suggestion = _predicate(error)
            message = f"{predicate}{_got(value)}"
    return Problem(
        source=source,
        key=dotted(path),
        value=None if value is NOTHING else value,
        message=f"{dotted(path)} {message}",
        suggestion=suggestion,
    )


def _got(value: object) -> str:
    return "" if value is NOTHING else f", got {quoted(value)}"


def _meant(location: Path, path: Path) -> str:
    table = table_at(Experiment, location[:-1])
    keys = tuple(keys_of(table)) if table is not None else ()
    name = str(path[-1])
    elsewhere = {} if table is None or "law" in keys else places(Experiment)
    if nearest(name, keys) is None and name in elsewhere:
        found = (f"{place}.{name}".lstrip(".") for place in elsewhere[name])
        return f"did you mean {' or '.join(found)}?"
    meant = did_you_mean(name, keys, lambda key: dotted((*path[:-1], key)))
    return meant or f"known keys: {', '.join(keys)}"


def _missing(path: Path, written: Mapping[str, Any]) -> str:
    law = get(written, (*path[:-1], "law"))
    return "is missing" if law is NOTHING else f"is missing: law {quoted(law)} needs it"


def _unknown_law(error: ErrorDetails, path: Path, value: object) -> tuple[Path, str, str]:
    laws = error["ctx"]["laws"].split(",")
    if not isinstance(value, dict):
        return path, f"must be a table with a law: {either(laws)}{_got(value)}", ""
    if "law" not in value:
        return (*path, "law"), f"is missing: one of {either(laws)}", ""
    law = value["law"]
    suggestion = did_you_mean(law, laws) if isinstance(law, str) else ""
    return (*path, "law"), f"must be {either(laws)}{_got(law)}", suggestion


def _refused(error: ErrorDetails, path: Path, written: Mapping[str, Any]) -> tuple[str, str]:
    context = error["ctx"]
    message = context["predicate"]
    if context["got"]:
        message += _got(get(written, path))
    if context["beside"]:
        beside = get(written, (*path[:-1], context["beside"]))
        message += "" if beside is NOTHING else f" with {context['beside']} = {quoted(beside)}"
    suggestion = context["suggestion"]
    if not suggestion and error["loc"][-1] == BARE and message.startswith("must be a"):
        suggestion = "or a table with a law"
    return message, suggestion


def _predicate(error: ErrorDetails) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        given = error["input"]
        suggestion = did_you_mean(given, known) if isinstance(given, str) else ""
        return f"must be {either(known)}", suggestion
    if kind in _BOUNDS:
        sign, bound = _BOUNDS[kind]
        return f"must be {sign} {str(context[bound]).removesuffix('.0')}", ""
    return _PREDICATES.get(kind, f"is refused ({error['msg']})"), ""
