"""The table ``[sweep.sample]``: points of a design over ranges.

A grid of many keys has too many points, and puts most of them where nothing happens. A design
spreads few points evenly over all keys at once: a Sobol sequence (I. M. Sobol, "On the distribution
of points in a cube", USSR Comput. Math. Math. Phys. 7, 1967), which is balanced for powers of two
only, or a Latin hypercube (M. D. McKay, R. J. Beckman, W. J. Conover, Technometrics 21, 1979). Both
are `scipy.stats.qmc`'s, scrambled with the seed of the experiment: one seed, one design.

What else stands in the table are key paths and what they may be: ``{ from, to }``, with ``scale =
"log"`` where each factor of ten counts alike, or ``{ choices }``. The ends are written as the key
is, belong to the range, and must both be possible there; so a range is refused before it is
sampled. Whole keys get whole numbers, each as often on a linear scale. Other values are rounded to
three digits, of the range where it is narrow, so that people can read and repeat them.

Points that rounding has made one are run once: on the same luck they would give the same result.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sim.config.quantities import PositiveCount
from sim.config.ranges import Range, range_schema
from sim.config.tables import TAG, Table, key, refusal

IsWhole: TypeAlias = Callable[[str], bool]
Places: TypeAlias = npt.NDArray[np.float64]

MOST_POINTS = 2**20


class Design(Table):
    """A design: how many `points`, and the `ranges` of the key paths that are varied."""

    design: Literal["sobol", "latin_hypercube"] = key("sobol", "How the points are spread.")
    points: Annotated[PositiveCount, Field(le=MOST_POINTS)] = key(
        doc="How many points; of a Sobol design a power of two."
    )
    ranges: dict[str, Range] = key({}, "What the keys may be.", name=f"{TAG}ranges")

    def rows(self, seed: int, is_whole: IsWhole) -> Iterator[dict[str, object]]:
        """Yield the parameters of each point, each set of them once."""
        places = unit_points(self.design, len(self.ranges), self.points, seed)
        yield from distinct(self.row(place, is_whole) for place in places)

    def row(self, place: Places, is_whole: IsWhole) -> dict[str, object]:
        """Return the parameters at *place* in the unit cube, a number in [0, 1) for each range."""
        return {
            name: span.at(float(share), whole=is_whole(name))
            for (name, span), share in zip(self.ranges.items(), place, strict=True)
        }

    def corners(self) -> Iterator[dict[str, object]]:
        """Yield parameters that have every end of every range and every choice among them."""
        first = {name: span.extremes[0] for name, span in self.ranges.items()}
        yield first
        for name, span in self.ranges.items():
            for value in span.extremes[1:]:
                yield {**first, name: value}

    @model_validator(mode="before")
    @classmethod
    def _ranges_apart(cls, written: Any) -> Any:
        if not isinstance(written, Mapping):
            return written
        own = {name: written[name] for name in ("design", "points") if name in written}
        rest = {name: item for name, item in written.items() if name not in own}
        return {**own, f"{TAG}ranges": _flat(rest)}

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if not self.ranges:
            raise refusal("must vary something: a key path with from and to, or choices")
        below = 1 << (self.points.bit_length() - 1)
        if self.design == "sobol" and self.points != below:
            raise refusal(
                'must be a power of two with design = "sobol"',
                key="points",
                suggestion=f"{below} or {2 * below}",
            )
        return self


def design_schema() -> dict[str, Any]:
    """Return the JSON Schema of a design."""
    fields = Design.model_fields
    # A path without quotes is a table of tables: it is read all the same.
    nested = {"type": "object", "additionalProperties": {"type": "object"}}
    return {
        "type": "object",
        "description": "A design over ranges: key paths, and what they may be.",
        "properties": {
            "design": {
                "description": fields["design"].description,
                "enum": ["sobol", "latin_hypercube"],
                "default": "sobol",
            },
            "points": {
                "description": fields["points"].description,
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_POINTS,
            },
        },
        "required": ["points"],
        "additionalProperties": {"anyOf": [*range_schema()["anyOf"], nested]},
    }


def unit_points(design: str, keys: int, points: int, seed: int) -> Places:
    """Return the points of a *design* in the unit cube, shape (points, keys), all below 1."""
    luck = np.random.default_rng(seed)
    # A second to import, which only a design should cost.
    from scipy.stats import qmc  # noqa: PLC0415 - see above

    engine = qmc.LatinHypercube if design == "latin_hypercube" else qmc.Sobol
    made: Places = engine(keys, scramble=True, rng=luck).random(points)
    return np.minimum(made, np.nextafter(1.0, 0.0))


def distinct(rows: Iterator[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Yield each of *rows* where it comes first; lists and tables may be among the values."""
    seen = set()
    for row in rows:
        if repr(row) not in seen:
            seen.add(repr(row))
            yield row


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as one, with dotted keys, down to those that are ranges."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping) and not _is_range(value):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _is_range(table: Mapping[str, Any]) -> bool:
    return not {"from", "to", "choices"}.isdisjoint(table) or not any(
        isinstance(value, Mapping) for value in table.values()
    )
