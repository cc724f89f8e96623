"""The types of single values in the experiment file, read from their written form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from sim.config.tables import refusal
from sim.config.units import DURATION, FLOW, RATE, SIZE, Kind, UnitError


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Marks a float written as a `kind` of quantity, in that kind's base unit.

    It is at least 0, above 0 if `positive`, and finite unless `may_be_infinite`.
    """

    kind: Kind
    positive: bool = False
    may_be_infinite: bool = False

    def read(self, written: object) -> float:
        """Return *written* in the base unit; raise the error that refuses it."""
        try:
            value = self.kind.parse(written)
        except UnitError as error:
            raise refusal(str(error), suggestion=error.suggestion) from None
        bound = f"0 {self.kind.base}".replace(" /", "/")
        if self.positive and not value > 0:
            raise refusal(f"must be > {bound}")
        if not value >= 0:
            raise refusal(f"must be >= {bound}")
        if math.isinf(value) and not self.may_be_infinite:
            raise refusal("must be finite")
        return value

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        bound = {"exclusiveMinimum" if self.positive else "minimum": 0}
        text = {"type": "string", "pattern": self.kind.pattern(infinite=self.may_be_infinite)}
        return {"anyOf": [text, {"type": "number", **bound}]}


@dataclass(frozen=True, slots=True)
class Within:
    """Marks a plain number between 0 and 1; `closed` says which of the ends belong to it."""

    closed: str = "[]"

    def read(self, written: object) -> float:
        """Return *written*; raise the error that refuses it."""
        low, high = self.closed[0], self.closed[1]
        is_number = isinstance(written, int | float) and not isinstance(written, bool)
        if (
            not is_number
            or not 0 <= written <= 1  # type: ignore[operator]  # a number by the line above
            or (written == 0 and low == "(")
            or (written == 1 and high == ")")
        ):
            raise refusal(f"must be in {low}0, 1{high}")
        return float(written) + 0.0  # type: ignore[arg-type]  # minus zero is zero

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        low = "exclusiveMinimum" if self.closed[0] == "(" else "minimum"
        high = "exclusiveMaximum" if self.closed[1] == ")" else "maximum"
        return {"type": "number", low: 0, high: 1}


Seconds: TypeAlias = Annotated[float, Quantity(kind=DURATION)]
PositiveSeconds: TypeAlias = Annotated[float, Quantity(kind=DURATION, positive=True)]
SecondsOrNever: TypeAlias = Annotated[
    float, Quantity(kind=DURATION, positive=True, may_be_infinite=True)
]
"""Infinity stands for "never": nothing expires, nothing is cut."""
Window: TypeAlias = Annotated[float, Quantity(kind=DURATION, may_be_infinite=True)]
"""A time looked back over: 0 is not at all, infinity is for ever."""

PerSecond: TypeAlias = Annotated[float, Quantity(kind=RATE, positive=True)]

Bytes: TypeAlias = Annotated[float, Quantity(kind=SIZE)]
PositiveBytes: TypeAlias = Annotated[float, Quantity(kind=SIZE, positive=True)]

BytesPerSecond: TypeAlias = Annotated[
    float, Quantity(kind=FLOW, positive=True, may_be_infinite=True)
]
"""Infinity stands for a wire on which nothing takes time."""

Probability: TypeAlias = Annotated[float, Within("[]")]
Share: TypeAlias = Annotated[float, Within("(]")]
Level: TypeAlias = Annotated[float, Within("()")]

_MOST = 2**63 - 1  # TOML's largest integer
Count: TypeAlias = Annotated[int, Field(ge=0, le=_MOST)]
PositiveCount: TypeAlias = Annotated[int, Field(ge=1, le=_MOST)]
Seed: TypeAlias = Annotated[int, Field(ge=0, le=2**128 - 1)]
