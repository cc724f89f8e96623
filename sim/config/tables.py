"""The base of every table of the experiment file, and how a table refuses a value.

A table is a frozen pydantic model. It takes known keys only and converts nothing silently: a
text is no number, a number no switch. Python names carry the unit last; the name in the file
is the alias.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import getitem, or_
from typing import TYPE_CHECKING, Annotated, Any, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Discriminator, Field, GetCoreSchemaHandler, Tag
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sim.config.samples import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import ValidationInfo

REFUSED = "refused"
UNKNOWN_LAW = "unknown_law"
TAG = "\0"
"""First sign of the parts of an error's location that are no keys of the file."""
BARE = TAG * 2
"""Stands in the location of an error for a plain quantity where a law may stand."""


class Table(BaseModel):
    """One table of the file: frozen, known keys only, no silent conversions."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_default=True,
        allow_inf_nan=False,
    )


def key(
    default: object = ...,
    doc: str = "",
    *,
    name: str | None = None,
    gt: float | None = None,
    ge: float | None = None,
) -> Any:
    """Return a key of a table.

    *default* is written as in the file (``...``: the key is required), *name* is the name in
    the file where it differs, *gt* and *ge* bound a plain number.
    """
    return Field(default, alias=name, description=doc or None, gt=gt, ge=ge)


def refusal(
    predicate: str,
    *,
    key: str = "",
    beside: str = "",
    suggestion: str = "",
    got: bool = True,
) -> PydanticCustomError:
    """Return the error that refuses a value.

    *predicate* follows the key path ("must be > 0"). *key* names a key below the place where
    the error is raised, *beside* a neighbour whose value matters too. With *got* the value as
    written is told.
    """
    context = {"predicate": predicate, "key": key, "beside": beside}
    return PydanticCustomError(
        REFUSED, "{predicate}", {**context, "suggestion": suggestion, "got": got}
    )


@dataclass(frozen=True, slots=True)
class Reads:
    """Marks a key that is written as one of several `forms` and read as the value it stands for.

    Each form is a `Table` with a key ``law`` and a method ``build(files)``. With `bare`, a
    plain quantity may stand instead of a table; `from_bare` makes its value.
    """

    forms: tuple[type[Table], ...]
    bare: Any = None
    from_bare: Callable[[float], object] | None = None

    def __get_pydantic_core_schema__(
        self, _source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        laws = [law_of(form) for form in self.forms]
        choices = {TAG + law: form for law, form in zip(laws, self.forms, strict=True)}
        if self.bare is not None:
            choices[BARE] = self.bare
        tagged = [_annotated(choice, Tag(tag)) for tag, choice in choices.items()]
        union = _annotated(reduce(or_, tagged), self._discriminator(laws))
        return core_schema.with_info_after_validator_function(
            self._build, handler.generate_schema(union)
        )

    def _discriminator(self, laws: Sequence[str]) -> Discriminator:
        def tag(written: object) -> str | None:
            if isinstance(written, dict):
                return TAG + str(written.get("law"))
            return None if self.bare is None else BARE

        return Discriminator(
            tag,
            custom_error_type=UNKNOWN_LAW,
            custom_error_message="unknown law",
            custom_error_context={"laws": ",".join(laws)},
        )

    def _build(self, form: Any, info: ValidationInfo) -> object:
        if self.from_bare is not None and isinstance(form, float):
            return self.from_bare(form)
        try:
            with np.errstate(all="ignore"):  # an overflow shows in the law's own checks
                return form.build(info.context or Files())
        except ArithmeticError:
            raise refusal("is beyond what numbers can hold", got=False) from None
        except ValueError as error:
            if isinstance(error, PydanticCustomError):
                raise
            raise refusal(f"is impossible: {error}", got=False) from None


def law_of(form: type[Table]) -> str:
    """Return what stands under ``law`` in a table of this form."""
    return str(get_args(form.model_fields["law"].annotation)[0])


def _annotated(annotation: Any, metadata: object) -> Any:
    return getitem(Annotated, (annotation, metadata))
