"""What the format knows: the keys of every table, found by walking the models."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic_core import PydanticUndefined

from sim.config.tables import TAG, Reads, Table, law_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

    from sim.config.paths import Path


def keys_of(table: type[Table]) -> dict[str, FieldInfo]:
    """Return the keys of *table* by their names in the file."""
    return {
        field.alias or name: field
        for name, field in table.model_fields.items()
        if not (field.alias or name).startswith(TAG)
    }


def table_at(root: type[Table], location: Path) -> type[Table] | None:
    """Return the table at the *location* of an error below *root*, or None if there is none.

    A location has the keys of the file and, marked by `TAG`, the law that was chosen, or that
    tables by names of their own follow.
    """
    table: type[Table] | None = root
    field: FieldInfo | None = None
    named = False
    for part in location:
        if isinstance(part, int) or named:
            named = False
            continue
        own = table.model_fields.values() if table is not None and part.startswith(TAG) else ()
        field_of_names = next((field for field in own if field.alias == part), None)
        if field_of_names is not None:
            table, named = next(_tables_in(field_of_names), None), True
        elif part.startswith(TAG):
            table = _form(field, part.removeprefix(TAG))
        else:
            field = keys_of(table).get(part) if table is not None else None
            table = next(_tables_in(field), None)
    return table


@cache
def places(root: type[Table]) -> dict[str, tuple[str, ...]]:
    """Return, for every key below *root* outside laws, the dotted paths of its tables."""
    found: dict[str, tuple[str, ...]] = {}
    for prefix, table in _tables_below((), root):
        for name in keys_of(table):
            found[name] = (*found.get(name, ()), ".".join(prefix))
    return found


@cache
def written_defaults(table: type[Table]) -> dict[str, Any]:
    """Return the defaults of all keys of *table*, and below, as a file would have them."""
    written: dict[str, Any] = {}
    for name, field in keys_of(table).items():
        nested = next(_tables_in(field), None)
        if field.default == {} and nested is not None:
            written[name] = written_defaults(nested)
        elif field.default is not PydanticUndefined and field.default is not None:
            written[name] = field.default
    return written


def value_at(table: object, path: Path) -> object:
    """Return the value of the key at *path* below *table*, by its names in the file."""
    for key in path:
        fields = type(table).model_fields  # type: ignore[attr-defined]  # a table: `path` ends at a key
        table = getattr(table, next(n for n, f in fields.items() if key in (n, f.alias)))
    return table


def value_types(root: type[Table], path: Path) -> set[type]:
    """Return the plain types that the key at *path* below *root* may have, whatever its law."""
    tables: list[type[Table]] = [root]
    fields: list[FieldInfo] = []
    for key in path:
        if str(key).isdigit():  # a place in an array of tables
            continue
        fields = [keys_of(table)[str(key)] for table in tables if key in keys_of(table)]
        tables = [
            table
            for field in fields
            for table in (*_tables_in(field), *(f for r in _inside(field, Reads) for f in r.forms))
        ]
    return {found for field in fields for found in _inside(field, type)} - {type(None)}


def _tables_below(
    prefix: tuple[str, ...], table: type[Table]
) -> Iterator[tuple[tuple[str, ...], type[Table]]]:
    yield prefix, table
    for name, field in keys_of(table).items():
        for nested in _tables_in(field):
            yield from _tables_below((*prefix, name), nested)


def _form(field: FieldInfo | None, law: str) -> type[Table] | None:
    for reads in _inside(field, Reads):
        for form in reads.forms:
            if law_of(form) == law:
                found: type[Table] = form
                return found
    return None


def _tables_in(field: FieldInfo | None) -> Iterator[type[Table]]:
    for found in _inside(field, type):
        if issubclass(found, Table):
            yield found


def _inside(field: FieldInfo | None, kind: type[Any]) -> Iterator[Any]:
    """Yield what is of *kind* anywhere in the annotation of *field*."""
    open_ends: list[Any] = [] if field is None else [field.annotation, *field.metadata]
    while open_ends:
        end = open_ends.pop(0)
        if isinstance(end, kind) and not get_args(end):
            yield end
        open_ends.extend(get_args(getattr(end, "__value__", end)))
