"""The tables ``[[claims]]``: sentences that a run puts to the test, and what would decide them.

A claim holds if all its tests hold. A test looks at one estimate at one point of the sweep (`at`)
and asks whether it lies below or above a number, or below or above what it is at another point.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, Strict, model_validator

from sim.config.problems import Problem
from sim.config.run import Estimate
from sim.config.tables import Table, key, refusal

if TYPE_CHECKING:
    from sim.config.experiment import Experiment

_BOUNDS = ("below", "above", "below_at", "above_at")


class ClaimTest(Table):
    """One comparison; exactly one of the four bounds is given."""

    estimate: Estimate = key(doc="What is compared.")
    at: dict[str, Any] = key({}, "The point: keys of the sweep and their values, as written there.")
    below: float | None = key(None, "Holds if the estimate is below this number.")
    above: float | None = key(None, "Holds if the estimate is above this number.")
    below_at: dict[str, Any] | None = key(
        None, "Holds if the estimate is below what it is at this other point."
    )
    above_at: dict[str, Any] | None = key(
        None, "Holds if the estimate is above what it is at this other point."
    )
    factor: float = key(1.0, "With another point: its estimate counts so many times.", gt=0)

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        given = [name for name in _BOUNDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise refusal(f"must have exactly one of {', '.join(_BOUNDS)}", got=False)
        return self

    @property
    def other(self) -> dict[str, Any] | None:
        """The point that it is compared with, if any."""
        return self.below_at if self.below_at is not None else self.above_at

    @property
    def upper(self) -> bool:
        """Whether the bound is one from above."""
        return self.below is not None or self.below_at is not None


class Claim(Table):
    """One sentence that the run is to judge."""

    text: str = key(doc="The sentence.")
    source: str = key("", "Who says so.")
    tests: Annotated[tuple[ClaimTest, ...], Strict(False), Field(min_length=1)] = key(
        doc="What must hold for it to be true."
    )


def fits(parameters: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    """Return whether a point with these *parameters* is the one that is *wanted*."""
    return all(name in parameters and parameters[name] == wanted[name] for name in wanted)


def misplaced(experiment: "Experiment", source: str) -> Iterator[Problem]:
    """Yield the tests of claims that name no point of the sweep, or several."""
    rows = list(experiment.rows()) if experiment.sweep else [{}]
    for number, claim in enumerate(experiment.claims):
        for place, test in enumerate(claim.tests):
            for name, wanted in (("at", test.at), ("below_at or above_at", test.other)):
                found = sum(fits(row, wanted) for row in rows) if wanted is not None else 1
                if found != 1:
                    where = f"claims.{number}.tests.{place}"
                    message = f"{where}: {name} must fit one point of the sweep, and fits {found}"
                    yield Problem(source=source, key=where, value=wanted, message=message)
