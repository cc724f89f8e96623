"""The table ``[sweep]``: what is varied from point to point.

Lists span a grid, their product; the lists under ``[sweep.zip]`` move together, as one more axis;
the points of ``[sweep.sample]`` (`sim.config.design`) are a last one, the fastest. Keys are paths
into the file. A point is the file with the values put in and the sweep left out.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Annotated, Any, Self, TypeAlias

from pydantic import Field, GetJsonSchemaHandler, Strict, model_validator
from pydantic_core import CoreSchema

from sim.config.design import Design, IsWhole, design_schema
from sim.config.paths import parse_path
from sim.config.tables import TAG, Table, key, refusal

Axis: TypeAlias = Annotated[tuple[Any, ...], Strict(False), Field(min_length=1)]
_RESERVED = ("zip", "sample")


class Sweep(Table):
    """What is varied: `grid` and `zip` map key paths to the values they take, as written."""

    grid: dict[str, Axis] = key({}, "The product of the lists.", name=f"{TAG}grid")
    zip: dict[str, Axis] = key({}, "Lists of one length that move together.")
    sample: Design | None = key(None, "Points of a design over ranges.")

    def __bool__(self) -> bool:
        return bool(self.grid or self.zip or self.sample)

    @property
    def names(self) -> tuple[str, ...]:
        """The key paths that are varied."""
        return tuple(name for axis in self.axes for name in axis)

    @property
    def axes(self) -> tuple[tuple[str, ...], ...]:
        """The key paths that are varied, those together that move together."""
        ranges = self.sample.ranges if self.sample else {}
        together = (tuple(self.zip), tuple(ranges))
        return (*((name,) for name in self.grid), *(names for names in together if names))

    def rows(self, seed: int, is_whole: IsWhole) -> Iterator[dict[str, object]]:
        """Yield the parameters of each point, the first key of the grid changing slowest.

        A design is scrambled with *seed*; *is_whole* tells which key paths want whole numbers.
        """
        spread = list(self.sample.rows(seed, is_whole)) if self.sample else [{}]
        for across in self._listed():
            for along in spread:
                yield across | along

    def corners(self) -> Iterator[dict[str, object]]:
        """Yield parameters that have every value of every list among them, and end of a range."""
        corners = list(self.sample.corners()) if self.sample else [{}]
        for place, across in enumerate(self._listed()):
            for along in corners if place == 0 else corners[:1]:
                yield across | along

    def _listed(self) -> Iterator[dict[str, object]]:
        together = [
            dict(zip(self.zip, values, strict=True))
            for values in zip(*self.zip.values(), strict=True)
        ]
        for values in product(*self.grid.values()):
            across: dict[str, object] = dict(zip(self.grid, values, strict=True))
            for along in together or [{}]:
                yield across | along

    @model_validator(mode="before")
    @classmethod
    def _grid_apart(cls, written: Any) -> Any:
        if not isinstance(written, Mapping):
            return written
        grid = {name: value for name, value in written.items() if name not in _RESERVED}
        rest = {name: written[name] for name in _RESERVED if name in written}
        if isinstance(rest.get("zip"), Mapping):
            rest["zip"] = _flat(rest["zip"])
        return {f"{TAG}grid": _flat(grid), **rest}

    @model_validator(mode="after")
    def _axes_fit(self) -> Self:
        paths = {}
        ranges = self.sample.ranges if self.sample else {}
        for where, names in (("", self.grid), ("zip.", self.zip), ("sample.", ranges)):
            for name in names:
                paths[where + name] = _checked_path(name, where)
        for (earlier, first), (later, second) in combinations(paths.items(), 2):
            shared = min(len(first), len(second))
            if first[:shared] == second[:shared]:
                raise refusal(f"varies what sweep.{earlier} varies", key=later, got=False)
        lengths = sorted({len(values) for values in self.zip.values()})
        if len(lengths) > 1:
            counts = " and ".join(map(str, lengths))
            raise refusal(f"must hold lists of one length, got {counts}", key="zip", got=False)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        axis = {"type": "array", "minItems": 1}
        axes = {"type": "object", "additionalProperties": axis}
        return {
            "type": "object",
            "description": "Key paths into the file and the values they take: a grid.",
            "properties": {
                "zip": {"description": "Lists of one length that move together.", **axes},
                "sample": design_schema(),
            },
            # A path without quotes is a table of tables: it is read all the same.
            "additionalProperties": {"anyOf": [axis, {"type": "object"}]},
        }


def _checked_path(name: str, where: str) -> tuple[str, ...]:
    try:
        path = parse_path(name)
    except ValueError:
        raise refusal("is not a key path", key=where + name, got=False) from None
    if path[0] == "sweep":
        raise refusal("cannot vary the sweep itself", key=where + name, got=False)
    return path


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as one, with dotted keys: ``producer.retries = [0]`` needs no quotes."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
