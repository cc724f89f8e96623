"""How long a run warms up: as the file says, or as is found out before the run (`sim.warmup`)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from sim.config.quantities import Quantity
from sim.config.suggestions import did_you_mean
from sim.config.tables import refusal
from sim.config.units import DURATION

AUTO = "auto"

USUAL_S = 5.0
"""The warm-up (s) where nobody has looked for one, or where there is none to be found."""


class Source(StrEnum):
    """Where the length of a warm-up comes from."""

    FILE = "file"  # it is written
    DATA = "data"  # seen in a pilot
    THEORY = "theory"  # known of the queue, and longer than what was seen
    USUAL = "usual"  # `USUAL_S`, or what of it has room


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmup:
    """A warm-up of so many `seconds`, and why; `caution` is what speaks against it, or empty."""

    seconds: float
    source: Source
    caution: str = ""

    @property
    def found(self) -> bool:
        """Whether it was found out."""
        return self.source in (Source.DATA, Source.THEORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SecondsOrAuto(Quantity):
    """Marks a duration in whose place the word ``auto`` may stand."""

    def read(self, written: object) -> float | str:  # type: ignore[override]  # or the word
        if written == AUTO:
            return AUTO
        if isinstance(written, str) and written.isalpha() and written != "inf":
            suggestion = did_you_mean(written, [AUTO])
            raise refusal('must be "auto" or a duration such as "5 s"', suggestion=suggestion)
        return Quantity.read(self, written)

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        seconds = Quantity.__get_pydantic_json_schema__(self, schema, handler)
        return {"anyOf": [{"const": AUTO}, *seconds["anyOf"]]}


SecondsOrAuto: TypeAlias = Annotated[float | Literal["auto"], _SecondsOrAuto(kind=DURATION)]
